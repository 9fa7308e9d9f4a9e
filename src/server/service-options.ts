/**
 * What clients may ask of one server at most, each limit with the reason for its default. Past a
 * limit a request is refused at once, with no effect: `overloaded`, or `tooLarge`.
 */
import { checkNames, checkSwitch, OptionError } from '../raft/index.ts'
import { type SessionRules, sessionRules } from '../state-machine/index.ts'
import { clientPayloadBytesMax } from '../wire/index.ts'

export interface ServiceOptions {
  /**
   * Proposals of clients that wait for the log. A leader commits some tens of thousands a second:
   * what waits behind more than this would wait for longer than its client does.
   */
  readonly requestsMax: number
  /** Bytes of them: a quarter of what the log itself takes uncommitted. */
  readonly requestsBytesMax: number
  /** Callers that may wait for one and the same proposal: a client's hasty repeats. */
  readonly repeatsMax: number
  /** Queries that wait for their index. */
  readonly queriesMax: number
  /** The longest query; a longer one is `tooLarge`. Commands have the log's own limit as well. */
  readonly queryBytesMax: number
  /**
   * The longest response that is passed on. A query's that is longer is `tooLarge`; a command's is
   * `unknown`, with an explanation, since the command was carried out.
   */
  readonly responseBytesMax: number
  /**
   * Linearizable queries are served by every server, which asks the leader how far to read (§6.4).
   * Off: only by the leader, as Figure 6.1 has it.
   */
  readonly followerReads: boolean
  /** What the sessions that are opened here are bound by. */
  readonly sessions: SessionRules
}

export type GivenServiceOptions = Partial<Omit<ServiceOptions, 'sessions'>> & {
  readonly sessions?: Partial<SessionRules>
}

export const defaultServiceOptions: Omit<ServiceOptions, 'sessions'> = {
  requestsMax: 16 * 1024,
  requestsBytesMax: 16 * 1024 * 1024,
  repeatsMax: 16,
  queriesMax: 16 * 1024,
  queryBytesMax: clientPayloadBytesMax,
  responseBytesMax: clientPayloadBytesMax,
  followerReads: true,
}

/** The defaults with `given` in their place. Throws OptionError where they cannot be. */
export function serviceOptions(given: GivenServiceOptions = {}): ServiceOptions {
  checkNames('service', given, [...Object.keys(defaultServiceOptions), 'sessions'])
  checkSwitch('followerReads', given.followerReads)
  const options: ServiceOptions = {
    ...defaultServiceOptions,
    ...given,
    sessions: sessionRules(given.sessions),
  }
  for (const limit of [
    'requestsMax',
    'requestsBytesMax',
    'repeatsMax',
    'queriesMax',
    'queryBytesMax',
    'responseBytesMax',
  ] as const) {
    const value = options[limit]
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(limit, `must be a whole number from 1 up; it is ${String(value)}`)
    }
  }
  return options
}
