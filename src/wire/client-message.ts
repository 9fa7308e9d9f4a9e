/**
 * What clients and servers say to each other: the RPCs of Figure 6.1 (§6.3, §6.4), and what clients
 * need beside them (keeping and closing a session, asking how a server is, administration). Each is
 * a one-way message; an answer echoes the number of its request. How they stand in bytes is
 * client-codec.ts's.
 */
import type { LogIndex, ServerId } from '../raft/index.ts'

/**
 * What became of a request. `unknown` promises nothing: leadership was lost while it waited, and it
 * may yet take effect. All the others but `ok` promise that it has had no effect, and will have
 * none, through this sending.
 */
export type Status =
  | 'ok'
  | 'notLeader'
  | 'sessionExpired'
  | 'overloaded'
  | 'tooLarge'
  | 'unknown'
  | 'unavailable'
  | 'badRequest'
  | 'diskFull'

/** How fresh an answer must be: see ClientQueryRequest in proto/raft.proto. */
export type Consistency = 'linearizable' | 'lease' | 'stale'

/** Where to ask instead. */
export interface LeaderHint {
  readonly id: ServerId
  /** `host:port`; '' where it is not known. */
  readonly address: string
}

interface Request {
  /** The sender's own number for it, positive and safe; echoed by the answer. */
  readonly requestId: number
}

interface Response extends Request {
  readonly status: Status
  /** Why, in words, where that helps somebody; '' otherwise. */
  readonly message: string
}

/** An answer by a server that may not be the leader. */
interface RedirectingResponse extends Response {
  readonly leaderHint: LeaderHint | null
}

/** RegisterClient: opens a session. */
export interface RegisterClientRequest extends Request {
  readonly kind: 'registerClientRequest'
}

export interface RegisterClientResponse extends RedirectingResponse {
  readonly kind: 'registerClientResponse'
  /** The session: the index of its entry in the log; 0 unless the status is `ok`. */
  readonly clientId: number
}

/** ClientRequest: a command that changes the state, once. */
export interface ClientRequest extends Request {
  readonly kind: 'clientRequest'
  /** The session; 0 for a command without one, and then an unknown outcome stays unknown. */
  readonly clientId: number
  /** Its number in the session, from 1 and ascending; 0 without a session. */
  readonly sequenceNum: number
  /** No lower number of the session still waits for its answer; 0 without a session. */
  readonly lowestUnanswered: number
  readonly command: Uint8Array
}

export interface ClientResponse extends RedirectingResponse {
  readonly kind: 'clientResponse'
  /** The state machine's; empty unless the status is `ok`. */
  readonly response: Uint8Array
  /** The entry's, where it is known; 0 otherwise. */
  readonly index: LogIndex
}

/** ClientQuery: a question that changes nothing. */
export interface ClientQueryRequest extends Request {
  readonly kind: 'clientQueryRequest'
  readonly consistency: Consistency
  readonly query: Uint8Array
}

export interface ClientQueryResponse extends RedirectingResponse {
  readonly kind: 'clientQueryResponse'
  readonly response: Uint8Array
  /** The answer reflects the log at least up to here; 0 unless the status is `ok`. */
  readonly index: LogIndex
}

/** Keeps a session from expiring while there is nothing to do. */
export interface KeepAliveRequest extends Request {
  readonly kind: 'keepAliveRequest'
  readonly clientId: number
}

export interface KeepAliveResponse extends RedirectingResponse {
  readonly kind: 'keepAliveResponse'
}

/** Ends a session, so that its responses need not be kept. */
export interface CloseSessionRequest extends Request {
  readonly kind: 'closeSessionRequest'
  readonly clientId: number
}

export interface CloseSessionResponse extends RedirectingResponse {
  readonly kind: 'closeSessionResponse'
}

/** How is this very server? Any server answers, leader or not. */
export interface StatusRequest extends Request {
  readonly kind: 'statusRequest'
}

