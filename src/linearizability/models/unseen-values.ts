/**
 * Registers, where the operations are known beforehand: a value that nobody ever read or expected
 * cannot be told from another such value. So an unanswered operation that would set it makes no
 * difference, unless a compare-and-set was refused: that needs some value other than the expected
 * one, but it does not matter which.
 */
import type { Operation } from '../history.ts'
import type { Model } from '../model.ts'
import type { CasRegisterInput, CasRegisterOutput } from './cas-register.ts'
import type { RegisterValue } from './register.ts'

/** The model, narrowed to the operations; for both kinds of registers. */
export function narrowRegister<Input extends CasRegisterInput, Output extends CasRegisterOutput>(
  model: Model<RegisterValue, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): Model<RegisterValue, Input, Output> {
  if (operations.every(({ output }) => output !== undefined)) return model
  const seen = new Set<RegisterValue>()
  let hasRefused = false
  for (const { input, output } of operations) {
    if (output?.kind === 'value') seen.add(output.value)
    if (output?.kind === 'refused') hasRefused = true
    if (input.kind === 'cas') seen.add(input.from)
  }
  const isUnseen = (input: Input): boolean => {
    if (input.kind === 'write') return !seen.has(input.value)
    return input.kind === 'cas' && !seen.has(input.to)
  }
  return {
    ...model,
    step: (state, input, output) =>
      output === undefined && !hasRefused && isUnseen(input)
        ? state
        : model.step(state, input, output),
    alike: (input) => {
      if (!isUnseen(input)) return model.alike?.(input)
      return input.kind === 'cas' ? `unseen from ${JSON.stringify(input.from)}` : 'unseen'
    },
  }
}
