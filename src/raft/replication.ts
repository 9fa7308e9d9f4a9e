/**
 * Log replication, leader's side (§3.5, §10.2.2): what to send to whom, and what an answer proves.
 * Sending happens once a batch of inputs, in `replicate`, so that whatever arrived together leaves
 * together. Peers that do not echo our request ids are handled in legacy-replication.ts.
 */
import { assert } from '../base/assert.ts'
import { advanceCommitIndex } from './commitment.ts'
import { install, needsSnapshot, retryInstall } from './installing.ts'
import {
  handleLegacyResponse,
  heardLately,
  legacyHeartbeat,
  wantsLegacyRequest,
} from './legacy-replication.ts'
import type { AppendEntriesResponse } from './message.ts'
import { notice } from './outbox.ts'
import type { Inflight, Peer } from './peer.ts'
import { sendAppendEntries } from './sending.ts'
import type { RaftState } from './state.ts'
import type { Entry } from './types.ts'

/** Sends every peer what it may have now. Called once a batch. */
export function replicate(raft: RaftState): void {
  const { role } = raft
  if (role.kind !== 'leader') return
  for (const peer of role.peers.values()) {
    if (needsSnapshot(raft, peer)) {
      install(raft, peer)
    } else if (peer.diskIsFull) {
      // Whether it has room for a little is tried with the heartbeats, and not more often.
    } else if (peer.echoes === false) {
      if (wantsLegacyRequest(raft, peer)) appendEntries(raft, peer)
    } else if (!peer.streaming) {
      if (!peer.probing && peer.nextIndex <= raft.log.lastIndex) appendEntries(raft, peer)
    } else {
      while (peer.nextIndex <= raft.log.lastIndex && hasRoom(raft, peer)) appendEntries(raft, peer)
    }
  }
}

function hasRoom(raft: RaftState, peer: Peer): boolean {
  const { inflightMessagesMax, inflightBytesMax } = raft.options
  return peer.inflightLoads < inflightMessagesMax && peer.inflightBytes < inflightBytesMax
}

/**
 * The heartbeat's time has come: every peer is sent something, whatever is on its way to it (but
 * see heardLately in legacy-replication.ts). On a network that loses messages this is also what
 * repeats a lost one: if it was lost, the heartbeat that follows it is refused, and the leader goes
 * back (R15: without end).
 */
export function heartbeat(raft: RaftState): void {
  const { role } = raft
  assert(role.kind === 'leader', 'heartbeats come from leaders')
  role.heartbeatDeadline = raft.now + raft.options.heartbeatIntervalMs
  for (const peer of role.peers.values()) {
    if (heardLately(raft, peer)) continue
    peer.probing = false
    retryInstall(raft, peer)
    if (peer.echoes !== true && legacyHeartbeat(raft, peer)) continue
    appendEntries(raft, peer)
  }
}

/**
 * raft.tla's AppendEntries: the entries from nextIndex on, as many as a message takes, none if
 * there are none or the window is full. It may leave before our own disk has them (§10.2.1).
 */
export function appendEntries(raft: RaftState, peer: Peer): void {
  const { appendEntriesBytesMax, sizeOfEntry } = raft.options
  if (needsSnapshot(raft, peer)) {
    // A heartbeat about the first place that we know: agreeing there, it needs no snapshot.
    sendAppendEntries(raft, peer, raft.log.baseIndex, noEntries)
    return
  }
  const mayCarry = !peer.streaming || hasRoom(raft, peer)
  const bytesMax = peer.diskIsFull
    ? Math.min(appendEntriesBytesMax, fullDiskBytesMax)
    : appendEntriesBytesMax
  const entries = mayCarry ? raft.log.batch(peer.nextIndex, bytesMax, sizeOfEntry) : noEntries
  sendAppendEntries(raft, peer, peer.nextIndex - 1, entries)
  if (peer.streaming) peer.nextIndex += entries.length
  else peer.probing = true
}

/** Asks the peer for an answer and nothing else: whether this server still leads (§6.4). */
export function pulse(raft: RaftState, peer: Peer): void {
  sendAppendEntries(raft, peer, Math.max(raft.log.baseIndex, peer.nextIndex - 1), noEntries)
}

