/**
 * Replication to another implementation of the course's wire, whose answers say only `Success`
 * (C8). It is sent one message at a time, and legacy-credit.ts says what its answers prove. What
 * is guessed here (nextIndex) may be wrong and costs only time; what is credited is certain.
 */
import { notice } from './outbox.ts'
import type { Peer } from './peer.ts'
import { sendAppendEntries } from './sending.ts'
import type { RaftState } from './state.ts'

/** Refusals in a row at what is certain, before the peer is taken to have lost its log. */
const refusalsAtMatchMax = 3

/** Requests without an answer before a peer counts as silent. */
const silentAfter = 2

/**
 * Whether to send now: one request at a time, as long as there is something to send or something
 * sent is not credited yet: every further success makes more of it certain.
 */
export function wantsLegacyRequest(raft: RaftState, peer: Peer): boolean {
  return !peer.probing && peer.matchIndex < raft.log.lastIndex
}

/**
 * Heartbeats are for idle time: a peer that was sent something within half an interval has heard.
 * This also bounds what is on its way. Each answer makes another request as long as anything waits
 * for credit, so that under steady load every request between would go round for ever, and each
 * heartbeat would add one.
 */
export function heardLately(raft: RaftState, peer: Peer): boolean {
  if (peer.echoes !== false) return false
  return raft.now - peer.latestSentAt < raft.options.heartbeatIntervalMs / 2
}

/**
 * A peer that does not answer is told that the leader lives by a request about the leader's very
 * last entry. Repeating the last probe instead would pile up requests that cover little, and for
 * each of them an answer more would be needed once the peer is back, before anything is certain.
 */
export function legacyHeartbeat(raft: RaftState, peer: Peer): boolean {
  if (peer.unanswered < silentAfter || peer.nextIndex > raft.log.lastIndex) return false
  sendAppendEntries(raft, peer, raft.log.lastIndex, [])
  peer.latestWasHeartbeat = true
  peer.probing = true
  return true
}

/** A bare answer of this term. Which request it answers is not known. */
export function handleLegacyResponse(raft: RaftState, peer: Peer, success: boolean): void {
  if (peer.echoes === true) return // Our own server said this before it could say more.
  peer.echoes = false
  peer.streaming = false
  peer.probing = false
  // An upper bound on when the answered request was sent: good enough to stay leader by (R14),
  // never for a lease.
  peer.contactAt = raft.now
  // More answers than requests: some were repeated.
  if (peer.answeredThrough < peer.nextRequestId - 1) peer.answeredThrough += 1
  if (success) {
    peer.backUpStep = 1
    peer.refusalsAtMatch = 0
    peer.matched(peer.credit.succeeded(), peer.nextRequestId)
    // Probably the answer to the latest request; if not, the next one is refused.
    peer.skipTo(peer.latestWasHeartbeat ? peer.nextIndex : peer.latestCover + 1)
  } else if (!peer.latestWasHeartbeat) {
    backUp(raft, peer)
  }
}

/**
 * A refusal without a hint: back by 1, 2, 4 and so on entries. A whole term at a time, as for our
 * own servers, could mean the whole log for a peer that is a few entries behind.
 */
function backUp(raft: RaftState, peer: Peer): void {
  if (peer.nextIndex <= peer.matchIndex + 1 && !peer.forgetful) {
    peer.refusalsAtMatch += 1
    if (peer.refusalsAtMatch < refusalsAtMatchMax || peer.matchIndex === 0) {
      // Nothing to try that has not been refused: the next heartbeat asks again, not this answer.
      peer.probing = true
      return
    }
    peer.hasForgotten()
    notice(raft, { kind: 'forgetfulPeer', peer: peer.id, matchIndex: peer.matchIndex })
  }
  const floor = peer.forgetful ? 1 : peer.matchIndex + 1
  peer.probeFrom(Math.max(floor, peer.nextIndex - peer.backUpStep))
  peer.backUpStep *= 2
}
