/**
 * The key-value machine as its users see it: a typed object over a client of bytes, in which every
 * change happens once and every read is linearizable unless it asks for less. What the operations
 * mean, and their limits, is src/state-machine/kv's; docs/key-value.md is for users.
 */
import { KontikiError, type Outcome } from '../client/index.ts'
import {
  type ByteMachine,
  bytesCodec,
  decodeKvAnswer,
  decodeKvResult,
  encodeKvCommand,
  encodeKvQuery,
  KeyValueMachine,
  type KvAnswer,
  type KvCommand,
  type KvEntry,
  type KvQuery,
  type KvResult,
  type KvRevision,
  type KvStats,
  listEntriesMax,
  type MachineCodecs,
} from '../state-machine/index.ts'
import {
  bytes,
  encoded,
  expectation,
  KeyValueError,
  type KeyValueInput,
  text,
} from './key-value-input.ts'
import type { ProposeSettings, QuerySettings } from './operations.ts'

export { KeyValueError, type KeyValueInput } from './key-value-input.ts'

/** A state machine for `openServer` and `openCluster`; give `bytesCodecs` with it. */
export function keyValueMachine(): ByteMachine {
  return new KeyValueMachine()
}

/** For machines of bytes, and their clients: nothing is encoded. */
export const bytesCodecs: MachineCodecs<Uint8Array, Uint8Array, Uint8Array, Uint8Array> = {
  command: bytesCodec,
  query: bytesCodec,
  result: bytesCodec,
  answer: bytesCodec,
}

/** What a store needs of its client: a `Client` has it, and a server's or a cluster's object. */
export interface ByteClient {
  propose(command: Uint8Array, settings?: ProposeSettings): Promise<Uint8Array>
  query(query: Uint8Array, settings?: QuerySettings): Promise<Uint8Array>
}

/** A change that was made. */
export interface KeyValueChange {
  readonly kind: 'changed'
  readonly revision: KvRevision
}

export interface KeyValueDeletion {
  readonly kind: 'deleted'
  /** False where there was nothing to delete. */
  readonly existed: boolean
}

/** The condition of a change does not hold, and nothing was changed. */
export interface KeyValueConflict {
  readonly kind: 'conflict'
  /** What the key has; null where there is no such key. */
  readonly current: KvRevision | null
}

/** A change may have a condition, and only one; 0 means that the key is not there. */
export interface KeyValueChangeSettings extends ProposeSettings {
  readonly expectedVersion?: number
  readonly expectedModificationIndex?: number
}

/** A page of keys: those that begin with `prefix` and come after `after`. */
export interface KeyValueListSettings extends QuerySettings {
  readonly prefix?: string
  readonly after?: string
  /** From 1 to 1000, which is the default. */
  readonly limit?: number
  /** The values are left out: each is empty. */
  readonly keysOnly?: boolean
}

export interface KeyValueList {
  /** In ascending order of the keys. */
  readonly entries: readonly KvEntry[]
  /** To be given as `after` for the next page; null on the last. */
  readonly next: string | null
}

export class KeyValueStore {
  readonly #client: ByteClient

  constructor(client: ByteClient) {
    this.#client = client
  }

