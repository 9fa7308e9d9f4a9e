/**
 * A key-value store whose operations are known beforehand: what matters of a text is only whether
 * it can still become one that somebody read. Without this, appends whose order nobody saw would
 * have to be tried in every order.
 */
import type { Operation } from '../history.ts'
import type { Model } from '../model.ts'
import type { KeyValueInput, KeyValueOutput } from './key-value.ts'

/** The model, narrowed to the operations on one key. */
export function narrowKeyValue(
  model: Model<string, KeyValueInput, KeyValueOutput>,
  operations: readonly Operation<KeyValueInput, KeyValueOutput>[],
): Model<string, KeyValueInput, KeyValueOutput> {
  const texts = new ReadTexts(operations)
  const unseen = unseenValues(operations)
  return {
    ...model,
    init: () => texts.simplest(model.init()),
    step: (state, input, output) => {
      if (output === undefined && input.kind !== 'get' && unseen.has(input.value)) return state
      const next = model.step(state, input, output)
      return next === undefined ? undefined : texts.simplest(next)
    },
  }
}

/**
 * The values of unanswered puts and appends that are in no text that was ever read. Such an
 * operation cannot have been followed by a get before the next put, so whether it took effect makes
 * no difference.
 */
function unseenValues(
  operations: readonly Operation<KeyValueInput, KeyValueOutput>[],
): ReadonlySet<string> {
  const unseen = new Set<string>()
  for (const { input, output } of operations) {
    if (output === undefined && input.kind !== 'get') unseen.add(input.value)
  }
  for (const { output } of operations) {
    if (output?.kind !== 'value') continue
    for (const value of unseen) if (output.value.includes(value)) unseen.delete(value)
  }
  return unseen
}

/**
 * All the texts that gets answered. A text that none of them begins with will never be read: not as
 * it is, nor with anything appended to it. One such text is as good as any other.
 */
class ReadTexts {
  /** In the order of their UTF-16 units, so that all with one beginning are together. */
  readonly #sorted: readonly string[]
  readonly #unreadable: string

  constructor(operations: readonly Operation<KeyValueInput, KeyValueOutput>[]) {
    const texts = new Set<string>()
    for (const { output } of operations) if (output?.kind === 'value') texts.add(output.value)
    this.#sorted = [...texts].sort()
    let unreadable = '?'
    while (this.#isBeginning(unreadable)) unreadable += '?'
    this.#unreadable = unreadable
  }

  /** The text itself where it may still be read, else the one that stands for all others. */
  simplest(text: string): string {
    return this.#isBeginning(text) ? text : this.#unreadable
  }

  #isBeginning(text: string): boolean {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] as string) < text) low = middle + 1
      else high = middle
    }
    return this.#sorted[low]?.startsWith(text) ?? false
  }
}
