/**
 * One operation of the key-value store through a client, in the words of the checker's model: how
 * it is put to the machine, and what its answer or its failure says.
 */
import { unreachable } from '../../base/assert.ts'
import { type Client, KontikiError } from '../../library/index.ts'
import type { VersionedKvInput, VersionedKvOutput } from '../../linearizability/index.ts'
import {
  decodeKvAnswer,
  decodeKvResult,
  encodeKvCommand,
  encodeKvQuery,
  type KvAnswer,
  type KvCommand,
  type KvResult,
} from '../../state-machine/index.ts'
import type { Ending } from './attempt.ts'

export type StoreClient = Client<Uint8Array, Uint8Array, Uint8Array, Uint8Array>

/** The store answered what it cannot have been asked: no fault of the network explains that. */
export class WrongAnswer extends Error {
  readonly code = 'WRONG_ANSWER'
  override readonly name = 'WrongAnswer'
}

/** Rejects with a {@link WrongAnswer} only. */
export async function perform(
  client: StoreClient,
  input: VersionedKvInput,
  timeoutMs: number,
): Promise<Ending> {
  try {
    if (input.kind === 'get') {
      const bytes = encodeKvQuery({ kind: 'get', key: input.key })
      const answer = decodeKvAnswer(await client.query(bytes, { timeoutMs }))
      return { kind: 'acknowledged', ...readOf(answer) }
    }
    const bytes = encodeKvCommand(commandOf(input))
    const result = decodeKvResult(await client.propose(bytes, { timeoutMs }))
    return { kind: 'acknowledged', ...changeOf(result) }
  } catch (error) {
    if (!(error instanceof KontikiError)) throw error
    if (error.code === 'BAD_ANSWER' || error.code === 'REFUSED') {
      throw new WrongAnswer(`${describe(input)}: ${error.message}`)
    }
    return { kind: error.outcome, code: error.code }
  }
}

function describe({ kind, key }: VersionedKvInput): string {
  return `${kind} ${key}`
}

function commandOf(input: Exclude<VersionedKvInput, { kind: 'get' }>): KvCommand {
  const { key } = input
  switch (input.kind) {
    case 'put':
      return { kind: 'put', key, value: bytesOf(input.value), expected: expectation(input) }
    case 'delete':
      return { kind: 'delete', key, expected: expectation(input) }
    case 'cas': {
      const expected = input.from === null ? null : bytesOf(input.from)
      return { kind: 'compareAndSet', key, expected, value: bytesOf(input.to) }
    }
    case 'increment':
      return { kind: 'increment', key, by: input.by }
    case 'append':
      return { kind: 'append', key, value: bytesOf(input.value) }
    default:
      return unreachable(input)
  }
}

function expectation({ expectedVersion }: { readonly expectedVersion: number | null }): {
  readonly kind: 'version'
  readonly version: number
} | null {
  return expectedVersion === null ? null : { kind: 'version', version: expectedVersion }
}

interface Told {
  readonly output: VersionedKvOutput
  readonly modificationIndex: number | null
}

function readOf(answer: KvAnswer | null): Told {
  if (answer?.kind === 'absent') {
    return { output: { kind: 'value', value: null, version: 0 }, modificationIndex: null }
  }
  if (answer?.kind !== 'found') throw new WrongAnswer(`a get was answered with ${answer?.kind}`)
  const { value, version } = answer.entry
  const text = Buffer.from(value).toString('utf8')
  return { output: { kind: 'value', value: text, version }, modificationIndex: null }
}

function changeOf(result: KvResult | null): Told {
  switch (result?.kind) {
    case 'changed': {
      const { version, modificationIndex } = result.revision
      return { output: { kind: 'changed', version }, modificationIndex }
    }
    case 'incremented': {
      const { version, modificationIndex } = result.revision
      return { output: { kind: 'incremented', sum: result.value, version }, modificationIndex }
    }
    case 'deleted':
      return {
        output: { kind: 'deleted', existed: result.existed },
        modificationIndex: null,
      }
    case 'conflict': {
      const version = result.current?.version ?? 0
      return { output: { kind: 'conflict', version }, modificationIndex: null }
    }
    default:
      throw new WrongAnswer(`a change was answered with ${JSON.stringify(result)}`)
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}
