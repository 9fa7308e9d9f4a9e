/**
 * Leader election (§3.4) with the restriction that makes it safe (§3.6.1): the timeout, the
 * candidate's request, and both sides of a vote.
 */
import { assert } from '../base/assert.ts'
import { mayCampaign } from './adopting.ts'
import { advanceCommitIndex } from './commitment.ts'
import { isVoter, votersOf } from './configuration.ts'
import type { RequestVoteRequest, RequestVoteResponse } from './message.ts'
import { requestVoteRequest, requestVoteResponse } from './message.ts'
import { sendAfterSave } from './outbox.ts'
import { hasQuorum } from './quorum.ts'
import { becomeCandidate, becomeLeader, resetElectionTimer } from './role.ts'
import type { RaftState } from './state.ts'
import type { ServerId } from './types.ts'

/** A server asks each other one for its vote once a term. */
const onlyRequest = 1

/** raft.tla's Timeout: no leader was heard in time, so that this server stands for election. */
export function timeout(raft: RaftState): void {
  assert(raft.now >= raft.electionDeadline, 'an election starts when its time has come')
  if (!mayCampaign(raft)) {
    resetElectionTimer(raft)
    return
  }
  becomeCandidate(
    raft,
    raft.role.kind === 'candidate' ? 'the election timed out' : 'no leader was heard in time',
  )
  for (const voter of votersOf(raft.configuration)) {
    if (voter !== raft.id) requestVote(raft, voter)
  }
}

/**
 * raft.tla's RequestVote. It leaves only after the new term and the vote for itself are durable:
 * a candidate that won term T, crashed with T unsaved and won T again could put two different
 * entries at one place in one term. What it says of its log is durable by then, too.
 */
function requestVote(raft: RaftState, voter: ServerId): void {
  const { id, currentTerm, log } = raft
  sendAfterSave(
    raft,
    requestVoteRequest(id, voter, currentTerm, log.lastIndex, log.lastTerm, onlyRequest),
  )
}

/** RequestVote, receiver side (Figure 3.1). The term rule has run already, once, in `receive`. */
export function handleRequestVoteRequest(raft: RaftState, request: RequestVoteRequest): void {
  assert(request.term <= raft.currentTerm, 'the term rule has run')

  const logIsUpToDate = raft.log.isNoNewerThan(request.lastLogTerm, request.lastLogIndex)
  const voteIsFree = raft.votedFor === null || raft.votedFor === request.from
  const voteGranted = request.term === raft.currentTerm && voteIsFree && logIsUpToDate

  if (voteGranted) {
    assert(raft.role.kind !== 'leader', 'a leader voted for itself')
    raft.votedFor = request.from
    resetElectionTimer(raft)
  }
  // A vote is a promise, and so is the term in a refusal (§3.8).
  sendAfterSave(raft, requestVoteResponse(request, raft.currentTerm, voteGranted))
}

/** RequestVote, candidate side. Only a vote of this very term counts, and once a server. */
export function handleRequestVoteResponse(raft: RaftState, response: RequestVoteResponse): void {
  assert(response.term === raft.currentTerm, 'stale answers were dropped')
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
