/**
 * Bytes from and to the core's own messages, one a datagram: Listing 1 and our fields, as
 * proto/raft.proto says. Everything decoded is checked here, so that the core may rely on it;
 * nothing that arrives makes this code throw. See docs/wire.md.
 */
import protobuf from 'protobufjs/minimal.js'
import { assert } from '../base/assert.ts'
import { utf8Decode, utf8Encode } from '../base/bytes.ts'
import {
  type AppendEntriesRequest,
  type AppendEntriesResponse,
  appendEntriesRequest,
  type Entry,
  type Message,
  requestVoteRequest,
  requestVoteResponse,
  type ServerId,
} from '../raft/index.ts'
import { readAppendEntries } from './append-entries-reader.ts'
import { AppendEntriesWriter } from './append-entries-writer.ts'
import { type Contradiction, contradictionIn } from './contradiction.ts'
import { type DigestReport, fromDigestReport, toDigestReport } from './digest-report.ts'
import * as generated from './generated/raft.js'
import {
  fromInstallSnapshotRequest,
  fromInstallSnapshotResponse,
  toInstallSnapshotRequest,
  toInstallSnapshotResponse,
} from './install-snapshot.ts'
import { fromLogEntry } from './log-entry.ts'
import { numberOf } from './number-field.ts'
import { readOneMember } from './one-member.ts'
import { fromOwn, toOwn } from './own-messages.ts'
import { StrictReader, type Unreadable, UnreadableError } from './strict-reader.ts'

/** Why a datagram is dropped; for counting. docs/wire.md has a line for each. */
export type InvalidReason =
  | Unreadable
  | Contradiction
  | 'noMember'
  | 'emptyCommand'
  | 'entryKindUnknown'
  | 'notFromServer'

/** Every {@link InvalidReason}, so that a counter for each can be shown before it counts. */
export const invalidReasons: readonly InvalidReason[] = Object.keys({
  malformed: 0,
  numberTooLarge: 0,
  notText: 0,
  noMember: 0,
  emptyCommand: 0,
  entryKindUnknown: 0,
  notFromServer: 0,
  termZero: 0,
  prevLogContradiction: 0,
  lastLogContradiction: 0,
  entriesContradiction: 0,
  responseContradiction: 0,
  snapshotContradiction: 0,
  requestIdZero: 0,
} satisfies Record<InvalidReason, 0>) as InvalidReason[]

/** What a datagram says. */
export type Decoded =
  | { readonly kind: 'message'; readonly message: Message }
  /** From a client, or passed on by `hops` servers. Text in UTF-8, not empty. */
  | { readonly kind: 'command'; readonly command: Uint8Array; readonly hops: number }
  | { readonly kind: 'invalid'; readonly reason: InvalidReason }

/** The message as a datagram. */
export function encodeMessage(message: Message): Uint8Array {
  return new MessageEncoder().encode(message)
}

/** Messages as datagrams; one encoder for all of a server's, since what peers get is much alike. */
export class MessageEncoder {
  readonly #appendEntries = new AppendEntriesWriter()

  readonly encode = (message: Message): Uint8Array => {
    assert(contradictionIn(message) === null, 'a message that is sent contradicts nothing')
    return message.kind === 'appendEntriesRequest'
      ? this.#appendEntries.write(message)
      : writeRaft(toRaft(message))
  }
}

/**
 * A client's command as a datagram, `hops` servers after the client. It must be text that is not
 * empty (`isText`): Listing 1 has no room for another.
 */
export function encodeCommand(command: Uint8Array, hops: number): Uint8Array {
  assert(Number.isInteger(hops) && hops >= 0 && hops < 2 ** 32, 'hops are a uint32')
  const name = utf8Decode(command)
  assert(name !== null && name !== '', 'a command that is forwarded is text and not empty')
  return writeRaft({ CommandName: name, Hops: hops })
}

/**
 * What the datagram says. `from` is the server that it came from, told by its address, or null
 * where that is no server's: then it may hold a command only. `to` is who we are.
 */
export function decodeDatagram(bytes: Uint8Array, from: ServerId | null, to: ServerId): Decoded {
  const request = from === null ? null : decodeAppendEntries(bytes, from, to)
  if (request !== null) return request
  const raft = readRaft(bytes)
  return typeof raft === 'string' ? invalid(raft) : decodeRaft(raft, from, to)
}

/** As {@link decodeDatagram}, between replicas: they also report on their state machines. */
export function decodeFromReplica(
  bytes: Uint8Array,
  from: ServerId,
  to: ServerId,
): Decoded | { readonly kind: 'digest'; readonly report: DigestReport } {
  const request = decodeAppendEntries(bytes, from, to)
  if (request !== null) return request
  const raft = readRaft(bytes)
  if (typeof raft === 'string') return invalid(raft)
  if (raft.DigestReport) return { kind: 'digest', report: fromDigestReport(raft.DigestReport) }
  return decodeRaft(raft, from, to)
}

/** As {@link decodeDatagram}, of what has been read already. */
export function decodeRaft(raft: generated.Raft, from: ServerId | null, to: ServerId): Decoded {
  if (typeof raft.CommandName === 'string') return command(raft.CommandName, raft.Hops)
  if (from === null) return invalid('notFromServer')
  const message = fromRaft(raft, from, to)
  return typeof message === 'string' ? invalid(message) : checked(message)
}

/** What most datagrams are, the short way; null where they are to be read as any other. */
export function decodeAppendEntries(
  bytes: Uint8Array,
  from: ServerId,
  to: ServerId,
): Decoded | null {
  const request = readAppendEntries(bytes, from, to)
  return request === null ? null : checked(request)
}