/** AppendEntries, leader's side. The term rule has run and stale answers were dropped. */
export function handleAppendEntriesResponse(
  raft: RaftState,
  response: AppendEntriesResponse,
): void {
  assert(response.term === raft.currentTerm, 'stale answers were dropped')
  const { role } = raft
  if (role.kind !== 'leader') return
  const peer = role.peers.get(response.from)
  assert(peer !== undefined, 'answers of others were dropped')
  if (response.requestId !== 0 && response.requestId < peer.firstRequestId) return
  peer.unanswered = 0
  if (response.requestId === 0) {
    handleLegacyResponse(raft, peer, response.success)
  } else {
    handleEchoedResponse(raft, peer, response)
  }
  advanceCommitIndex(raft)
}

function handleEchoedResponse(raft: RaftState, peer: Peer, response: AppendEntriesResponse): void {
  // To a request of an earlier term of ours: its id is not one of this term's, and proves nothing.
  if (!response.success && response.hintIndex === 0 && response.hintTerm > 0) return
  const request = peer.answered(response.requestId)
  const what = impossible(raft, peer, request, response)
  if (what !== null) {
    notice(raft, { kind: 'contradiction', from: peer.id, what })
    return
  }
  peer.echoes = true
  // Answers overtake each other: the latest request's holds.
  if (response.requestId >= peer.answeredThrough) peer.diskIsFull = response.diskIsFull
  peer.answeredThrough = Math.max(peer.answeredThrough, response.requestId)
  if (request !== null) peer.heardSince(request.sentAt)
  // What it says of an earlier place than the one now probed proves what it proves, but is no
  // reason to stream or to go back again.
  const isFresh = response.requestId >= peer.refusalsFrom
  if (response.success) {
    // What we sent says what its success proves; the answer's own word is for what was forgotten.
    const matchIndex = request?.cover ?? response.matchIndex
    peer.matched(matchIndex, response.requestId)
    if (request !== null) {
      peer.knownCommit = Math.max(peer.knownCommit, Math.min(request.leaderCommit, request.cover))
    }
    noteCatchUp(raft, peer)
    peer.skipTo(matchIndex + 1)
    if (!needsSnapshot(raft, peer)) peer.install = null
    if (isFresh && !peer.streaming) peer.stream()
    if (isFresh) peer.probing = false
  } else if (isFresh) {
    backUp(raft, peer, response)
  }
}

/** A learner's round may end with this answer (§4.2.1). Said when it is caught up, once. */
function noteCatchUp(
  { log, now, options, outbox }: RaftState,
  { id, matchIndex, catchUp }: Peer,
): void {
  if (catchUp === null) return
  const before = catchUp.isCaughtUp(now, options.electionTimeoutMaxMs)
  catchUp.heard(matchIndex, log.lastIndex, now)
  if (before || !catchUp.isCaughtUp(now, options.electionTimeoutMaxMs)) return
  outbox.notices.push({ kind: 'learnerCaughtUp', learner: id, rounds: catchUp.round - 1 })
}

/** What no server could truthfully have answered to anything that we sent. */
function impossible(
  raft: RaftState,
  peer: Peer,
  request: Inflight | null,
  { requestId, matchIndex }: AppendEntriesResponse,
): string | null {
  if (requestId >= peer.nextRequestId) return 'answers a request that was never made'
  if (matchIndex > raft.log.lastIndex) return 'acknowledges entries that do not exist'
  // A peer that echoes the id and nothing else says 0 here.
  const isOther = request !== null && matchIndex !== 0 && matchIndex !== request.cover
  return isOther ? 'acknowledges other entries than it was sent' : null
}

/**
 * A refusal (§3.5): go back to where the logs may agree. The follower has named its last entry
 * that is not of a later term than the one we asked about; we take our last that is not of a later
 * term than that. Each round trip leaves at least one term of one of the logs behind.
 */
function backUp(raft: RaftState, peer: Peer, response: AppendEntriesResponse): void {
  const index = raft.log.lastIndexNotAbove(response.hintTerm, response.hintIndex)
  if (index < peer.matchIndex && response.requestId < peer.matchKnownFrom) {
    // It refused before it stored what it has acknowledged since (messages overtake each other).
    peer.probeFrom(peer.matchIndex + 1)
    return
  }
  if (index < peer.matchIndex && peer.hasForgotten()) {
    notice(raft, { kind: 'forgetfulPeer', peer: peer.id, matchIndex: peer.matchIndex })
  }
  peer.probeFrom(index + 1)
}

const noEntries: readonly Entry[] = []

/**
 * In one AppendEntries to a server whose disk is full; one entry always fits. So a no-op, or what
 * ends a change of the members, can still be committed by servers that have a little room.
 */
const fullDiskBytesMax = 4096
