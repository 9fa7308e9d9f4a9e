/**
 * The candidate's request for votes (§3.4). When it is time to stand for election is decided in
 * election.ts (a timeout), pre-vote.ts (a majority would agree) and transfer.ts (the leader asks).
 */
import { votersOf } from './configuration.ts'
import { requestVoteRequest } from './message.ts'
import { sendAfterSave } from './outbox.ts'
import { becomeCandidate } from './role.ts'
import type { RaftState } from './state.ts'
import type { ServerId } from './types.ts'

/** A server asks each other one for its vote once a term. */
const onlyRequest = 1

/** Stands for election in the next term. `isTransfer`: because the leader has asked for it. */
export function campaign(raft: RaftState, why: string, isTransfer: boolean): void {
  becomeCandidate(raft, why)
  for (const voter of votersOf(raft.configuration)) {
    if (voter !== raft.id) requestVote(raft, voter, isTransfer)
  }
}

/**
 * raft.tla's RequestVote. It leaves only after the new term and the vote for itself are durable:
 * a candidate that won term T, crashed with T unsaved and won T again could put two different
 * entries at one place in one term. What it says of its log is durable by then, too.
 */
function requestVote(raft: RaftState, voter: ServerId, isTransfer: boolean): void {
  const { id, currentTerm, log } = raft
  const { lastIndex, lastTerm } = log
  sendAfterSave(
    raft,
    requestVoteRequest(id, voter, currentTerm, lastIndex, lastTerm, onlyRequest, isTransfer),
  )
}
