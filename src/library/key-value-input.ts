/**
 * What users give the key-value store, checked and made what its machine takes; and the error that
 * tells what it does not take, before anything is sent or by the machine itself.
 */
import type { Outcome } from '../client/index.ts'
import { KvArgumentError, type KvErrorCode, type KvExpectation } from '../state-machine/index.ts'

/** The machine refused the operation and changed nothing: a limit, or a value of another kind. */
export class KeyValueError extends Error {
  override readonly name = 'KeyValueError'
  readonly code: KvErrorCode
  /** As in KontikiError: it is certain. */
  readonly outcome: Outcome = 'notApplied'

  constructor(code: KvErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** Text stands for its UTF-8. */
export type KeyValueInput = Uint8Array | string

/** One of them at most. */
interface GivenExpectation {
  readonly expectedVersion?: number
  readonly expectedModificationIndex?: number
}

/** What the machine's own encoder refuses is told as the machine would. */
export function encoded<T>(encode: (value: T) => Uint8Array, value: T): Uint8Array {
  try {
    return encode(value)
  } catch (error) {
    if (error instanceof KvArgumentError) {
      throw new KeyValueError('outOfRange', error.message, error)
    }
    throw error
  }
}

/** The condition of a change, where it has one. */
export function expectation(settings: GivenExpectation = {}): KvExpectation | null {
  const { expectedVersion, expectedModificationIndex } = settings
  if (expectedModificationIndex === undefined) {
    return expectedVersion === undefined ? null : { kind: 'version', version: expectedVersion }
  }
  if (expectedVersion === undefined) {
    return { kind: 'modificationIndex', modificationIndex: expectedModificationIndex }
  }
  throw new KeyValueError(
    'malformed',
    'expectedVersion and expectedModificationIndex cannot both be given',
  )
}

/** It would become U+FFFD on its way, and two different keys the same. */
const loneSurrogate = /\p{Surrogate}/u

function isWellFormed(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) >= firstSurrogate) return !loneSurrogate.test(value)
  }
  return true
}

const firstSurrogate = 0xd800

export function text(value: string): string {
  if (typeof value === 'string' && isWellFormed(value)) return value
  throw new KeyValueError('malformed', 'a key is a text of whole characters (well-formed Unicode)')
}

export function bytes(value: KeyValueInput): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string' && isWellFormed(value)) return Buffer.from(value, 'utf8')
  throw new KeyValueError('malformed', 'a value is bytes, or a text of whole characters')
}
