/**
 * Registers whose operations are known beforehand: a value that nobody ever read or expected cannot
 * be told from another such value. So all of these are one state; and an unanswered operation that
 * would set one of them makes no difference, unless a compare-and-set was refused, which may need
 * some value other than the one it expected.
 */
import type { Operation } from '../history.ts'
import type { Model } from '../model.ts'
import type { CasRegisterInput, CasRegisterOutput } from './cas-register.ts'
import type { RegisterValue } from './register.ts'

/** Stands for every value that is in no read and in no expectation: it is equal to nothing. */
const unseenValue = Number.NaN

/** The model, narrowed to the operations on one register; for both kinds of registers. */
export function narrowRegister<Input extends CasRegisterInput, Output extends CasRegisterOutput>(
  model: Model<RegisterValue, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): Model<RegisterValue, Input, Output> {
  const seen = new Set<RegisterValue>()
  let hasRefused = false
  for (const { input, output } of operations) {
    if (output?.kind === 'value') seen.add(output.value)
    if (output?.kind === 'refused') hasRefused = true
    if (input.kind === 'cas') seen.add(input.from)
  }
  const setsUnseen = (input: Input): boolean => {
    if (input.kind === 'write') return !seen.has(input.value)
    return input.kind === 'cas' && !seen.has(input.to)
  }
  return {
    ...model,
    init: () => (seen.has(model.init()) ? model.init() : unseenValue),
    step: (state, input, output) => {
      const isUnseen = setsUnseen(input)
      if (isUnseen && output === undefined && !hasRefused) return state
      const next = model.step(state, input, output)
      return isUnseen && next !== undefined && next !== state ? unseenValue : next
    },
    alike: (input) => {
      if (!setsUnseen(input)) return model.alike?.(input)
      return input.kind === 'cas' ? `unseen from ${JSON.stringify(input.from)}` : 'unseen'
    },
  }
}
