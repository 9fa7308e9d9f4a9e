/**
 * What servers say to each other: Figure 3.1's two RPCs as four one-way messages, as in raft.tla;
 * what is not in that figure has files of its own.
 * `from` is the figure's candidateId and leaderId: a server speaks only for itself, and the
 * transport vouches for who is speaking. Answers to peers that we do not trust to echo a request
 * id are told apart by `requestId === 0` (see legacy-credit.ts).
 */

import type { PreVoteRequest, PreVoteResponse } from './pre-vote-message.ts'
import type { ReadIndexRequest, ReadIndexResponse } from './read-message.ts'
import type { Snapshot } from './snapshot.ts'
import type { TimeoutNowRequest } from './transfer-message.ts'
import type { Entry, LogIndex, RequestId, ServerId, Term } from './types.ts'

/** RequestVote, invoked by candidates to gather votes (Figure 3.1, §3.4). */
export interface RequestVoteRequest {
  readonly kind: 'requestVoteRequest'
  /** The figure's candidateId. */
  readonly from: ServerId
  readonly to: ServerId
  /** The candidate's term. */
  readonly term: Term
  readonly lastLogIndex: LogIndex
  readonly lastLogTerm: Term
  /** Echoed by our own servers; 0 where the sender is another implementation. */
  readonly requestId: RequestId
  /** The leader itself has asked for this election: nobody refuses for its sake (§3.10). */
  readonly isTransfer: boolean
}

/** The answer to a RequestVote. */
export interface RequestVoteResponse {
  readonly kind: 'requestVoteResponse'
  readonly from: ServerId
  readonly to: ServerId
  /** The voter's currentTerm, for the candidate to update itself. */
  readonly term: Term
  readonly voteGranted: boolean
  /** The request's id; 0 from an implementation that does not echo it. */
  readonly requestId: RequestId
}

/** AppendEntries, invoked by the leader to replicate entries, and as heartbeat (Figure 3.1). */
export interface AppendEntriesRequest {
  readonly kind: 'appendEntriesRequest'
  /** The figure's leaderId. */
  readonly from: ServerId
  readonly to: ServerId
  /** The leader's term. */
  readonly term: Term
  readonly prevLogIndex: LogIndex
  readonly prevLogTerm: Term
  /** Contiguous from prevLogIndex + 1, terms not decreasing and none above `term`. */
  readonly entries: readonly Entry[]
  /** The leader's commitIndex. */
  readonly leaderCommit: LogIndex
  /** Echoed by our own servers; 0 where the sender is another implementation. */
  readonly requestId: RequestId
}

/** The answer to an AppendEntries. */
export interface AppendEntriesResponse {
  readonly kind: 'appendEntriesResponse'
  readonly from: ServerId
  readonly to: ServerId
  /** The follower's currentTerm, for the leader to update itself. */
  readonly term: Term
  readonly success: boolean
  /**
   * The request's id; 0 from an implementation that does not echo it, and then what follows too.
   */
  readonly requestId: RequestId
  /**
   * On success, prevLogIndex + entries.length of the request: what this request verified, never
   * the follower's own last index, whose tail may belong to a dead leader (raft.tla's mmatchIndex).
   */
  readonly matchIndex: LogIndex
  /**
   * On failure, where the leader should look next: the follower's last entry at or before
   * prevLogIndex whose term is not above prevLogTerm. One conflicting term is skipped at a time
   * (§3.5); 0 with hintTerm 0 where the follower has no such entry. 0 with another hintTerm: the
   * request was of that term, which is over. It says nothing about the log, and its request id is
   * one of that term: the sender may lead again by the time it arrives.
   */
  readonly hintIndex: LogIndex
  readonly hintTerm: Term
  /** The follower's disk is full: it stores little more, or nothing, until it says otherwise. */
  readonly diskIsFull: boolean
}

/**
 * InstallSnapshot, invoked by the leader to send a chunk of a snapshot to a follower that needs
 * entries which the leader no longer has (§5.1, Figure 5.3).
 */
export interface InstallSnapshotRequest {
  readonly kind: 'installSnapshotRequest'
  /** The figure's leaderId. */
  readonly from: ServerId
  readonly to: ServerId
  /** The leader's term. */
  readonly term: Term
  /**
   * The figure's lastIndex, lastTerm and lastConfig, and which snapshot it is: a chunk never
   * continues another's. It is done where the chunk ends at its size.
   */
  readonly snapshot: Snapshot
  /** Where the chunk stands in the content. */
  readonly offset: number
  readonly data: Uint8Array
  /** CRC-32 of the content from its beginning to the chunk's end: data, place and all before it. */
  readonly checksum: number
  readonly requestId: RequestId
}

