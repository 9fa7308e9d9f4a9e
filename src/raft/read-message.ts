/**
 * ReadIndex between servers (§6.4): a follower asks its leader for an index, so that it can answer
 * reads from its own state machine.
 */
import type { LogIndex, RequestId, ServerId, Term } from './types.ts'

/** From a follower to its leader; one request for all the reads that wait when it is sent. */
export interface ReadIndexRequest {
  readonly kind: 'readIndexRequest'
  readonly from: ServerId
  readonly to: ServerId
  /** The follower's currentTerm. */
  readonly term: Term
  /** Repeated with the same id until it is answered; other reads get another id. */
  readonly requestId: RequestId
}

/** The answer to a ReadIndexRequest. */
export interface ReadIndexResponse {
  readonly kind: 'readIndexResponse'
  readonly from: ServerId
  readonly to: ServerId
  readonly term: Term
  readonly requestId: RequestId
  /** False: the asked server does not lead (any more), or too many reads wait there. */
  readonly success: boolean
  /** What the leader had committed after the request was sent, proven as for a read of its own. */
  readonly index: LogIndex
}

export function readIndexRequest(
  from: ServerId,
  to: ServerId,
  term: Term,
  requestId: RequestId,
): ReadIndexRequest {
  return { kind: 'readIndexRequest', from, to, term, requestId }
}

/** The request was sent to `from` by `to`. `index` is null where the answer is no. */
export function readIndexResponse(
  from: ServerId,
  to: ServerId,
  term: Term,
  requestId: RequestId,
  index: LogIndex | null,
): ReadIndexResponse {
  const success = index !== null
  return { kind: 'readIndexResponse', from, to, term, requestId, success, index: index ?? 0 }
}