export interface StatusResponse extends Response {
  readonly kind: 'statusResponse'
  /** JSON; '' unless the status is `ok`. */
  readonly json: string
}

/** An operator's request (membership, leadership, snapshots, explanations), as JSON. */
export interface AdminRequest extends Request {
  readonly kind: 'adminRequest'
  readonly json: string
}

export interface AdminResponse extends RedirectingResponse {
  readonly kind: 'adminResponse'
  readonly json: string
}

/** What a client can say to a server. */
export type ClientRequestMessage =
  | RegisterClientRequest
  | ClientRequest
  | ClientQueryRequest
  | KeepAliveRequest
  | CloseSessionRequest
  | StatusRequest
  | AdminRequest

/** What a server can say to a client. */
export type ClientResponseMessage =
  | RegisterClientResponse
  | ClientResponse
  | ClientQueryResponse
  | KeepAliveResponse
  | CloseSessionResponse
  | StatusResponse
  | AdminResponse

export type ClientMessage = ClientRequestMessage | ClientResponseMessage

export function registerClientRequest(requestId: number): RegisterClientRequest {
  return { kind: 'registerClientRequest', requestId }
}

export function registerClientResponse(
  requestId: number,
  status: Status,
  clientId: number,
  leaderHint: LeaderHint | null = null,
  message = '',
): RegisterClientResponse {
  return { kind: 'registerClientResponse', requestId, status, message, clientId, leaderHint }
}

export function clientRequest(
  requestId: number,
  clientId: number,
  sequenceNum: number,
  lowestUnanswered: number,
  command: Uint8Array,
): ClientRequest {
  return {
    kind: 'clientRequest',
    requestId,
    clientId,
    sequenceNum,
    lowestUnanswered,
    command,
  }
}

export function clientResponse(
  requestId: number,
  status: Status,
  response: Uint8Array,
  index: LogIndex,
  leaderHint: LeaderHint | null = null,
  message = '',
): ClientResponse {
  return { kind: 'clientResponse', requestId, status, message, response, index, leaderHint }
}

export function clientQueryRequest(
  requestId: number,
  consistency: Consistency,
  query: Uint8Array,
): ClientQueryRequest {
  return { kind: 'clientQueryRequest', requestId, consistency, query }
}

export function clientQueryResponse(
  requestId: number,
  status: Status,
  response: Uint8Array,
  index: LogIndex,
  leaderHint: LeaderHint | null = null,
  message = '',
): ClientQueryResponse {
  return { kind: 'clientQueryResponse', requestId, status, message, response, index, leaderHint }
}

export function keepAliveRequest(requestId: number, clientId: number): KeepAliveRequest {
  return { kind: 'keepAliveRequest', requestId, clientId }
}

export function keepAliveResponse(
  requestId: number,
  status: Status,
  leaderHint: LeaderHint | null = null,
  message = '',
): KeepAliveResponse {
  return { kind: 'keepAliveResponse', requestId, status, message, leaderHint }
}

export function closeSessionRequest(requestId: number, clientId: number): CloseSessionRequest {
  return { kind: 'closeSessionRequest', requestId, clientId }
}

export function closeSessionResponse(
  requestId: number,
  status: Status,
  leaderHint: LeaderHint | null = null,
  message = '',
): CloseSessionResponse {
  return { kind: 'closeSessionResponse', requestId, status, message, leaderHint }
}

export function statusRequest(requestId: number): StatusRequest {
  return { kind: 'statusRequest', requestId }
}

export function statusResponse(
  requestId: number,
  status: Status,
  json: string,
  message = '',
): StatusResponse {
  return { kind: 'statusResponse', requestId, status, message, json }
}

export function adminRequest(requestId: number, json: string): AdminRequest {
  return { kind: 'adminRequest', requestId, json }
}

export function adminResponse(
  requestId: number,
  status: Status,
  json: string,
  leaderHint: LeaderHint | null = null,
  message = '',
): AdminResponse {
  return { kind: 'adminResponse', requestId, status, message, json, leaderHint }
}
