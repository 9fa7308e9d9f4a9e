/**
 * Listing 1's LogEntry and ours: how an entry of the log stands in a message, and how many bytes it
 * takes there. A command that is text goes as Listing 1 has it, byte for byte; only one that a
 * protobuf string cannot hold uses fields of our own.
 */
import { unreachable } from '../base/assert.ts'
import { noBytes, utf8Decode, utf8Encode } from '../base/bytes.ts'
import { type Entry, type EntryKind, entry } from '../raft/index.ts'
import type { LogEntry } from './generated/raft.js'
import { numberOf } from './number-field.ts'
import { bytesFieldLength, numberFieldLength } from './varint.ts'

/** LogEntry.Kind: as CommandName says, a command in Command, or something else in Command. */
const kindText = 0
const kindBytes = 1
const kindSession = 2
const kindConfiguration = 3

/**
 * The entry, or null where its kind is unknown or contradicts what it carries. The command is a
 * copy: the datagram's bytes are not kept.
 */
export function fromLogEntry(message: LogEntry.$Properties): Entry | null {
  const index = numberOf(message.Index)
  const term = numberOf(message.Term)
  const kind = message.Kind ?? kindText
  const name = message.CommandName ?? ''
  const bytes = message.Command ?? noBytes
  if (kind === kindText) {
    if (bytes.length > 0) return null
    return name === ''
      ? entry(index, term, 'noop', noBytes)
      : entry(index, term, 'command', utf8Encode(name))
  }
  const entryKind = kindOfBytes(kind)
  if (entryKind === null || name !== '') return null
  return entry(index, term, entryKind, new Uint8Array(bytes))
}

const bytesKinds: readonly (EntryKind | null)[] = [null, 'command', 'session', 'configuration']

/** What a LogEntry.Kind says of the bytes in Command; null where it says nothing that we know. */
export function kindOfBytes(code: number): EntryKind | null {
  return bytesKinds[code] ?? null
}

/** LogEntry.Kind of an entry whose command stands in Command. */
export function kindCode(kind: Exclude<EntryKind, 'noop'>): number {
  switch (kind) {
    case 'command':
      return kindBytes
    case 'session':
      return kindSession
    case 'configuration':
      return kindConfiguration
    default:
      return unreachable(kind)
  }
}

/** The bytes that an entry takes in an AppendEntriesRequest, its own tag and length included. */
export function sizeOfEntry({ index, term, kind, command }: Entry): number {
  let body = numberFieldLength(1, index) + numberFieldLength(2, term)
  if (kind !== 'noop') {
    body +=
      kind === 'command' && isText(command)
        ? bytesFieldLength(3, command.length)
        : numberFieldLength(16, kindCode(kind)) +
          (command.length === 0 ? 0 : bytesFieldLength(17, command.length))
  }
  return bytesFieldLength(6, body)
}

/** True where `command` can travel as CommandName: UTF-8, and not empty. */
export function isText(command: Uint8Array): boolean {
  for (let i = 0; i < command.length; i++) {
    if ((command[i] as number) >= 0x80) return utf8Decode(command) !== null
  }
  return command.length > 0
}
