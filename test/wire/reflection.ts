/**
 * The wire as others read and write it: protobufjs's reflection, which reads a .proto at run time
 * and shares neither our generated code nor our checks, loaded with our .proto or with Listing 1
 * alone.
 */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import { utf8Decode } from '../../src/base/bytes.ts'
import type { Entry, Message } from '../../src/raft/index.ts'
import type { Decoded } from '../../src/wire/index.ts'

/** A message as its fields, those that are zero or empty left out. */
export type Fields = { readonly [field: string]: unknown }

/** One implementation of the wire. */
export interface Implementation {
  readonly name: string
  decode(bytes: Uint8Array): Fields
  encode(fields: Fields): Uint8Array
}

function load(name: string, path: string): Implementation {
  const source = readFileSync(new URL(path, import.meta.url), 'utf8')
  const { root } = protobuf.parse(source, { keepCase: true })
  const type = root.lookupType('Raft')
  return {
    name,
    decode: (bytes) => type.toObject(type.decode(bytes), { longs: Number }),
    encode: (fields) => Uint8Array.from(type.encode(type.fromObject({ ...fields })).finish()),
  }
}

export const ours: Implementation = load('our .proto', '../../proto/raft.proto')
export const listing1: Implementation = load('Listing 1', './listing1.proto')

/** What `decoded` says, field by field, as proto/raft.proto names them. */
export function fieldsOf(decoded: Decoded): Fields {
  switch (decoded.kind) {
    case 'invalid':
      throw new Error(`nothing: ${decoded.reason}`)
    case 'command':
      return withoutZeros({ CommandName: utf8Decode(decoded.command), Hops: decoded.hops })
    case 'message':
      return messageFields(decoded.message)
  }
}

function messageFields(message: Message): Fields {
  const { term: Term, from } = message
  const RequestId = 'requestId' in message ? message.requestId : 0
  switch (message.kind) {
    case 'appendEntriesRequest': {
      const { prevLogIndex: PrevLogIndex, prevLogTerm: PrevLogTerm } = message
      const LeaderCommit = message.leaderCommit
      const Entries = message.entries.map(entryFields)
      const head = { Term, PrevLogIndex, PrevLogTerm, LeaderCommit, LeaderId: from }
      return { AppendEntriesRequest: withoutZeros({ ...head, Entries, RequestId }) }
    }
    case 'appendEntriesResponse': {
      const { success: Success, matchIndex: MatchIndex } = message
      const { hintIndex: HintIndex, hintTerm: HintTerm } = message
      const ours = { RequestId, MatchIndex, HintIndex, HintTerm, DiskFull: message.diskIsFull }
      return { AppendEntriesResponse: withoutZeros({ Term, Success, ...ours }) }
    }
    case 'requestVoteRequest': {
      const { lastLogIndex: LastLogIndex, lastLogTerm: LastLogTerm } = message
      const { isTransfer: IsTransfer } = message
      const all = { Term, LastLogIndex, LastLogTerm, CandidateName: from, RequestId, IsTransfer }
      return { RequestVoteRequest: withoutZeros(all) }
    }
    case 'requestVoteResponse': {
      const { voteGranted: VoteGranted } = message
      return { RequestVoteResponse: withoutZeros({ Term, VoteGranted, RequestId }) }
    }
    case 'installSnapshotRequest': {
      const { lastIndex: LastIndex, lastTerm: LastTerm, ...rest } = message.snapshot
      const { configuration: Configuration, size: Size, checksum: Checksum } = rest
      const { offset: Offset, data: Data, checksum: ChunkChecksum } = message
      const taken = { LastIndex, LastTerm, Configuration, Size, Checksum }
      const chunk = { Offset, Data, ChunkChecksum, RequestId }
      return { InstallSnapshotRequest: withoutZeros({ Term, ...taken, ...chunk }) }
    }
    case 'installSnapshotResponse': {
      const { bytesStored: BytesStored, matchIndex: MatchIndex } = message
      const all = { Term, BytesStored, MatchIndex, RequestId }
      return { InstallSnapshotResponse: withoutZeros(all) }
    }
    case 'preVoteRequest': {
      const { lastLogIndex: LastLogIndex, lastLogTerm: LastLogTerm } = message
      return { PreVoteRequest: withoutZeros({ Term, LastLogIndex, LastLogTerm, RequestId }) }
    }
    case 'preVoteResponse': {
      const { voteGranted: VoteGranted } = message
      return { PreVoteResponse: withoutZeros({ Term, VoteGranted, RequestId }) }
    }
    case 'readIndexRequest':
      return { ReadIndexRequest: { Term, RequestId } }
    case 'readIndexResponse': {
      const { success: Success, index: Index } = message
      return { ReadIndexResponse: withoutZeros({ Term, Success, RequestId, Index }) }
    }
    case 'timeoutNowRequest':
      return { TimeoutNowRequest: { Term } }
  }
}

function entryFields({ index: Index, term: Term, kind, command }: Entry): Fields {
  if (kind === 'noop') return { Index, Term }
  if (kind === 'session') return withoutZeros({ Index, Term, Kind: 2, Command: command })
  if (kind === 'configuration') return withoutZeros({ Index, Term, Kind: 3, Command: command })
  const name = utf8Decode(command)
  if (name !== null && name !== '') return { Index, Term, CommandName: name }
  return withoutZeros({ Index, Term, Kind: 1, Command: command })
}

function withoutZeros(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== 0 &&
        value !== false &&
        value !== '' &&
        !((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0),
    ),
  )
}

/** The fields with our own left out: what Listing 1 alone can tell. */
export function withoutOurs(fields: Fields): Fields {
  const own = new Set([
    'PreVoteRequest',
    'PreVoteResponse',
    'ReadIndexRequest',
    'ReadIndexResponse',
    'TimeoutNowRequest',
    'RequestId',
    'IsTransfer',
    'MatchIndex',
    'HintIndex',
    'HintTerm',
    'DiskFull',
    'Kind',
    'Command',
    'Hops',
    'InstallSnapshotRequest',
    'InstallSnapshotResponse',
  ])
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !own.has(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(deep) : deep(value)]),
  )
}

function deep(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return withoutOurs(value as Fields)
}

/** The fields as `protoc --decode` prints them. */
export function textFormat(fields: Fields, indent = ''): string {
  let out = ''
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === 'string' || one instanceof Uint8Array) {
        out += `${indent}${name}: "${escaped(one)}"\n`
      } else if (typeof one === 'object' && one !== null) {
        out += `${indent}${name} {\n${textFormat(one as Fields, `${indent}  `)}${indent}}\n`
      } else {
        out += `${indent}${name}: ${String(one)}\n`
      }
    }
  }
  return out
}

function escaped(value: string | Uint8Array): string {
  return [...Buffer.from(value)]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('')
}
