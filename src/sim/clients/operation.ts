/**
 * What simulated clients do to the key-value store: each operation as the linearizability model
 * has it, as the machine has it, and how the machine's answers are read back.
 */
import { unreachable } from '../../base/assert.ts'
import { utf8Decode, utf8Encode } from '../../base/bytes.ts'
import type { VersionedKvInput, VersionedKvOutput } from '../../linearizability/index.ts'
import type { LogIndex } from '../../raft/index.ts'
import {
  decodeKvAnswer,
  decodeKvResult,
  type KvCommand,
  type KvExpectation,
} from '../../state-machine/index.ts'
import type { Consistency } from '../../wire/index.ts'

export type WriteInput = Exclude<VersionedKvInput, { kind: 'get' }>

/** `unknown`: it may have been carried out, or may yet be. */
export type WriteStatus = 'asked' | 'acknowledged' | 'notApplied' | 'unknown'

export interface Write {
  /** From 1 up. */
  readonly serial: number
  readonly input: WriteInput
  readonly hasSession: boolean
  status: WriteStatus
  /** Where it was carried out; 0: nowhere that anybody knows of. */
  index: LogIndex
  response: Uint8Array | null
}

export interface Read {
  readonly key: string
  readonly consistency: Consistency
  /** What had been acknowledged to anybody when it was asked, a linearizable read must see. */
  readonly floor: LogIndex
}

export function commandOf(input: WriteInput): KvCommand {
  switch (input.kind) {
    case 'put': {
      const { key, value, expectedVersion } = input
      const expected = expectationOf(expectedVersion)
      return { kind: 'put', key, value: utf8Encode(value), expected }
    }
    case 'delete':
      return { kind: 'delete', key: input.key, expected: expectationOf(input.expectedVersion) }
    case 'cas': {
      const { key, from, to } = input
      const expected = from === null ? null : utf8Encode(from)
      return { kind: 'compareAndSet', key, expected, value: utf8Encode(to) }
    }
    case 'increment':
      return input
    case 'append':
      return { kind: 'append', key: input.key, value: utf8Encode(input.value) }
    default:
      return unreachable(input)
  }
}

function expectationOf(version: number | null): KvExpectation | null {
  return version === null ? null : { kind: 'version', version }
}

/** What a write's answer says; null: nothing that the machine says. */
export function outputOfWrite(response: Uint8Array): VersionedKvOutput | null {
  const result = decodeKvResult(response)
  switch (result?.kind) {
    case 'changed':
      return { kind: 'changed', version: result.revision.version }
    case 'incremented':
      return { kind: 'incremented', sum: result.value, version: result.revision.version }
    case 'deleted':
      return { kind: 'deleted', existed: result.existed }
    case 'conflict':
      return { kind: 'conflict', version: result.current?.version ?? 0 }
    case 'error':
      return { kind: 'refused' }
    default:
      return null
  }
}

/** What a read's answer says; null: nothing that the machine says. */
export function outputOfRead(response: Uint8Array): VersionedKvOutput | null {
  const answer = decodeKvAnswer(response)
  if (answer?.kind === 'absent') return { kind: 'value', value: null, version: 0 }
  if (answer?.kind !== 'found') return null
  const { value, version } = answer.entry
  return { kind: 'value', value: utf8Decode(value), version }
}
