/**
 * What came in and what became of it, in numbers: for the `counters` command and for tests. Nothing
 * is decided by them.
 */
import { clientInvalidReasons, type InvalidReason, invalidReasons } from '../wire/index.ts'

/** Why a datagram was dropped unread. */
export type DropReason = InvalidReason | (typeof clientInvalidReasons)[number]

const dropReasons: readonly DropReason[] = [...invalidReasons, ...clientInvalidReasons]

export interface CourseCounters {
  /** Messages of other servers that were handed to the core. */
  messagesHandled: number
  /** Messages that came while Failed, and had no effect. */
  messagesWhileFailed: number
  /** Datagrams that seem to come from this very server. */
  datagramsFromSelf: number
  /** Messages of an unbelievable term, which were dropped. */
  termLeaps: number
  commandsFromClients: number
  commandsFromServers: number
  /** Put into this server's log, which led. */
  commandsAppended: number
  /** Passed on to the leader. */
  commandsForwarded: number
  /** Kept until it is known who leads; one command may be kept more than once. */
  commandsBuffered: number
  /** Dropped, the oldest first, since the buffer was full. */
  commandsDroppedByBuffer: number
  /** Dropped, since they had been passed on too often. */
  commandsDroppedByHops: number
  /** Refused, since no datagram would hold them. */
  commandsTooLong: number
  /** Requests of Figure 6.1 and the like, from clients that wait for an answer. */
  clientRequests: number
  /** Those that came again while the first was under way. */
  clientRequestsRepeated: number
  clientResponses: number
  /** Answers that nobody here has asked for, and requests from other servers. */
  clientMessagesUnexpected: number
  clientMessagesWhileFailed: number
  /** Contradictions of other servers, which were not acted upon. */
  contradictions: number
  /** Datagrams that were dropped, by reason. */
  readonly invalid: Record<DropReason, number>
}

/** All of them at 0. */
export function courseCounters(): CourseCounters {
  return {
    messagesHandled: 0,
    messagesWhileFailed: 0,
    datagramsFromSelf: 0,
    termLeaps: 0,
    commandsFromClients: 0,
    commandsFromServers: 0,
    commandsAppended: 0,
    commandsForwarded: 0,
    commandsBuffered: 0,
    commandsDroppedByBuffer: 0,
    commandsDroppedByHops: 0,
    commandsTooLong: 0,
    clientRequests: 0,
    clientRequestsRepeated: 0,
    clientResponses: 0,
    clientMessagesUnexpected: 0,
    clientMessagesWhileFailed: 0,
    contradictions: 0,
    invalid: Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<
      DropReason,
      number
    >,
  }
}

/** One `name: value` a line; the reasons for dropping as `invalid.malformed` and so on. */
export function counterLines(counters: Readonly<CourseCounters>): readonly string[] {
  const { invalid, ...rest } = counters
  return [
    ...Object.entries(rest).map(([name, value]) => `${name}: ${value}`),
    ...Object.entries(invalid).map(([reason, value]) => `invalid.${reason}: ${value}`),
  ]
}
