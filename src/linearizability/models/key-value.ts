/**
 * A map from keys to texts, with get, put and append. A key that nobody has written reads as the
 * empty text, so that `append` needs no case of its own. Each key is a partition.
 */
import { unreachable } from '../../base/assert.ts'
import type { Operation } from '../history.ts'
import type { Model } from '../model.ts'
import { noAnswer } from './register.ts'

export type KeyValueInput =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: string }

/** `value` answers a get, `done` a put or an append. */
export type KeyValueOutput =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'done' }

/** Get, put and append. */
export const keyValueModel: Model<string, KeyValueInput, KeyValueOutput> = {
  name: 'kv',
  partition: (input) => input.key,
  init: () => '',
  step,
  key: (state) => state,
  readOnly: (input) => input.kind === 'get',
  alike: (input) => (input.kind === 'get' ? undefined : `${input.kind} ${input.value}`),
  narrow,
  describe,
  label,
  describeState: (state) => JSON.stringify(state),
}

function step(
  state: string,
  input: KeyValueInput,
  output: KeyValueOutput | undefined,
): string | undefined {
  switch (input.kind) {
    case 'get':
      if (output === undefined) return state
      return output.kind === 'value' && output.value === state ? state : undefined
    case 'put':
      return output === undefined || output.kind === 'done' ? input.value : undefined
    case 'append':
      return output === undefined || output.kind === 'done' ? state + input.value : undefined
    default:
      return unreachable(input)
  }
}

/**
 * An unanswered put or append whose text is in nothing that was ever read cannot have been followed
 * by a get before the next put; so whether it took effect makes no difference, and it is treated as
 * one that changes nothing. Otherwise a dozen lost appends would have to be tried in every order.
 */
function narrow(
  operations: readonly Operation<KeyValueInput, KeyValueOutput>[],
): Model<string, KeyValueInput, KeyValueOutput> {
  const lost = new Set<string>()
  for (const { input, output } of operations) {
    if (output === undefined && input.kind !== 'get') lost.add(input.value)
  }
  if (lost.size === 0) return keyValueModel
  const unseen = new Set(lost)
  for (const { output } of operations) {
    if (output?.kind !== 'value') continue
    for (const value of unseen) if (output.value.includes(value)) unseen.delete(value)
  }
  if (unseen.size === 0) return keyValueModel
  return {
    ...keyValueModel,
    step: (state, input, output) => {
      const isUnseen = output === undefined && input.kind !== 'get' && unseen.has(input.value)
      return isUnseen ? state : step(state, input, output)
    },
  }
}

function describe(input: KeyValueInput, output: KeyValueOutput | undefined): string {
  const key = JSON.stringify(input.key)
  if (input.kind === 'get') {
    if (output === undefined) return `asked to get ${key}${noAnswer}`
    return `got ${output.kind === 'value' ? JSON.stringify(output.value) : 'nothing'} from ${key}`
  }
  const value = JSON.stringify(input.value)
  if (output === undefined) return `asked to ${input.kind} ${value} to ${key}${noAnswer}`
  return `${input.kind === 'put' ? 'put' : 'appended'} ${value} to ${key}`
}

function label(input: KeyValueInput, output: KeyValueOutput | undefined): string {
  if (input.kind !== 'get') return `${input.kind} ${JSON.stringify(input.value)}`
  return output?.kind === 'value' ? `get ${JSON.stringify(output.value)}` : 'get'
}
