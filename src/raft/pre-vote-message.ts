/**
 * PreVote (§9.6): would you vote for me, if I stood for election? Asked before a term is begun, and
 * answered without a promise. These are messages of their own, so that an answer to a question is
 * never counted as a vote.
 */
import type { LogIndex, RequestId, ServerId, Term } from './types.ts'

/** From a server that has not heard its leader in time. */
export interface PreVoteRequest {
  readonly kind: 'preVoteRequest'
  readonly from: ServerId
  readonly to: ServerId
  /** The term that the sender would stand in. It is nobody's term yet, and is not adopted. */
  readonly term: Term
  readonly lastLogIndex: LogIndex
  readonly lastLogTerm: Term
  /** The same for all requests of one round, and for no other round in the sender's life. */
  readonly requestId: RequestId
}

/** The answer to a PreVote. */
export interface PreVoteResponse {
  readonly kind: 'preVoteResponse'
  readonly from: ServerId
  readonly to: ServerId
  /** The voter's currentTerm; where it is later than the asker's, the asker adopts it. */
  readonly term: Term
  readonly voteGranted: boolean
  readonly requestId: RequestId
}

export function preVoteRequest(
  from: ServerId,
  to: ServerId,
  term: Term,
  lastLogIndex: LogIndex,
  lastLogTerm: Term,
  requestId: RequestId,
): PreVoteRequest {
  return { kind: 'preVoteRequest', from, to, term, lastLogIndex, lastLogTerm, requestId }
}

/** Answers `request`: addressed back to its sender, its id echoed. */
export function preVoteResponse(
  request: Pick<PreVoteRequest, 'from' | 'to' | 'requestId'>,
  term: Term,
  voteGranted: boolean,
): PreVoteResponse {
  const { from: to, to: from, requestId } = request
  return { kind: 'preVoteResponse', from, to, term, voteGranted, requestId }
}
