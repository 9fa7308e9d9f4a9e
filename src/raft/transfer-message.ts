/** TimeoutNow (§3.10): the leader tells its successor to stand for election without delay. */
import type { ServerId, Term } from './types.ts'

/** Not answered: the election is the answer. */
export interface TimeoutNowRequest {
  readonly kind: 'timeoutNowRequest'
  readonly from: ServerId
  readonly to: ServerId
  /** The leader's term. */
  readonly term: Term
}

export function timeoutNowRequest(from: ServerId, to: ServerId, term: Term): TimeoutNowRequest {
  return { kind: 'timeoutNowRequest', from, to, term }
}
