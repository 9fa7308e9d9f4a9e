/**
 * The key-value machine: each key with its value, its version and the entries that made it. It
 * throws for nothing that a client can send: what it cannot carry out is a result that says so, and
 * the same on every server. docs/key-value.md is for its users.
 */
import { unreachable } from '../../base/assert.ts'
import { bytesEqual, noBytes, utf8Decode, utf8Encode, utf8Length } from '../../base/bytes.ts'
import type { ApplyContext, ByteMachine } from '../state-machine.ts'
import { decodeKvCommand, decodeKvQuery } from './command-encoding.ts'
import {
  type KvAnswer,
  type KvCommand,
  type KvEntry,
  type KvError,
  type KvErrorCode,
  type KvExpectation,
  type KvQuery,
  type KvResult,
  type KvRevision,
  type KvStats,
  keyBytesMax,
  listBytesMax,
  listEntriesMax,
  valueBytesMax,
} from './key-value.ts'
import { readKvSnapshot, writeKvSnapshot } from './kv-snapshot.ts'
import { OrderedMap } from './ordered-map.ts'
import { encodeKvAnswer, encodeKvResult } from './result-encoding.ts'
import { ValueMemory } from './value-memory.ts'

export class KeyValueMachine implements ByteMachine {
  #entries = new OrderedMap<KvEntry>()
  #values = new ValueMemory()
  #bytes = 0

  get stats(): KvStats {
    return { keys: this.#entries.size, bytes: this.#bytes }
  }

  apply(bytes: Uint8Array, { index }: ApplyContext): Uint8Array {
    const command = decodeKvCommand(bytes)
    return encodeKvResult(
      command === null ? problem('malformed', 'this is no command') : this.execute(command, index),
    )
  }

  /** A command at `index`; the same as `apply`, without the bytes. */
  execute(command: KvCommand, index: number): KvResult {
    const wrong = wrongKey(command.key)
    if (wrong !== null) return wrong
    const current = this.#entries.get(command.key)
    switch (command.kind) {
      case 'put':
        if (!isAsExpected(command.expected, current)) return conflict(current)
        return this.#change(command.key, current, command.value, index)
      case 'delete':
        if (!isAsExpected(command.expected, current)) return conflict(current)
        return this.#delete(current)
      case 'compareAndSet':
        if (!holds(command.expected, current)) return conflict(current)
        return this.#change(command.key, current, command.value, index)
      case 'increment':
        return this.#increment(command.key, current, command.by, index)
      case 'append':
        return this.#append(command.key, current, command.value, index)
      default:
        return unreachable(command)
    }
  }

  query(bytes: Uint8Array): Uint8Array {
    const query = decodeKvQuery(bytes)
    return encodeKvAnswer(
      query === null ? problem('malformed', 'this is no query') : this.answer(query),
    )
  }

  /** The same as `query`, without the bytes. */
  answer(query: KvQuery): KvAnswer {
    switch (query.kind) {
      case 'get': {
        const entry = this.#entries.get(query.key)
        return entry === undefined ? { kind: 'absent' } : { kind: 'found', entry }
      }
      case 'list':
        return this.#list(query)
      case 'stats':
        return { kind: 'stats', stats: this.stats }
      default:
        return unreachable(query)
    }
  }

  snapshot(): Iterable<Uint8Array> {
    return writeKvSnapshot(this.#entries.copy())
  }

  restore(chunks: Iterable<Uint8Array>): void {
    const values = new ValueMemory()
    this.#entries = readKvSnapshot(chunks, (key, value) => values.keep(key, value))
    this.#values = values
    this.#bytes = 0
    for (const [, entry] of this.#entries.from('')) this.#bytes += sizeOf(entry)
  }

  #change(
    key: string,
    current: KvEntry | undefined,
    value: Uint8Array,
    index: number,
  ): KvResult & { readonly kind: 'changed' | 'error' } {
    if (value.length > valueBytesMax) {
      return problem(
        'valueTooLarge',
        `a value has at most ${valueBytesMax} bytes; this one has ${value.length}`,
      )
    }
    const entry: KvEntry = {
      key,
      // A copy: the command may be part of something much larger, which would be kept with it.
      value: this.#values.keep(key, value),
      version: (current?.version ?? 0) + 1,
      createIndex: current?.createIndex ?? index,
      modificationIndex: index,
    }
    this.#entries.set(key, entry)
    if (current === undefined) this.#bytes += sizeOf(entry)
    else {
      this.#bytes += value.length - current.value.length
      this.#values.release(current.value)
    }
    this.#tidy()
    return { kind: 'changed', revision: revisionOf(entry) }
  }

  /** Moves what lives among much that does not: a block's worth at a time. */
  #tidy(): void {
    const block = this.#values.takeOldest()
    if (block === null) return
    const { buffer } = block.bytes
    for (const key of block.keys) {
      const entry = this.#entries.get(key)
      if (entry === undefined || entry.value.buffer !== buffer) continue
      this.#values.release(entry.value)
      this.#entries.set(key, { ...entry, value: this.#values.keep(key, entry.value) })
    }
  }

  #delete(current: KvEntry | undefined): KvResult {
    if (current === undefined) return { kind: 'deleted', existed: false }
    this.#entries.delete(current.key)
    this.#bytes -= sizeOf(current)
    this.#values.release(current.value)
    this.#tidy()
    return { kind: 'deleted', existed: true }
  }

