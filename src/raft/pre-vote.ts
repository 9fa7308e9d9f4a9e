/**
 * Pre-vote (§9.6), where `options.preVote` is on: before a server begins a term it asks whether a
 * majority would vote for it. A server that cannot win does not raise its term, and so deposes
 * nobody when it is heard again. Neither asking nor answering changes a term, a vote or a timer of
 * the voter's.
 */
import { campaign } from './campaign.ts'
import { isVoter, votersOf } from './configuration.ts'
import { sendAfterSave, sendNow } from './outbox.ts'
import type { PreVoteRequest, PreVoteResponse } from './pre-vote-message.ts'
import { preVoteRequest, preVoteResponse } from './pre-vote-message.ts'
import { hasQuorum } from './quorum.ts'
import { isRefilling } from './refilling.ts'
import { becomePreCandidate } from './role.ts'
import type { RaftState } from './state.ts'
import { knowsWorkingLeader } from './stickiness.ts'
import type { ServerId } from './types.ts'
import { noteRefusal } from './vote-refusal.ts'

/** Asks everybody; what waits for the disk is the election, should it come to that. */
export function beginPreVote(raft: RaftState, why: string): void {
  raft.preVoteRound += 1
  becomePreCandidate(raft, why)
  const { id, currentTerm, log, preVoteRound } = raft
  for (const voter of votersOf(raft.configuration)) {
    if (voter === id) continue
    const { lastIndex, lastTerm } = log
    sendNow(raft, preVoteRequest(id, voter, currentTerm + 1, lastIndex, lastTerm, preVoteRound))
  }
  countPreVote(raft, id)
}

/**
 * The voter's side. The term in the request is nobody's yet and was not adopted. The term in the
 * answer is real: a server with the better log but an earlier term learns from a refusal which term
 * it has to begin after, or two halves of a healthy cluster could refuse each other for ever.
 */
export function handlePreVoteRequest(raft: RaftState, request: PreVoteRequest): void {
  const { currentTerm, log } = raft
  const logIsUpToDate = log.isNoNewerThan(request.lastLogTerm, request.lastLogIndex)
  const mayVote = !isRefilling(raft) && !knowsWorkingLeader(raft)
  const voteGranted = request.term > currentTerm && logIsUpToDate && mayVote
  if (!voteGranted) noteRefusal(raft, request)
  sendAfterSave(raft, preVoteResponse(request, currentTerm, voteGranted))
}

/**
 * The asker's side. The term rule has run: whoever is ahead has made a follower of us. The voter's
 * term may be behind ours, so that nothing but the round's number says what is answered.
 */
export function handlePreVoteResponse(raft: RaftState, response: PreVoteResponse): void {
  const { role } = raft
  if (role.kind !== 'preCandidate' || response.requestId !== raft.preVoteRound) return
  if (response.voteGranted) countPreVote(raft, response.from)
}

function countPreVote(raft: RaftState, voter: ServerId): void {
  const { role, configuration } = raft
  if (role.kind !== 'preCandidate' || !isVoter(configuration, voter)) return
  role.votesGranted.add(voter)
  if (!hasQuorum(configuration, role.votesGranted)) return
  campaign(raft, `${[...role.votesGranted].sort().join(', ')} would vote for it`, false)
}
