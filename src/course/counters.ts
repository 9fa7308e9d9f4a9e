/**
 * What came in and what became of it, in numbers: for the `counters` command and for tests. Nothing
 * is decided by them.
 */
import { type InvalidReason, invalidReasons } from '../wire/index.ts'

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
  /** Contradictions of other servers, which were not acted upon. */
  contradictions: number
  /** Datagrams that were dropped, by reason. */
  readonly invalid: Record<InvalidReason, number>
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
    contradictions: 0,
    invalid: Object.fromEntries(invalidReasons.map((reason) => [reason, 0])) as Record<
      InvalidReason,
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