/** The answer to an InstallSnapshot. */
export interface InstallSnapshotResponse {
  readonly kind: 'installSnapshotResponse'
  readonly from: ServerId
  readonly to: ServerId
  /** The follower's currentTerm, for the leader to update itself. */
  readonly term: Term
  readonly requestId: RequestId
  /** What the follower has of that snapshot: the leader goes on from here. */
  readonly bytesStored: number
  /** The snapshot's lastIndex once the follower holds all that it covers, durably; 0 before. */
  readonly matchIndex: LogIndex
}

/** Everything that one server can say to another. */
export type Message =
  | RequestVoteRequest
  | RequestVoteResponse
  | AppendEntriesRequest
  | AppendEntriesResponse
  | PreVoteRequest
  | PreVoteResponse
  | ReadIndexRequest
  | ReadIndexResponse
  | TimeoutNowRequest
  | InstallSnapshotRequest
  | InstallSnapshotResponse

/** Whether it answers something that its receiver has asked. */
export function isAnswer({ kind }: Message): boolean {
  return (
    kind === 'requestVoteResponse' ||
    kind === 'appendEntriesResponse' ||
    kind === 'installSnapshotResponse' ||
    kind === 'preVoteResponse' ||
    kind === 'readIndexResponse'
  )
}

/** What is needed to answer a request. */
interface Answered {
  readonly from: ServerId
  readonly to: ServerId
  readonly requestId: RequestId
}

/** One factory a kind, so that each kind has one shape (V8 remembers four at a load site). */
export function requestVoteRequest(
  from: ServerId,
  to: ServerId,
  term: Term,
  lastLogIndex: LogIndex,
  lastLogTerm: Term,
  requestId: RequestId,
  isTransfer = false,
): RequestVoteRequest {
  return {
    kind: 'requestVoteRequest',
    from,
    to,
    term,
    lastLogIndex,
    lastLogTerm,
    requestId,
    isTransfer,
  }
}

/** Answers `request`: addressed back to its sender, its id echoed. */
export function requestVoteResponse(
  request: Answered,
  term: Term,
  voteGranted: boolean,
): RequestVoteResponse {
  const { from: to, to: from, requestId } = request
  return { kind: 'requestVoteResponse', from, to, term, voteGranted, requestId }
}

export function appendEntriesRequest(
  from: ServerId,
  to: ServerId,
  term: Term,
  prevLogIndex: LogIndex,
  prevLogTerm: Term,
  entries: readonly Entry[],
  leaderCommit: LogIndex,
  requestId: RequestId,
): AppendEntriesRequest {
  return {
    kind: 'appendEntriesRequest',
    from,
    to,
    term,
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit,
    requestId,
  }
}

/** Answers `request` with success: the follower's log agrees through `matchIndex`. */
export function appendEntriesAccepted(
  request: Answered,
  term: Term,
  matchIndex: LogIndex,
  diskIsFull = false,
): AppendEntriesResponse {
  return appendEntriesResponse(request, term, true, matchIndex, 0, 0, diskIsFull)
}

/** Answers `request` with failure, and with where to look next. */
export function appendEntriesRefused(
  request: Answered,
  term: Term,
  hintIndex: LogIndex,
  hintTerm: Term,
  diskIsFull = false,
): AppendEntriesResponse {
  return appendEntriesResponse(request, term, false, 0, hintIndex, hintTerm, diskIsFull)
}

/** Answers `request`, whose term is over: its sender is told the present one. */
export function appendEntriesObsolete(
  request: Answered & { readonly term: Term },
  term: Term,
): AppendEntriesResponse {
  return appendEntriesResponse(request, term, false, 0, 0, request.term, false)
}

function appendEntriesResponse(
  request: Answered,
  term: Term,
  success: boolean,
  matchIndex: LogIndex,
  hintIndex: LogIndex,
  hintTerm: Term,
  diskIsFull: boolean,
): AppendEntriesResponse {
  const { from: to, to: from, requestId } = request
  return {
    kind: 'appendEntriesResponse',
    from,
    to,
    term,
    success,
    requestId,
    matchIndex,
    hintIndex,
    hintTerm,
    diskIsFull,
  }
}

export function installSnapshotRequest(
  from: ServerId,
  to: ServerId,
  term: Term,
  snapshot: Snapshot,
  offset: number,
  data: Uint8Array,
  checksum: number,
  requestId: RequestId,
): InstallSnapshotRequest {
  const kind = 'installSnapshotRequest'
  return { kind, from, to, term, snapshot, offset, data, checksum, requestId }
}

/** Answers `request`: what is stored of its snapshot, and what of the log that proves. */
export function installSnapshotResponse(
  request: Answered,
  term: Term,
  bytesStored: number,
  matchIndex: LogIndex,
): InstallSnapshotResponse {
  const { from: to, to: from, requestId } = request
  const kind = 'installSnapshotResponse'
  return { kind, from, to, term, requestId, bytesStored, matchIndex }
}