  /** Null where there is no such key. */
  get(key: string, settings?: QuerySettings): Promise<KvEntry | null> {
    // No `async` here and in `put`: it costs as much as all the rest of the call.
    try {
      return this.#ask({ kind: 'get', key: text(key) }, settings).then(entryOf)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Sets the value. */
  put(
    key: string,
    value: KeyValueInput,
    settings?: KeyValueChangeSettings,
  ): Promise<KeyValueChange | KeyValueConflict> {
    try {
      const expected = expectation(settings)
      const put: KvCommand = { kind: 'put', key: text(key), value: bytes(value), expected }
      return this.#change(put, settings).then(changeOf)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Sets the value where the key holds `expected`; null: where it is not there. */
  async compareAndSet(
    key: string,
    expected: KeyValueInput | null,
    value: KeyValueInput,
    settings?: ProposeSettings,
  ): Promise<KeyValueChange | KeyValueConflict> {
    const change: KvCommand = {
      kind: 'compareAndSet',
      key: text(key),
      expected: expected === null ? null : bytes(expected),
      value: bytes(value),
    }
    return changeOf(await this.#change(change, settings))
  }

  /** Puts `value` behind what the key holds, which is nothing where it is not there. */
  async append(
    key: string,
    value: KeyValueInput,
    settings?: ProposeSettings,
  ): Promise<KeyValueChange> {
    const append: KvCommand = { kind: 'append', key: text(key), value: bytes(value) }
    const result = resultOf(await this.#change(append, settings))
    return result.kind === 'changed' ? result : unexpected(result, 'unknown')
  }

  /** Adds to the number that the key holds, which is 0 where it is not there; the new number. */
  async increment(
    key: string,
    by = 1,
    settings?: ProposeSettings,
  ): Promise<{ readonly value: number; readonly revision: KvRevision }> {
    const result = resultOf(await this.#change({ kind: 'increment', key: text(key), by }, settings))
    if (result.kind !== 'incremented') return unexpected(result, 'unknown')
    return { value: result.value, revision: result.revision }
  }

  async delete(
    key: string,
    settings?: KeyValueChangeSettings,
  ): Promise<KeyValueDeletion | KeyValueConflict> {
    const expected = expectation(settings)
    const result = resultOf(
      await this.#change({ kind: 'delete', key: text(key), expected }, settings),
    )
    if (result.kind === 'deleted' || result.kind === 'conflict') return result
    return unexpected(result, 'unknown')
  }

  /** One page; each page is the state of its own moment. */
  async list(settings: KeyValueListSettings = {}): Promise<KeyValueList> {
    const { prefix = '', after = '', limit = listEntriesMax, keysOnly = false } = settings
    const query: KvQuery = {
      kind: 'list',
      prefix: text(prefix),
      after: text(after),
      limit,
      keysOnly,
    }
    const answer = answerOf(await this.#ask(query, settings))
    if (answer.kind !== 'page') return unexpected(answer, 'notApplied')
    return { entries: answer.entries, next: answer.next }
  }

  /** Every key from `after` on, a page at a time: `limit` is the size of the pages. */
  async *entries(settings: KeyValueListSettings = {}): AsyncGenerator<KvEntry, void, void> {
    let after: string | null = settings.after ?? ''
    while (after !== null) {
      const page: KeyValueList = await this.list({ ...settings, after })
      yield* page.entries
      after = page.next
    }
  }

  async stats(settings?: QuerySettings): Promise<KvStats> {
    const answer = answerOf(await this.#ask({ kind: 'stats' }, settings))
    return answer.kind === 'stats' ? answer.stats : unexpected(answer, 'notApplied')
  }

  /** Not asynchronous themselves: each would cost every operation one more promise. */
  #change(command: KvCommand, settings?: ProposeSettings): Promise<Uint8Array> {
    return this.#client.propose(encoded(encodeKvCommand, command), settings)
  }

  #ask(query: KvQuery, settings?: QuerySettings): Promise<Uint8Array> {
    return this.#client.query(encoded(encodeKvQuery, query), settings)
  }
}

function resultOf(response: Uint8Array): KvResult {
  const result = decodeKvResult(response)
  if (result === null) throw notOurs('unknown')
  if (result.kind === 'error') throw new KeyValueError(result.code, result.message)
  return result
}

function answerOf(response: Uint8Array): KvAnswer {
  const answer = decodeKvAnswer(response)
  if (answer === null) throw notOurs('notApplied')
  if (answer.kind === 'error') throw new KeyValueError(answer.code, answer.message)
  return answer
}

function entryOf(response: Uint8Array): KvEntry | null {
  const answer = answerOf(response)
  if (answer.kind === 'found') return answer.entry
  return answer.kind === 'absent' ? null : unexpected(answer, 'notApplied')
}

function changeOf(response: Uint8Array): KeyValueChange | KeyValueConflict {
  const result = resultOf(response)
  if (result.kind === 'changed' || result.kind === 'conflict') return result
  return unexpected(result, 'unknown')
}

function unexpected(result: { readonly kind: string }, outcome: Outcome): never {
  const problem = `the key-value machine answered another question: '${result.kind}'`
  throw new KontikiError('BAD_ANSWER', outcome, problem)
}

function notOurs(outcome: Outcome): KontikiError {
  const problem = 'the answer is not of the key-value machine: do the servers run another one?'
  return new KontikiError('BAD_ANSWER', outcome, problem)
}
