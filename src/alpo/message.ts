/**
 * What servers say to each other: the three requests, which are all there are (A5), and what each
 * of them returns. Every request carries the sender's term and whether it is a candidate or a
 * leader (A3); passive servers send none.
 *
 * The text speaks of calls that return something. On a network that loses and reorders, a call is
 * two messages, and what joins an answer to its call has to be said: every answer repeats the
 * request's senderTerm, so that nobody counts an answer to what was asked in another term.
 */
import type { Entry, LogId, ServerId, Term } from './types.ts'

/** "Add entry to the local log, assuming that it properly follows the last one there." */
export interface AppendEntry {
  readonly kind: 'appendEntry'
  readonly from: ServerId
  readonly to: ServerId
  readonly senderTerm: Term
  readonly senderIs: 'leader'
  readonly entry: Entry
  /** Of the leader's entry before this one; 0 where there is none. */
  readonly prevTerm: Term
}

/** The leader is alive and well. The text's currentTerm argument is the senderTerm. */
export interface Heartbeat {
  readonly kind: 'heartbeat'
  readonly from: ServerId
  readonly to: ServerId
  readonly senderTerm: Term
  readonly senderIs: 'leader'
  /** Of the leader's last entry. */
  readonly lastLogId: LogId
  readonly lastTerm: Term
}

/** Asks for the vote in a term. The text's term argument is the senderTerm. */
export interface RequestVote {
  readonly kind: 'requestVote'
  readonly from: ServerId
  readonly to: ServerId
  readonly senderTerm: Term
  readonly senderIs: 'candidate'
  /** Of the candidate's last entry. */
  readonly lastLogId: LogId
  readonly lastTerm: Term
}

export type Request = AppendEntry | Heartbeat | RequestVote

/** The sender of any request is out of date (A3). */
export interface Rejection {
  readonly kind: 'rejection'
  readonly from: ServerId
  readonly to: ServerId
  /** The request's. */
  readonly senderTerm: Term
  readonly currentTerm: Term
}

export interface AppendEntryAnswer {
  readonly kind: 'appendEntryAnswer'
  readonly from: ServerId
  readonly to: ServerId
  /** The request's. */
  readonly senderTerm: Term
  /** The entry's. */
  readonly id: LogId
  /** The entry is in the log, on disk, and with it all of smaller ids (A7). */
  readonly accepted: boolean
  /** Of the last entry in the log, as in a heartbeat's answer. */
  readonly lastLogId: LogId
  readonly lastTerm: Term
}

export interface HeartbeatAnswer {
  readonly kind: 'heartbeatAnswer'
  readonly from: ServerId
  readonly to: ServerId
  /** The request's. */
  readonly senderTerm: Term
  /** Of the last entry in the log: what the leader has sent itself, or where to replay from. */
  readonly lastLogId: LogId
  readonly lastTerm: Term
}

export interface RequestVoteAnswer {
  readonly kind: 'requestVoteAnswer'
  readonly from: ServerId
  readonly to: ServerId
  /** The request's. */
  readonly senderTerm: Term
  readonly granted: boolean
}

export type Answer = Rejection | AppendEntryAnswer | HeartbeatAnswer | RequestVoteAnswer

export type Message = Request | Answer

export function isRequest(message: Message): message is Request {
  return 'senderIs' in message
}

export function appendEntry(
  from: ServerId,
  to: ServerId,
  senderTerm: Term,
  entry: Entry,
  prevTerm: Term,
): AppendEntry {
  return { kind: 'appendEntry', from, to, senderTerm, senderIs: 'leader', entry, prevTerm }
}

export function heartbeat(
  from: ServerId,
  to: ServerId,
  senderTerm: Term,
  lastLogId: LogId,
  lastTerm: Term,
): Heartbeat {
  return { kind: 'heartbeat', from, to, senderTerm, senderIs: 'leader', lastLogId, lastTerm }
}

export function requestVote(
  from: ServerId,
  to: ServerId,
  senderTerm: Term,
  lastLogId: LogId,
  lastTerm: Term,
): RequestVote {
  return { kind: 'requestVote', from, to, senderTerm, senderIs: 'candidate', lastLogId, lastTerm }
}

/** Each answer goes back to the request's sender and repeats its senderTerm. */
export function rejection(request: Request, currentTerm: Term): Rejection {
  const { from: to, to: from, senderTerm } = request
  return { kind: 'rejection', from, to, senderTerm, currentTerm }
}

export function appendEntryAnswer(
  request: AppendEntry,
  accepted: boolean,
  lastLogId: LogId,
  lastTerm: Term,
): AppendEntryAnswer {
  const { from: to, to: from, senderTerm, entry } = request
  const { id } = entry
  return { kind: 'appendEntryAnswer', from, to, senderTerm, id, accepted, lastLogId, lastTerm }
}

export function heartbeatAnswer(
  request: Heartbeat,
  lastLogId: LogId,
  lastTerm: Term,
): HeartbeatAnswer {
  const { from: to, to: from, senderTerm } = request
  return { kind: 'heartbeatAnswer', from, to, senderTerm, lastLogId, lastTerm }
}

export function requestVoteAnswer(request: RequestVote, granted: boolean): RequestVoteAnswer {
  const { from: to, to: from, senderTerm } = request
  return { kind: 'requestVoteAnswer', from, to, senderTerm, granted }
}
