/**
 * How a leader is chosen: requestVote, its answer, and the rule by which a vote is given (A4, A5).
 */

import type { RequestVote, RequestVoteAnswer } from './message.ts'
import { requestVote, requestVoteAnswer } from './message.ts'
import { heartbeatAll } from './replication.ts'
import { becomeCandidate, becomeLeader, restartTimer } from './role.ts'
import { type AlpoState, majorityOf, othersOf } from './state.ts'
import type { LogId, Term } from './types.ts'

/** No leader was heard in time. */
export function startElection(alpo: AlpoState): void {
  becomeCandidate(alpo)
  const { serverId, currentTerm, log, outbox } = alpo
  for (const other of othersOf(alpo)) {
    outbox.send.push(requestVote(serverId, other, currentTerm, log.lastId, log.lastTerm))
  }
  countVotes(alpo)
}

/**
 * "If either of the recipient's corresponding items is larger then it means the sender's log is not
 * complete enough." Two logs of which one is longer and the other of a later term refuse each
 * other: this is no order on logs.
 */
export function isCompleteEnough(
  sender: { readonly lastLogId: LogId; readonly lastTerm: Term },
  recipient: { readonly lastId: LogId; readonly lastTerm: Term },
): boolean {
  return !(recipient.lastId > sender.lastLogId || recipient.lastTerm > sender.lastTerm)
}

/**
 * One vote a term, as far as the server remembers. To the candidate that has it already it is given
 * again, since the answer may have been lost. The senderTerm rules have been applied.
 */
export function handleRequestVote(alpo: AlpoState, request: RequestVote): void {
  const { vote, log, outbox } = alpo
  const isFree = vote === null || vote.serverId === request.from
  const granted = isFree && isCompleteEnough(request, log)
  if (granted) {
    alpo.vote = { serverId: request.from, logLength: request.lastLogId }
    restartTimer(alpo)
  }
  outbox.send.push(requestVoteAnswer(request, granted))
}

export function handleRequestVoteAnswer(alpo: AlpoState, answer: RequestVoteAnswer): void {
  const { role, currentTerm } = alpo
  if (role.kind !== 'candidate' || answer.senderTerm !== currentTerm || !answer.granted) return
  role.votes.add(answer.from)
  countVotes(alpo)
}

/** A majority of the cluster map makes a leader, which says so at once. */
function countVotes(alpo: AlpoState): void {
  const { role } = alpo
  if (role.kind !== 'candidate' || role.votes.size < majorityOf(alpo)) return
  becomeLeader(alpo, role.votes)
  heartbeatAll(alpo)
}
