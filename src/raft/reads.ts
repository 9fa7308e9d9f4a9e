/**
 * Linearizable reads that are not put through the log (§6.4): the leader takes its commitIndex,
 * proves by a round of heartbeats that it still leads, and only then may the state machine answer,
 * once it has applied that far. One round serves all the reads that wait for it. The proof of a
 * round is an answer, from a majority, to requests sent after the round began.
 */
import type { ReadRefusal } from './effects.ts'
import type { Read } from './input.ts'
import { leaseDeadline } from './lease.ts'
import type { ReadRound } from './pending-reads.ts'
import { grant, settleOldest } from './pending-reads.ts'
import { reachedByQuorum } from './quorum.ts'
import { pulse } from './replication.ts'
import type { Leader } from './role.ts'
import { leaderIdOf } from './role.ts'
import type { RaftState } from './state.ts'
import type { RequestId, ServerId } from './types.ts'

/** One under way and one behind it, so that a read waits for at most two round trips. */
const roundsMax = 2

/** A read has come: the leader serves it, a follower asks its leader. */
export function handleRead(raft: RaftState, { readId, consistency }: Read): void {
  const { role, outbox, options, now, commitIndex } = raft
  const leaderId = leaderIdOf(raft)
  let refusal: ReadRefusal = 'overloaded'
  if (role.kind === 'leader') {
    const reader = { from: null, id: readId }
    if (consistency === 'lease' && knowsCommitted(raft, role) && now < leaseDeadline(raft, role)) {
      grant(raft, reader, commitIndex)
      return
    }
    if (role.reads.count < options.readsMax) {
      role.reads.add(reader)
      return
    }
  } else if (role.kind === 'follower' && leaderId !== null) {
    if (role.reads.count < options.readsMax) {
      role.reads.add(readId, now + options.electionTimeoutMaxMs)
      return
    }
  } else {
    refusal = 'notLeader'
  }
  outbox.answers.push({ kind: 'unreadable', readId, refusal, leaderId })
}

/**
 * An entry of the own term is committed: until then the leader does not know what its predecessors
 * have committed.
 */
function knowsCommitted(raft: RaftState, leader: Leader): boolean {
  return raft.commitIndex >= leader.firstIndexOfTerm
}

/**
 * Begins a round for the reads that wait, if there may be one more: called once a batch, before
 * anything is sent, so that the batch's own requests count for it.
 */
export function beginReadRound(raft: RaftState): ReadRound | null {
  const { role, commitIndex } = raft
  if (role.kind !== 'leader' || role.reads.waiting.length === 0) return null
  if (role.reads.rounds.length >= roundsMax || !knowsCommitted(raft, role)) return null
  const after = new Map<ServerId, RequestId>()
  for (const peer of role.peers.values()) after.set(peer.id, peer.nextRequestId - 1)
  const round: ReadRound = { index: commitIndex, readers: role.reads.waiting, after }
  role.reads.waiting = []
  role.reads.rounds.push(round)
  return round
}

/** Asks the peers to which nothing has gone since the round began. */
export function askForProof(raft: RaftState, round: ReadRound): void {
  const { role } = raft
  if (role.kind !== 'leader') return
  for (const peer of role.peers.values()) {
    // A peer that does not echo is sent one request at a time (see legacy-replication.ts).
    if (peer.echoes === false) continue
    if (peer.nextRequestId - 1 === round.after.get(peer.id)) pulse(raft, peer)
  }
}

/** Answers the reads whose round is proven by now. */
export function settleReads(raft: RaftState): void {
  const { role } = raft
  if (role.kind !== 'leader') return
  const { rounds } = role.reads
  for (;;) {
    const oldest = rounds[0]
    if (oldest === undefined || !isProven(raft, role, oldest)) return
    settleOldest(raft, role.reads)
  }
}

/** Whether a quorum has answered requests of after the round's beginning; the leader is here. */
function isProven(raft: RaftState, leader: Leader, round: ReadRound): boolean {
  const proofOf = (id: ServerId): number => {
    if (id === raft.id) return 1
    return (leader.peers.get(id)?.answeredThrough ?? 0) > (round.after.get(id) ?? 0) ? 1 : 0
  }
  return reachedByQuorum(raft.configuration, proofOf) === 1
}
