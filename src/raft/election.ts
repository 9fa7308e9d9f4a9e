/**
 * Leader election (§3.4) with the restriction that makes it safe (§3.6.1): the timeout, the
 * both sides of a vote. The candidate's request is in campaign.ts.
 */
import { assert } from '../base/assert.ts'
import { mayCampaign } from './adopting.ts'
import { campaign } from './campaign.ts'
import { advanceCommitIndex } from './commitment.ts'
import { isVoter } from './configuration.ts'
import { diskIsSilent } from './disk-silence.ts'
import type { RequestVoteRequest, RequestVoteResponse } from './message.ts'
import { requestVoteResponse } from './message.ts'
import { sendAfterSave } from './outbox.ts'
import { beginPreVote } from './pre-vote.ts'
import { noteTerm } from './promised.ts'
import { hasQuorum } from './quorum.ts'
import { isRefilling } from './refilling.ts'
import { becomeLeader, resetElectionTimer } from './role.ts'
import type { RaftState } from './state.ts'
import type { ServerId } from './types.ts'
import { noteRefusal } from './vote-refusal.ts'

/** raft.tla's Timeout: no leader was heard in time, so that this server stands for election. */
export function timeout(raft: RaftState): void {
  assert(raft.now >= raft.electionDeadline, 'an election starts when its time has come')
  // While its own vote cannot become durable, a term more would only upset whoever leads by then.
  if (!mayCampaign(raft) || diskIsSilent(raft)) {
    resetElectionTimer(raft)
    return
  }
  const why =
    raft.role.kind === 'follower' ? 'no leader was heard in time' : 'the election timed out'
  if (raft.options.preVote) beginPreVote(raft, why)
  else campaign(raft, why, false)
}

/** RequestVote, receiver side (Figure 3.1). The term rule has run already, once, in `receive`. */
export function handleRequestVoteRequest(raft: RaftState, request: RequestVoteRequest): void {
  assert(request.term <= raft.currentTerm, 'the term rule has run')
  noteTerm(raft, request.from, request.term)

  const logIsUpToDate = raft.log.isNoNewerThan(request.lastLogTerm, request.lastLogIndex)
  const voteIsFree = raft.votedFor === null || raft.votedFor === request.from
  const mayVote = request.term === raft.currentTerm && !isRefilling(raft)
  const voteGranted = mayVote && voteIsFree && logIsUpToDate

  if (voteGranted) {
    assert(raft.role.kind !== 'leader', 'a leader voted for itself')
    raft.votedFor = request.from
    resetElectionTimer(raft)
  }
  if (!voteGranted) noteRefusal(raft, request)
  // A vote is a promise, and so is the term in a refusal (§3.8).
  sendAfterSave(raft, requestVoteResponse(request, raft.currentTerm, voteGranted))
}

/** Neither vote nor term: this server knows a working leader (stickiness.ts). */
export function refuseDisruption(raft: RaftState, request: RequestVoteRequest): void {
  noteRefusal(raft, request)
  sendAfterSave(raft, requestVoteResponse(request, raft.currentTerm, false))
}

/** RequestVote, candidate side. Only a vote of this very term counts, and once a server. */
export function handleRequestVoteResponse(raft: RaftState, response: RequestVoteResponse): void {
  assert(response.term === raft.currentTerm, 'stale answers were dropped')
  noteTerm(raft, response.from, response.term)
  if (raft.role.kind !== 'candidate' || !response.voteGranted) return
  countVote(raft, response.from)
}

/** The candidate's own vote, now that its disk has it. */
export function countOwnVote(raft: RaftState): void {
  if (raft.role.kind !== 'candidate' || raft.durableTerm !== raft.currentTerm) return
  if (raft.role.votesGranted.has(raft.id)) return
  assert(raft.votedFor === raft.id, 'a candidate votes for itself')
  countVote(raft, raft.id)
}

function countVote(raft: RaftState, voter: ServerId): void {
  assert(raft.role.kind === 'candidate', 'votes are counted by candidates')
  if (!isVoter(raft.configuration, voter)) return
  raft.role.votesGranted.add(voter)
  if (!hasQuorum(raft.configuration, raft.role.votesGranted)) return
  becomeLeader(raft)
  advanceCommitIndex(raft)
}
