/**
 * One record of the log on disk: what changed in Figure 3.1's persistent state. A record is 24
 * bytes and its text or command; docs/storage-format.md has the layout. Records are found and
 * checked inside a frame (frame.ts); whether their sequence makes sense is the ledger's business.
 */
import { assert } from '../base/assert.ts'
import { utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Entry, EntryKind, LogIndex, ServerId, Term } from '../raft/index.ts'
import { entry } from '../raft/index.ts'
import { getUint64, setUint64, viewOf } from './uint64.ts'

export type LogRecord =
  /** Where a segment begins: the log's last entry before it. Only ever a segment's first record. */
  | { readonly kind: 'start'; readonly lastIndex: LogIndex; readonly lastTerm: Term }
  | { readonly kind: 'hardState'; readonly currentTerm: Term; readonly votedFor: ServerId | null }
  /** A snapshot has taken the place of the log, which begins after this entry. */
  | { readonly kind: 'replace'; readonly lastIndex: LogIndex; readonly lastTerm: Term }
  /** Entries from here on are gone. */
  | { readonly kind: 'truncate'; readonly from: LogIndex }
  | { readonly kind: 'entry'; readonly entry: Entry }

/** The fixed part of every record. */
export const recordBytes = 24

const hardStateType = 1
const truncateType = 2
const entryType = 3
const startType = 4
const replaceType = 5

/** The one bound on a server's name, far above `host:port`: what two bytes could not count. */
const serverIdBytesMax = 65_535

/** A buffer is kept from save to save up to this size; beyond, it was an exception. */
const keptBytesMax = 4 * 1024 * 1024

/** Records one after the other, behind a room for the mark that will make them a frame. */
export class RecordBuffer {
  readonly reserved: number
  bytes: Uint8Array
  length: number
  #view: DataView

  constructor(reserved: number) {
    this.reserved = reserved
    this.bytes = new Uint8Array(1024)
    this.length = reserved
    this.#view = viewOf(this.bytes)
  }

  get isEmpty(): boolean {
    return this.length === this.reserved
  }

  clear(): void {
    this.length = this.reserved
    if (this.bytes.length > keptBytesMax) this.#replace(new Uint8Array(1024))
  }

  start(lastIndex: LogIndex, lastTerm: Term): void {
    this.#put(startType, 0, lastIndex, lastTerm, null)
  }

  hardState(currentTerm: Term, votedFor: ServerId | null): void {
    const name = votedFor === null ? null : utf8Encode(votedFor)
    assert((name?.length ?? 0) <= serverIdBytesMax, 'a server id is at most 65535 bytes long')
    this.#put(hardStateType, votedFor === null ? 0 : 1, currentTerm, 0, name)
  }

  replace(lastIndex: LogIndex, lastTerm: Term): void {
    this.#put(replaceType, 0, lastIndex, lastTerm, null)
  }

  truncate(from: LogIndex): void {
    this.#put(truncateType, 0, from, 0, null)
  }

  entry({ index, term, kind, command }: Entry): void {
    this.#put(entryType, codeOfKind(kind), index, term, command)
  }

  /** Room for `more` bytes, so that what follows does not grow the buffer step by step. */
  ensure(more: number): void {
    const needed = this.length + more
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length))
    grown.set(this.bytes.subarray(0, this.length))
    this.#replace(grown)
  }

  #put(type: number, detail: number, a: number, b: number, payload: Uint8Array | null): void {
    const payloadBytes = payload === null ? 0 : payload.length
    this.ensure(recordBytes + payloadBytes)
    const at = this.length
    const view = this.#view
    view.setUint32(at, type | (detail << 8), true)
    view.setUint32(at + 4, payloadBytes, true)
    setUint64(view, at + 8, a)
    setUint64(view, at + 16, b)
    if (payload !== null) this.bytes.set(payload, at + recordBytes)
    this.length = at + recordBytes + payloadBytes
  }

  #replace(bytes: Uint8Array): void {
    this.bytes = bytes
    this.#view = viewOf(bytes)
  }
}

/** Reads records from `position` to `end`; `next` after the last is null. */
export class RecordReader {
  position: number
  readonly #end: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.position = position
    this.#end = end
  }

  /** The next record, null after the last, or what is wrong with it as a text. */
  next(): LogRecord | string | null {
    const at = this.position
    if (at === this.#end) return null
    if (at + recordBytes > this.#end) return 'a record is cut off by the end of its frame'
    const head = this.#view.getUint32(at, true)
    const payloadBytes = this.#view.getUint32(at + 4, true)
    const payloadAt = at + recordBytes
    if (payloadAt + payloadBytes > this.#end) return 'a record is longer than its frame'
    const a = getUint64(this.#view, at + 8)
    const b = getUint64(this.#view, at + 16)
    if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return 'a number is above 2^53 - 1'
    this.position = payloadAt + payloadBytes
    return this.#record(head, a, b, payloadAt, payloadBytes)
  }

  #record(head: number, a: number, b: number, at: number, bytes: number): LogRecord | string {
    const type = head & 0xff
    const detail = head >>> 8
    if (type === entryType) {
      const kind = kindOfCode(detail)
      if (kind === null) return `an entry is of the unknown kind ${detail}`
      return { kind: 'entry', entry: entry(a, b, kind, this.#bytes.subarray(at, at + bytes)) }
    }
    if (type === hardStateType) return this.#hardState(detail, a, b, at, bytes)
    if (type !== truncateType && type !== startType && type !== replaceType) {
      return `a record is of the unknown type ${type}`
    }
    if (detail !== 0 || bytes !== 0) return `a record of type ${type} says more than it can`
    if (type === replaceType) return { kind: 'replace', lastIndex: a, lastTerm: b }
    if (type === startType) return { kind: 'start', lastIndex: a, lastTerm: b }
    return b === 0 ? { kind: 'truncate', from: a } : 'a record of type 2 says more than it can'
  }

  #hardState(
    detail: number,
    currentTerm: number,
    zero: number,
    at: number,
    bytes: number,
  ): LogRecord | string {
    if (zero !== 0) return 'a term record says more than it can'
    if (detail === 0 && bytes === 0) return { kind: 'hardState', currentTerm, votedFor: null }
    if (detail !== 1 || bytes === 0) return 'a vote is neither for nobody nor for somebody'
    const votedFor = utf8Decode(this.#bytes.subarray(at, at + bytes))
    if (votedFor === null) return 'a vote is for a name that is not UTF-8'
    return { kind: 'hardState', currentTerm, votedFor }
  }
}

/** What stands in an entry's detail; 0 and what is not here are no kinds. */
const kindCodes: Readonly<Record<EntryKind, number>> = {
  noop: 1,
  command: 2,
  session: 3,
  configuration: 4,
}

const kinds: readonly (EntryKind | null)[] = [null, 'noop', 'command', 'session', 'configuration']

function codeOfKind(kind: EntryKind): number {
  return kindCodes[kind]
}

function kindOfCode(code: number): EntryKind | null {
  return kinds[code] ?? null
}
