/**
 * Servers that know of a working leader do not help to depose it (§4.2.3, §9.6): they give no
 * pre-vote and no vote, and do not adopt the term of whoever asks, so that a server that was cut
 * off, or removed, disturbs nobody. Leases rest on this (see lease.ts): it holds for the time since
 * a leader was heard, whatever the term is by now.
 */
import type { RequestVoteRequest } from './message.ts'
import { quorumContactAt } from './quorum-contact.ts'
import type { RaftState } from './state.ts'

/** One was heard within the shortest election timeout; or it leads, and a quorum hears it. */
export function knowsWorkingLeader(raft: RaftState): boolean {
  const { role, now, options } = raft
  const contactAt = role.kind === 'leader' ? quorumContactAt(raft, role) : raft.leaderContactAt
  return now - contactAt < options.electionTimeoutMinMs
}

/**
 * Whether the request is refused for the leader's sake, before its term is looked at. Not where the
 * leader itself has asked for this election (§3.10). A request of an earlier term is refused in the
 * usual way, which tells the sender ours.
 */
export function isDisruptive(raft: RaftState, request: RequestVoteRequest): boolean {
  if (!raft.options.preVote || request.isTransfer || request.term < raft.currentTerm) return false
  return knowsWorkingLeader(raft)
}
