/**
 * AppendEntriesRequest to bytes, by hand: nearly all that servers send each other is its entries,
 * and in the generated code each of them costs a dozen objects. The bytes are the same (a property
 * holds the two together), and entries that go to several peers are written once.
 */
import { utf8Encode } from '../base/bytes.ts'
import type { AppendEntriesRequest, Entry } from '../raft/index.ts'
import { isText, kindCode } from './log-entry.ts'
import { bytesFieldLength, numberFieldLength, putVarint, varintLength } from './varint.ts'

/** What stands in front of a field: its number and type, as one byte, or two from field 16 up. */
const tags = {
  envelope: [0x0a],
  term: [0x08],
  prevLogIndex: [0x10],
  prevLogTerm: [0x18],
  leaderCommit: [0x20],
  leaderId: [0x2a],
  entry: [0x32],
  requestId: [0x80, 0x01],
  index: [0x08],
  entryTerm: [0x10],
  commandName: [0x1a],
  kind: [0x80, 0x01],
  command: [0x8a, 0x01],
} as const

/** Room at first; it grows to what is needed, and stays. */
const roomBytes = 4096
/** A larger room was an exception: it is let go. */
const keptBytesMax = 1024 * 1024

export class AppendEntriesWriter {
  /** The entries that were written last, as they stand in a message. */
  #room: Uint8Array = new Uint8Array(roomBytes)
  #length = 0
  #first: Entry | null = null
  #last: Entry | null = null
  /** Whose message it was, and how that name stands in one. */
  #leaderId = ''
  #leaderIdBytes: Uint8Array = new Uint8Array(0)

  /** The message, in memory of its own. It contradicts nothing. */
  write(message: AppendEntriesRequest): Uint8Array {
    const { term, prevLogIndex, prevLogTerm, leaderCommit, from, requestId, entries } = message
    this.#writeEntries(entries)
    this.#nameLeader(from)
    const body =
      numberFieldLength(1, term) +
      numberFieldLength(2, prevLogIndex) +
      numberFieldLength(3, prevLogTerm) +
      numberFieldLength(4, leaderCommit) +
      bytesFieldLength(5, this.#leaderIdBytes.length) +
      this.#length +
      numberFieldLength(16, requestId)
    const bytes = new Uint8Array(tags.envelope.length + varintLength(body) + body)
    let at = putVarint(bytes, putTag(bytes, 0, tags.envelope), body)
    at = putNumber(bytes, at, tags.term, term)
    at = putNumber(bytes, at, tags.prevLogIndex, prevLogIndex)
    at = putNumber(bytes, at, tags.prevLogTerm, prevLogTerm)
    at = putNumber(bytes, at, tags.leaderCommit, leaderCommit)
    at = putBytes(bytes, at, tags.leaderId, this.#leaderIdBytes)
    if (this.#length > 0) bytes.set(this.#room.subarray(0, this.#length), at)
    putNumber(bytes, at + this.#length, tags.requestId, requestId)
    return bytes
  }

  /**
   * Entries are never changed, and a log has one entry before each: where the first and the last
   * are the same, all between them are.
   */
  #writeEntries(entries: readonly Entry[]): void {
    const first = entries[0] ?? null
    const last = entries[entries.length - 1] ?? null
    if (first !== null && first === this.#first && last === this.#last) return
    this.#first = first
    this.#last = last
    this.#length = 0
    if (this.#room.length > keptBytesMax) this.#room = new Uint8Array(roomBytes)
    for (const entry of entries) this.#writeEntry(entry)
  }

  #writeEntry({ index, term, kind, command }: Entry): void {
    const isName = kind === 'command' && isText(command)
    const code = isName || kind === 'noop' ? 0 : kindCode(kind)
    const commandLength =
      command.length === 0 ? 0 : bytesFieldLength(isName ? 3 : 17, command.length)
    const length =
      numberFieldLength(1, index) +
      numberFieldLength(2, term) +
      numberFieldLength(16, code) +
      commandLength
    this.#reserve(bytesFieldLength(6, length))
    const room = this.#room
    let at = putVarint(room, putTag(room, this.#length, tags.entry), length)
    at = putNumber(room, at, tags.index, index)
    at = putNumber(room, at, tags.entryTerm, term)
    at = putNumber(room, at, tags.kind, code)
    if (commandLength > 0) {
      at = putBytes(room, at, isName ? tags.commandName : tags.command, command)
    }
    this.#length = at
  }

  #nameLeader(leaderId: string): void {
    if (leaderId === this.#leaderId) return
    this.#leaderId = leaderId
    this.#leaderIdBytes = utf8Encode(leaderId)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#room.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#room.length))
    grown.set(this.#room.subarray(0, this.#length))
    this.#room = grown
  }
}

function putTag(bytes: Uint8Array, at: number, tag: readonly number[]): number {
  bytes[at] = tag[0] as number
  if (tag.length === 1) return at + 1
  bytes[at + 1] = tag[1] as number
  return at + 2
}

/** A number field; proto3 leaves a 0 out. */
function putNumber(bytes: Uint8Array, at: number, tag: readonly number[], value: number): number {
  return value === 0 ? at : putVarint(bytes, putTag(bytes, at, tag), value)
}

function putBytes(
  bytes: Uint8Array,
  at: number,
  tag: readonly number[],
  value: Uint8Array,
): number {
  const start = putVarint(bytes, putTag(bytes, at, tag), value.length)
  bytes.set(value, start)
  return start + value.length
}
