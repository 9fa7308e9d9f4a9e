/**
 * Registers: each holds one value, which clients write and read. A history may use many registers;
 * each is a partition, named by its key. Compare-and-set is in cas-register.ts.
 */
import type { Model } from '../model.ts'
import { narrowRegister } from './unseen-values.ts'

/** What a register holds; `null` is the value of a register that nobody has written. */
export type RegisterValue = string | number | boolean | null

/** `key` names the register; `''` where there is only one. */
export type RegisterInput =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'write'; readonly key: string; readonly value: RegisterValue }

/** `value` answers a read, `done` a write. */
export type RegisterOutput =
  | { readonly kind: 'value'; readonly value: RegisterValue }
  | { readonly kind: 'done' }

/** Reads and writes. */
export const registerModel: Model<RegisterValue, RegisterInput, RegisterOutput> = {
  name: 'register',
  partition: (input) => input.key,
  init: () => null,
  step: stepRegister,
  key: (state) => state,
  readOnly: (input) => input.kind === 'read',
  alike: (input) => (input.kind === 'write' ? JSON.stringify([input.value]) : undefined),
  narrow: (operations) => narrowRegister(registerModel, operations),
  describe: describeRegister,
  label: labelRegister,
  describeState: valueText,
}

export function stepRegister(
  state: RegisterValue,
  input: RegisterInput,
  output: RegisterOutput | undefined,
): RegisterValue | undefined {
  if (input.kind === 'write') {
    return output === undefined || output.kind === 'done' ? input.value : undefined
  }
  if (output === undefined) return state
  return output.kind === 'value' && output.value === state ? state : undefined
}

export function describeRegister(input: RegisterInput, output: RegisterOutput | undefined): string {
  const register = input.key === '' ? '' : ` register ${input.key}`
  if (input.kind === 'write') {
    const target = register === '' ? '' : ` to${register}`
    const verb = output === undefined ? 'asked to write' : 'wrote'
    return `${verb} ${valueText(input.value)}${target}${output === undefined ? noAnswer : ''}`
  }
  if (output === undefined) return `asked to read${register}${noAnswer}`
  const value = output.kind === 'value' ? valueText(output.value) : 'nothing'
  return `read ${value}${register === '' ? '' : ` from${register}`}`
}

export function labelRegister(input: RegisterInput, output: RegisterOutput | undefined): string {
  if (input.kind === 'write') return `write ${valueText(input.value)}`
  return output?.kind === 'value' ? `read ${valueText(output.value)}` : 'read'
}

/** Ends the description of an operation whose answer nobody learned. */
export const noAnswer = ', and got no answer'

/** A value as JSON writes it, except that null is called `nil`: nobody has written anything. */
export function valueText(value: RegisterValue): string {
  return value === null ? 'nil' : JSON.stringify(value)
}
