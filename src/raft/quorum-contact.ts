/**
 * A leader that hears from no majority for an election timeout steps down, so that its clients look
 * elsewhere (R14; §6.2): it may have been deposed by an election that it cannot see.
 */
import { reachedByMajority } from './quorum.ts'
import type { Leader } from './role.ts'
import { becomeFollower } from './role.ts'
import type { RaftState } from './state.ts'
import type { Milliseconds } from './types.ts'

/**
 * The latest moment at which a majority was certainly in contact: each answered request counts
 * from when it was sent, the leader itself always (R14, §6.2).
 */
export function quorumContactAt(raft: RaftState, leader: Leader): Milliseconds {
  contacts.length = 0
  contacts.push(raft.now)
  for (const peer of leader.peers.values()) contacts.push(peer.contactAt)
  return reachedByMajority(contacts)
}

/** Reused by every count. */
const contacts: Milliseconds[] = []

/** When a leader that hears from no majority gives up, so that clients look elsewhere (R14). */
export function quorumDeadline(raft: RaftState, leader: Leader): Milliseconds {
  if (leader.peers.size === 0) return Number.POSITIVE_INFINITY
  return quorumContactAt(raft, leader) + raft.options.electionTimeoutMaxMs
}

/** The quorum deadline has passed. */
export function loseQuorum(raft: RaftState): void {
  becomeFollower(raft, null, 'no majority answered within an election timeout')
}
