/**
 * AppendEntriesRequest from bytes, by hand, for the same reason as append-entries-writer.ts: the
 * form that our own servers write, and no other. Whatever is written in another way, or wrongly, is
 * left to the generated code, which knows all that proto3 permits and why it refuses the rest.
 */
import { noBytes } from '../base/bytes.ts'
import {
  type AppendEntriesRequest,
  appendEntriesRequest,
  type Entry,
  entry,
  type ServerId,
} from '../raft/index.ts'
import { isText, kindOfBytes } from './log-entry.ts'

/** A varint of more bytes than that is above 2^53 - 1, or longer than it need be. */
const varintBytesMax = 8

const noEntries: readonly Entry[] = []

/** The message, or null where the bytes are to be read by the generated code. */
export function readAppendEntries(
  bytes: Uint8Array,
  from: ServerId,
  to: ServerId,
): AppendEntriesRequest | null {
  if (bytes[0] !== 0x0a) return null
  const reader = new Reader(bytes)
  return reader.read(from, to)
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 1
  #hasFailed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(from: ServerId, to: ServerId): AppendEntriesRequest | null {
    const bytes = this.#bytes
    const length = this.#varint()
    if (this.#hasFailed || this.#at + length !== bytes.length) return null
    const term = this.#number(0x08)
    const prevLogIndex = this.#number(0x10)
    const prevLogTerm = this.#number(0x18)
    const leaderCommit = this.#number(0x20)
    this.#skipName()
    const entries = this.#entries()
    const requestId = this.#numberOf16(bytes.length)
    if (this.#hasFailed || this.#at !== bytes.length) return null
    return appendEntriesRequest(
      from,
      to,
      term,
      prevLogIndex,
      prevLogTerm,
      entries,
      leaderCommit,
      requestId,
    )
  }

  /** LeaderId, which is not trusted; what is not plain text is for others to judge. */
  #skipName(): void {
    if (this.#bytes[this.#at] !== 0x2a) return
    this.#at += 1
    const end = this.#varint() + this.#at
    if (end > this.#bytes.length) this.#hasFailed = true
    for (; !this.#hasFailed && this.#at < end; this.#at++) {
      if ((this.#bytes[this.#at] as number) >= 0x80) this.#hasFailed = true
    }
  }

  #entries(): readonly Entry[] {
    if (this.#bytes[this.#at] !== 0x32 || this.#hasFailed) return noEntries
    const entries: Entry[] = []
    // One copy for all: the bytes are not ours to keep, and the commands become views of the copy.
    const start = this.#at
    const own = new Uint8Array(this.#bytes.length - start)
    own.set(this.#bytes.subarray(start))
    while (this.#bytes[this.#at] === 0x32) {
      this.#at += 1
      const length = this.#varint()
      const end = this.#at + length
      if (this.#hasFailed || end > this.#bytes.length) return this.#fail()
      const read = this.#entry(end, own, start)
      if (read === null) return this.#fail()
      entries.push(read)
    }
    return entries
  }

  #entry(end: number, own: Uint8Array, start: number): Entry | null {
    const bytes = this.#bytes
    const index = this.#number(0x08)
    const term = this.#number(0x10)
    if (this.#at === end) return entry(index, term, 'noop', noBytes)
    const isName = bytes[this.#at] === 0x1a
    const kind = isName ? 'command' : kindOfBytes(this.#numberOf16(end))
    if (kind === null || this.#hasFailed) return null
    if (this.#at === end) return entry(index, term, kind, noBytes)
    if (isName) this.#at += 1
    else if (bytes[this.#at] === 0x8a && bytes[this.#at + 1] === 0x01) this.#at += 2
    else return null
    const length = this.#varint()
    if (this.#hasFailed || length === 0 || this.#at + length !== end) return null
    const command = new Uint8Array(own.buffer, this.#at - start, length)
    if (isName && !isText(command)) return null
    this.#at = end
    return entry(index, term, kind, command)
  }

  #fail(): readonly Entry[] {
    this.#hasFailed = true
    return noEntries
  }

  /** The number field that `tag` begins; 0 where another field stands here. */
  #number(tag: number): number {
    if (this.#bytes[this.#at] !== tag) return 0
    this.#at += 1
    return this.#varint()
  }

  /** Field 16, whose tag has two bytes. */
  #numberOf16(end: number): number {
    const at = this.#at
    if (at + 2 > end || this.#bytes[at] !== 0x80 || this.#bytes[at + 1] !== 0x01) return 0
    this.#at += 2
    return this.#varint()
  }

  #varint(): number {
    const bytes = this.#bytes
    let value = 0
    let weight = 1
    for (let i = 0; i < varintBytesMax; i++) {
      const byte = bytes[this.#at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * weight
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      weight *= 128
    }
    this.#hasFailed = true
    return 0
  }
}
