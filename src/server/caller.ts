/**
 * Somebody who has asked for something, and what is said to them. A reply of every kind is made
 * here, so that each of its fields is right for its status.
 */
import { unreachable } from '../base/assert.ts'
import { noBytes } from '../base/bytes.ts'
import type { LogIndex } from '../raft/index.ts'
import {
  adminResponse,
  type ClientRequestMessage,
  type ClientResponseMessage,
  clientQueryResponse,
  clientResponse,
  closeSessionResponse,
  keepAliveResponse,
  type LeaderHint,
  registerClientResponse,
  type Status,
  statusResponse,
} from '../wire/index.ts'

/** Takes the answer to one request; called once at most. */
export type Reply = (response: ClientResponseMessage) => void

/** What must be known of a request to answer it; its bytes are not kept for that. */
export interface Caller {
  readonly kind: ClientRequestMessage['kind']
  readonly requestId: number
  readonly reply: Reply
}

export function callerOf({ kind, requestId }: ClientRequestMessage, reply: Reply): Caller {
  return { kind, requestId, reply }
}

/** Anything but `ok`, and why. */
export interface Failure {
  readonly status: Exclude<Status, 'ok'>
  readonly leaderHint: LeaderHint | null
  readonly message: string
  /** Of the request's entry, where there is one. */
  readonly index: LogIndex
}

export function failure(
  status: Failure['status'],
  message = '',
  leaderHint: LeaderHint | null = null,
  index: LogIndex = 0,
): Failure {
  return { status, leaderHint, message, index }
}

/** The answer that a request gets which has failed. */
export function failed(
  { kind, requestId }: Caller,
  { status, leaderHint, message, index }: Failure,
): ClientResponseMessage {
  switch (kind) {
    case 'registerClientRequest':
      return registerClientResponse(requestId, status, 0, leaderHint, message)
    case 'clientRequest':
      return clientResponse(requestId, status, noBytes, index, leaderHint, message)
    case 'clientQueryRequest':
      return clientQueryResponse(requestId, status, noBytes, 0, leaderHint, message)
    case 'keepAliveRequest':
      return keepAliveResponse(requestId, status, leaderHint, message)
    case 'closeSessionRequest':
      return closeSessionResponse(requestId, status, leaderHint, message)
    case 'statusRequest':
      return statusResponse(requestId, status, '', message)
    case 'adminRequest':
      return adminResponse(requestId, status, '', leaderHint, message)
    default:
      return unreachable(kind)
  }
}

/** Tells all of them. */
export function fail(callers: readonly Caller[], what: Failure): void {
  for (const caller of callers) caller.reply(failed(caller, what))
}
