/**
 * Reading by the clock, not by a round of heartbeats (§6.4.1), where `leaseClockDriftMax` is set.
 * A server that has heard its leader does not vote for another within the shortest election timeout
 * (stickiness.ts). So, from when the requests were sent that a quorum has answered, nobody else can
 * be elected for that long, less what the clocks may differ by.
 *
 * It is as good as the bound on the clocks, which nobody can check; therefore it is off by default.
 * A lease ends before its time when the process has stood still, since its clock may have, too; and
 * for the rest of the term once another server was told to stand for election at once: voters make
 * an exception for that election, and the message may arrive at any time.
 */
import { reachedByQuorum } from './quorum.ts'
import type { Leader } from './role.ts'
import type { RaftState } from './state.ts'
import type { Milliseconds, ServerId } from './types.ts'

/** The leader may answer reads before this time without asking anybody. */
export function leaseDeadline(raft: RaftState, leader: Leader): Milliseconds {
  const { leaseClockDriftMax, electionTimeoutMinMs } = raft.options
  if (leaseClockDriftMax === null || raft.transfer !== null) return Number.NEGATIVE_INFINITY
  const contactAt = (id: ServerId): Milliseconds => {
    if (id === raft.id) return Number.POSITIVE_INFINITY
    const at = leader.peers.get(id)?.provenContactAt ?? Number.NEGATIVE_INFINITY
    return at >= leader.leaseFrom ? at : Number.NEGATIVE_INFINITY
  }
  const quorumContactAt = reachedByQuorum(raft.configuration, contactAt)
  return quorumContactAt + electionTimeoutMinMs / (1 + leaseClockDriftMax)
}

/** The process has stood still: what was agreed before is not relied upon any more. */
export function dropLease(raft: RaftState): void {
  const { role } = raft
  if (role.kind === 'leader') role.leaseFrom = Math.max(role.leaseFrom, raft.now)
}

/** Nothing that is heard in this term makes a lease again. */
export function renounceLeases(leader: Leader): void {
  leader.leaseFrom = Number.POSITIVE_INFINITY
}
