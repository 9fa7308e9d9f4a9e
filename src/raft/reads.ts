/**
 * Linearizable reads that are not put through the log (§6.4): the leader takes its commitIndex,
 * proves by a round of heartbeats that it still leads, and only then may the state machine answer,
 * once it has applied that far. One round serves all the reads that wait for it. The proof of a
 * round is an answer, from a majority, to requests sent after the round began.
 */
import type { Read } from './input.ts'
import type { ReadRound } from './pending-reads.ts'
import { reachedByQuorum } from './quorum.ts'
import { pulse } from './replication.ts'
import type { Leader } from './role.ts'
import { leaderIdOf } from './role.ts'
import type { RaftState } from './state.ts'
import type { RequestId, ServerId } from './types.ts'

/** One under way and one behind it, so that a read waits for at most two round trips. */
const roundsMax = 2

/** A read has come. */
export function handleRead(raft: RaftState, { readId }: Read): void {
  const { role, outbox, options } = raft
  if (role.kind === 'leader' && role.reads.count < options.readsMax) {
    role.reads.add(readId)
    return
  }
  const refusal = role.kind === 'leader' ? 'overloaded' : 'notLeader'
  outbox.answers.push({ kind: 'unreadable', readId, refusal, leaderId: leaderIdOf(raft) })
}

/**
 * Begins a round for the reads that wait, if there may be one more: called once a batch, before
 * anything is sent, so that the batch's own requests count for it. It waits for an entry of the own
 * term to be committed: until then the leader does not know what its predecessors have committed.
 */
export function beginReadRound(raft: RaftState): ReadRound | null {
  const { role, commitIndex } = raft
  if (role.kind !== 'leader' || role.reads.waiting.length === 0) return null
  if (role.reads.rounds.length >= roundsMax || commitIndex < role.firstIndexOfTerm) return null
  const after = new Map<ServerId, RequestId>()
  for (const peer of role.peers.values()) after.set(peer.id, peer.nextRequestId - 1)
  const round: ReadRound = { index: commitIndex, reads: role.reads.waiting, after }
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
    role.reads.settleOldest(raft.outbox)
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
