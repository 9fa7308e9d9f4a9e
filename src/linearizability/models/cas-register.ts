/**
 * Registers with compare-and-set: a client names the value it expects and the value it wants, and
 * the write happens only where the expectation holds.
 */
import { unreachable } from '../../base/assert.ts'
import type { Model } from '../model.ts'
import {
  describeRegister,
  labelRegister,
  noAnswer,
  type RegisterInput,
  type RegisterOutput,
  type RegisterValue,
  stepRegister,
  valueText,
} from './register.ts'
import { narrowRegister } from './unseen-values.ts'

export type CasRegisterInput =
  | RegisterInput
  | {
      readonly kind: 'cas'
      readonly key: string
      /** What the register is expected to hold. */
      readonly from: RegisterValue
      /** What it shall hold instead. */
      readonly to: RegisterValue
    }

/**
 * A compare-and-set answers `done` where the register held `from`, and `refused` where it did not;
 * both say something about the value. One that certainly never took place is not in the history.
 */
export type CasRegisterOutput = RegisterOutput | { readonly kind: 'refused' }

/** Reads, writes and compare-and-set. */
export const casRegisterModel: Model<RegisterValue, CasRegisterInput, CasRegisterOutput> = {
  name: 'cas-register',
  partition: (input) => input.key,
  init: () => null,
  step,
  key: (state) => state,
  readOnly: (input) => input.kind === 'read',
  alike,
  narrow: (operations) => narrowRegister(casRegisterModel, operations),
  describe,
  label,
  describeState: valueText,
}

function step(
  state: RegisterValue,
  input: CasRegisterInput,
  output: CasRegisterOutput | undefined,
): RegisterValue | undefined {
  if (input.kind !== 'cas') {
    return output?.kind === 'refused' ? undefined : stepRegister(state, input, output)
  }
  const holds = state === input.from
  if (output === undefined) return holds ? input.to : state
  switch (output.kind) {
    case 'done':
      return holds ? input.to : undefined
    case 'refused':
      return holds ? undefined : state
    case 'value':
      return undefined
    default:
      return unreachable(output)
  }
}

function alike(input: CasRegisterInput): unknown {
  if (input.kind === 'write') return JSON.stringify([input.value])
  if (input.kind === 'cas') return JSON.stringify([input.from, input.to])
  return undefined
}

function describe(input: CasRegisterInput, output: CasRegisterOutput | undefined): string {
  if (input.kind !== 'cas') {
    return describeRegister(input, output?.kind === 'refused' ? undefined : output)
  }
  const register = input.key === '' ? '' : ` in register ${input.key}`
  const change = `${valueText(input.from)} to ${valueText(input.to)}${register}`
  if (output === undefined) return `asked to change ${change}${noAnswer}`
  if (output.kind === 'done') return `changed ${change}`
  return `asked to change ${change}, and was told that it was not ${valueText(input.from)}`
}

function label(input: CasRegisterInput, output: CasRegisterOutput | undefined): string {
  if (input.kind !== 'cas') {
    return labelRegister(input, output?.kind === 'refused' ? undefined : output)
  }
  const sign = output === undefined ? '' : output.kind === 'done' ? ' ✓' : ' ✗'
  return `${valueText(input.from)} → ${valueText(input.to)}${sign}`
}