function checked(message: Message): Decoded {
  const contradiction = contradictionIn(message)
  return contradiction === null ? { kind: 'message', message } : invalid(contradiction)
}

export function encodeDigestReport(report: DigestReport): Uint8Array {
  return writeRaft(toDigestReport(report))
}

/** The bytes of any message. */
export function writeRaft(raft: generated.Raft.$Properties): Uint8Array {
  // Not Writer.create(): that gives Node's Buffer in Node and plain bytes elsewhere.
  return generated.Raft.encode(raft, new protobuf.Writer()).finish(true)
}

function toRaft(message: Exclude<Message, AppendEntriesRequest>): generated.Raft.$Properties {
  switch (message.kind) {
    case 'appendEntriesResponse':
      return { AppendEntriesResponse: toAppendEntriesResponse(message) }
    case 'requestVoteRequest':
      return {
        RequestVoteRequest: {
          Term: message.term,
          LastLogIndex: message.lastLogIndex,
          LastLogTerm: message.lastLogTerm,
          CandidateName: message.from,
          RequestId: message.requestId,
          IsTransfer: message.isTransfer,
        },
      }
    case 'requestVoteResponse':
      return {
        RequestVoteResponse: {
          Term: message.term,
          VoteGranted: message.voteGranted,
          RequestId: message.requestId,
        },
      }
    case 'installSnapshotRequest':
      return { InstallSnapshotRequest: toInstallSnapshotRequest(message) }
    case 'installSnapshotResponse':
      return { InstallSnapshotResponse: toInstallSnapshotResponse(message) }
    default:
      return toOwn(message)
  }
}

function toAppendEntriesResponse(
  message: AppendEntriesResponse,
): generated.AppendEntriesResponse.$Properties {
  const { term, success, requestId } = message
  // A peer that does not number its requests knows Listing 1 alone: it is answered in Listing 1.
  if (requestId === 0) return { Term: term, Success: success }
  return {
    Term: term,
    Success: success,
    RequestId: requestId,
    MatchIndex: message.matchIndex,
    HintIndex: message.hintIndex,
    HintTerm: message.hintTerm,
    DiskFull: message.diskIsFull,
  }
}

/** Bytes as the generated code sees them, or why they are no message at all. */
export function readRaft(bytes: Uint8Array): generated.Raft | Unreadable {
  try {
    return readOneMember(new StrictReader(bytes))
  } catch (error) {
    return error instanceof UnreadableError ? error.code : 'malformed'
  }
}

function command(name: string, hops: number): Decoded {
  if (name === '') return invalid('emptyCommand')
  return { kind: 'command', command: utf8Encode(name), hops }
}

function fromRaft(
  raft: generated.Raft,
  from: ServerId,
  to: ServerId,
): Message | 'noMember' | 'entryKindUnknown' {
  if (raft.AppendEntriesRequest) return fromRequest(raft.AppendEntriesRequest, from, to)
  if (raft.AppendEntriesResponse) return fromResponse(raft.AppendEntriesResponse, from, to)
  if (raft.RequestVoteRequest) {
    const { Term, LastLogIndex, LastLogTerm, RequestId, IsTransfer } = raft.RequestVoteRequest
    return requestVoteRequest(
      from,
      to,
      numberOf(Term),
      numberOf(LastLogIndex),
      numberOf(LastLogTerm),
      numberOf(RequestId),
      IsTransfer ?? false,
    )
  }
  if (raft.RequestVoteResponse) {
    const { Term, VoteGranted, RequestId } = raft.RequestVoteResponse
    // The answered request stands the other way round.
    const answered = { from: to, to: from, requestId: numberOf(RequestId) }
    return requestVoteResponse(answered, numberOf(Term), VoteGranted ?? false)
  }
  if (raft.InstallSnapshotRequest) {
    return fromInstallSnapshotRequest(raft.InstallSnapshotRequest, from, to)
  }
  if (raft.InstallSnapshotResponse) {
    return fromInstallSnapshotResponse(raft.InstallSnapshotResponse, from, to)
  }
  return fromOwn(raft, from, to) ?? 'noMember'
}

function fromRequest(
  request: generated.AppendEntriesRequest.$Properties,
  from: ServerId,
  to: ServerId,
): Message | 'entryKindUnknown' {
  const entries: Entry[] = []
  for (const logEntry of request.Entries ?? []) {
    const entry = fromLogEntry(logEntry)
    if (entry === null) return 'entryKindUnknown'
    entries.push(entry)
  }
  return appendEntriesRequest(
    from,
    to,
    numberOf(request.Term),
    numberOf(request.PrevLogIndex),
    numberOf(request.PrevLogTerm),
    entries,
    numberOf(request.LeaderCommit),
    numberOf(request.RequestId),
  )
}

function fromResponse(
  response: generated.AppendEntriesResponse.$Properties,
  from: ServerId,
  to: ServerId,
): AppendEntriesResponse {
  const requestId = numberOf(response.RequestId)
  const echoes = requestId > 0
  return {
    kind: 'appendEntriesResponse',
    from,
    to,
    term: numberOf(response.Term),
    success: response.Success ?? false,
    requestId,
    matchIndex: echoes ? numberOf(response.MatchIndex) : 0,
    hintIndex: echoes ? numberOf(response.HintIndex) : 0,
    hintTerm: echoes ? numberOf(response.HintTerm) : 0,
    diskIsFull: echoes && (response.DiskFull ?? false),
  }
}

function invalid(reason: InvalidReason): Decoded {
  return { kind: 'invalid', reason }
}
