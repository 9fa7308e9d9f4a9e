/**
 * A key-value store as ours is: get, put, delete, compare-and-set, increment and append, with keys
 * that may be absent and that count their changes. Each key is a partition. What an answer says of
 * a version is checked, and makes the search short: it says where in the order a change stands.
 */
import { unreachable } from '../../base/assert.ts'
import type { Operation } from '../history.ts'
import type { Model } from '../model.ts'
import { describeVersionedKv, labelVersionedKv } from './versioned-kv-words.ts'

/** `expectedVersion`: null for any, 0 where there is to be no such key. */
export type VersionedKvInput =
  | { readonly kind: 'get'; readonly key: string }
  | {
      readonly kind: 'put'
      readonly key: string
      readonly value: string
      readonly expectedVersion: number | null
    }
  | { readonly kind: 'delete'; readonly key: string; readonly expectedVersion: number | null }
  /** `from`: null where there is to be no such key. */
  | {
      readonly kind: 'cas'
      readonly key: string
      readonly from: string | null
      readonly to: string
    }
  | { readonly kind: 'increment'; readonly key: string; readonly by: number }
  | { readonly kind: 'append'; readonly key: string; readonly value: string }

/** `version`: of the key, after the operation; 0 where it is absent, null where nobody told. */
export type VersionedKvOutput =
  /** Answers a get: null where there is no such key. */
  | { readonly kind: 'value'; readonly value: string | null; readonly version: number | null }
  /** Answers a put, a cas or an append. */
  | { readonly kind: 'changed'; readonly version: number | null }
  | { readonly kind: 'incremented'; readonly sum: number; readonly version: number | null }
  | { readonly kind: 'deleted'; readonly existed: boolean }
  /** Answers a put, a delete or a cas whose expectation did not hold. */
  | { readonly kind: 'conflict'; readonly version: number | null }
  /** Answers an increment of what is no number, or of one that is too large. */
  | { readonly kind: 'refused' }

/** A key's value, and how often it was changed since it was created; null and 0: absent. */
export interface VersionedValue {
  readonly value: string | null
  readonly version: number
}

const absent: VersionedValue = { value: null, version: 0 }

/** Get, put, delete, compare-and-set, increment and append. */
export const versionedKvModel: Model<VersionedValue, VersionedKvInput, VersionedKvOutput> = modelOf(
  Number.POSITIVE_INFINITY,
)

/** Versions are counted up to `versionMax`, and stay there. */
function modelOf(versionMax: number): Model<VersionedValue, VersionedKvInput, VersionedKvOutput> {
  return {
    name: 'versioned-kv',
    partition: (input) => input.key,
    init: () => absent,
    step: (state, input, output) => {
      const { next, answer } = run(state, input, versionMax)
      return output === undefined || isAnswer(answer, output) ? next : undefined
    },
    key: ({ value, version }) => (value === null ? null : `${version} ${value}`),
    readOnly: (input) => input.kind === 'get',
    alike: (input) => (input.kind === 'get' ? undefined : JSON.stringify({ ...input, key: '' })),
    narrow: (operations) => modelOf(operations.some(showsVersion) ? versionMax : 1),
    describe: describeVersionedKv,
    label: labelVersionedKv,
    describeState: ({ value, version }) =>
      value === null ? 'absent' : `${JSON.stringify(value)} (version ${version})`,
  }
}

/** Where no version above 1 is in any answer or expectation, none needs to be counted. */
function showsVersion({ input, output }: Operation<VersionedKvInput, VersionedKvOutput>): boolean {
  if ('expectedVersion' in input && (input.expectedVersion ?? 0) > 0) return true
  return output !== undefined && 'version' in output && (output.version ?? 0) > 0
}

interface Step {
  readonly next: VersionedValue
  readonly answer: VersionedKvOutput
}

/** The one thing that happens, and the one answer that it has. */
function run(state: VersionedValue, input: VersionedKvInput, versionMax: number): Step {
  switch (input.kind) {
    case 'get':
      return { next: state, answer: { kind: 'value', ...state } }
    case 'put':
      return isExpected(state, input.expectedVersion)
        ? change(state, input.value, versionMax)
        : conflict(state)
    case 'delete':
      return isExpected(state, input.expectedVersion)
        ? { next: absent, answer: { kind: 'deleted', existed: state.value !== null } }
        : conflict(state)
    case 'cas':
      return state.value === input.from ? change(state, input.to, versionMax) : conflict(state)
    case 'increment':
      return increment(state, input.by, versionMax)
    case 'append':
      return change(state, (state.value ?? '') + input.value, versionMax)
    default:
      return unreachable(input)
  }
}

function change(state: VersionedValue, value: string, versionMax: number): Step {
  const version = Math.min(state.version + 1, versionMax)
  return { next: { value, version }, answer: { kind: 'changed', version } }
}

function conflict(state: VersionedValue): Step {
  return { next: state, answer: { kind: 'conflict', version: state.version } }
}

function isExpected(state: VersionedValue, expectedVersion: number | null): boolean {
  return expectedVersion === null || expectedVersion === state.version
}

function increment(state: VersionedValue, by: number, versionMax: number): Step {
  const before = Number(state.value ?? '0')
  const sum = before + by
  const isNumber = state.value === null || String(before) === state.value
  if (!isNumber || !Number.isSafeInteger(before) || !Number.isSafeInteger(sum)) {
    return { next: state, answer: { kind: 'refused' } }
  }
  const { next } = change(state, String(sum), versionMax)
  return { next, answer: { kind: 'incremented', sum, version: next.version } }
}

/** Whether this is the answer that was given, as far as it was told. */
function isAnswer(answer: VersionedKvOutput, given: VersionedKvOutput): boolean {
  if ('version' in answer && 'version' in given && given.version !== null) {
    if (answer.version !== given.version) return false
  }
  switch (given.kind) {
    case 'value':
      return answer.kind === 'value' && answer.value === given.value
    case 'incremented':
      return answer.kind === 'incremented' && answer.sum === given.sum
    case 'deleted':
      return answer.kind === 'deleted' && answer.existed === given.existed
    case 'changed':
    case 'conflict':
    case 'refused':
      return answer.kind === given.kind
    default:
      return unreachable(given)
  }
}