  #increment(key: string, current: KvEntry | undefined, by: number, index: number): KvResult {
    const before = current === undefined ? 0 : wholeNumberOf(current.value)
    if (before === null) return problem('notANumber', 'the value is no whole number below 2^53')
    const value = before + by
    if (!Number.isSafeInteger(value)) {
      return problem('outOfRange', `${before} and ${by} make no whole number below 2^53`)
    }
    const result = this.#change(key, current, utf8Encode(String(value)), index)
    return result.kind === 'error'
      ? result
      : { kind: 'incremented', value, revision: result.revision }
  }

  #append(key: string, current: KvEntry | undefined, end: Uint8Array, index: number): KvResult {
    const start = current?.value ?? noBytes
    const length = start.length + end.length
    if (length > valueBytesMax) {
      return problem(
        'valueTooLarge',
        `a value has at most ${valueBytesMax} bytes; this one would have ${length}`,
      )
    }
    const value = new Uint8Array(length)
    value.set(start)
    value.set(end, start.length)
    return this.#change(key, current, value, index)
  }

  #list({ prefix, after, limit, keysOnly }: KvQuery & { kind: 'list' }): KvAnswer {
    if (limit < 1 || limit > listEntriesMax) {
      return problem('outOfRange', `a limit is from 1 to ${listEntriesMax}; this one is ${limit}`)
    }
    const entries: KvEntry[] = []
    let bytes = 0
    for (const [key, found] of this.#entries.from(after > prefix ? after : prefix)) {
      if (key === after) continue
      if (!key.startsWith(prefix)) break
      const entry = keysOnly ? { ...found, value: noBytes } : found
      bytes += sizeOf(entry)
      const isFull = entries.length === limit || (entries.length > 0 && bytes > listBytesMax)
      if (isFull) return { kind: 'page', entries, next: (entries.at(-1) as KvEntry).key }
      entries.push(entry)
    }
    return { kind: 'page', entries, next: null }
  }
}

function wrongKey(key: string): KvError | null {
  if (key === '') return problem('keyEmpty', 'a key has at least one character')
  // A character has at most three bytes a UTF-16 unit: most keys need not be encoded to be judged.
  if (key.length * 3 <= keyBytesMax) return null
  const length = utf8Length(key)
  if (length <= keyBytesMax) return null
  return problem('keyTooLarge', `a key has at most ${keyBytesMax} bytes; this one has ${length}`)
}

function isAsExpected(expected: KvExpectation | null, current: KvEntry | undefined): boolean {
  if (expected === null) return true
  return expected.kind === 'version'
    ? expected.version === (current?.version ?? 0)
    : expected.modificationIndex === (current?.modificationIndex ?? 0)
}

function holds(expected: Uint8Array | null, current: KvEntry | undefined): boolean {
  if (expected === null || current === undefined) {
    return expected === null && current === undefined
  }
  return bytesEqual(expected, current.value)
}

/** The number that the bytes write in the one way that increments write it; null for others. */
function wholeNumberOf(value: Uint8Array): number | null {
  if (value.length === 0 || value.length > 17) return null
  const text = utf8Decode(value)
  const number = Number(text)
  return Number.isSafeInteger(number) && String(number) === text ? number : null
}

function conflict(current: KvEntry | undefined): KvResult {
  return { kind: 'conflict', current: current === undefined ? null : revisionOf(current) }
}

function revisionOf({ version, createIndex, modificationIndex }: KvRevision): KvRevision {
  return { version, createIndex, modificationIndex }
}

function sizeOf({ key, value }: KvEntry): number {
  return utf8Length(key) + value.length
}

function problem(code: KvErrorCode, message: string): KvError {
  return { kind: 'error', code, message }
}
