/** Why a vote, or a pre-vote, was not given: for operators who ask why nobody leads (§3.6.1). */
import type { RequestVoteRequest } from './message.ts'
import { notice } from './outbox.ts'
import type { PreVoteRequest } from './pre-vote-message.ts'
import { isRefilling } from './refilling.ts'
import type { RaftState } from './state.ts'
import { knowsWorkingLeader } from './stickiness.ts'

/** Says that the request is refused, and the first of the reasons that there are. */
export function noteRefusal(raft: RaftState, request: RequestVoteRequest | PreVoteRequest): void {
  const { from, term } = request
  const isPreVote = request.kind === 'preVoteRequest'
  notice(raft, {
    kind: 'voteRefused',
    candidate: from,
    term,
    isPreVote,
    why: reason(raft, request),
  })
}

function reason(raft: RaftState, request: RequestVoteRequest | PreVoteRequest): string {
  const { currentTerm, votedFor, log } = raft
  const { kind, from, term, lastLogIndex, lastLogTerm } = request
  const isPreVote = kind === 'preVoteRequest'
  if (isPreVote ? term <= currentTerm : term < currentTerm) return `it is in term ${currentTerm}`
  if (!log.isNoNewerThan(lastLogTerm, lastLogIndex)) {
    const ours = `${log.lastIndex}@${log.lastTerm}`
    return `the candidate's log ends with ${lastLogIndex}@${lastLogTerm}, its own with ${ours}`
  }
  if (isRefilling(raft)) return 'its own log was damaged, and is not filled again yet'
  const hasVotedInTerm = !isPreVote && term === currentTerm && votedFor !== null
  if (hasVotedInTerm && votedFor !== from) return `it has voted for ${votedFor} in that term`
  return knowsWorkingLeader(raft) ? 'it hears a leader' : 'it cannot tell'
}
