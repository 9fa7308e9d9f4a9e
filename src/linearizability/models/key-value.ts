/**
 * A map from keys to texts, with get, put and append. A key that nobody has written reads as the
 * empty text, so that `append` needs no case of its own. Each key is a partition.
 */
import { unreachable } from '../../base/assert.ts'
import type { Model } from '../model.ts'
import { narrowKeyValue } from './read-texts.ts'
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
  narrow: (operations) => narrowKeyValue(keyValueModel, operations),
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
