/**
 * What a client may be told, each option with its bound and the reason for its default; checked
 * once.
 */
import type { Milliseconds } from '../raft/index.ts'
import { checkNames, OptionError } from '../raft/index.ts'
import { clientPayloadBytesMax } from '../wire/index.ts'

export interface ClientOptions {
  /** An operation that gives no time of its own fails after this: some ten elections. */
  readonly timeoutMs: Milliseconds
  /**
   * A server that says nothing for so long, while it has something to answer, is left for the next
   * one. After each time that this happens to an operation its next sending waits twice as long, up
   * to eight times, so that a cluster that is merely slow is not sent ever more of the same.
   */
  readonly attemptTimeoutMs: Milliseconds
  readonly connectTimeoutMs: Milliseconds
  /**
   * Waits between rounds of asking every server, and before connecting again, are drawn from
   * nothing up to a bound that doubles from `backoffFirstMs` to `backoffMostMs`. The first is far
   * below an election; at the other, a thousand clients without a cluster ask some servers 4,000
   * times a second in all.
   */
  readonly backoffFirstMs: Milliseconds
  readonly backoffMostMs: Milliseconds
  /** Operations that are sent and not answered; the others wait. Enough for a disk of 10 ms. */
  readonly inFlightMax: number
  /** Operations that are not settled, sent or waiting. Past it they fail, as `OVERLOADED`. */
  readonly outstandingMax: number
  /** The same in bytes of commands and queries. */
  readonly outstandingBytesMax: number
  /**
   * The longest command or query; a longer one fails as `TOO_LARGE`. The servers' limit, which is
   * their own option, may be lower: then they refuse it.
   */
  readonly requestBytesMax: number
  /**
   * How far the session's numbers run ahead of a command that is not answered. Past it commands
   * wait, for the servers keep a response for each of them: as many as here, by their own default.
   * At most 1,000,000: servers take no number that is further ahead.
   */
  readonly sequenceSpanMax: number
  /**
   * A session that had nothing to do for so long is kept alive: well within its expiry, which is a
   * quarter of an hour by the servers' default.
   */
  readonly keepAliveIntervalMs: Milliseconds
  /** How long `close` waits for the servers to have closed the session. */
  readonly closeTimeoutMs: Milliseconds
}

export const defaultClientOptions: ClientOptions = {
  timeoutMs: 5000,
  attemptTimeoutMs: 500,
  connectTimeoutMs: 1000,
  backoffFirstMs: 25,
  backoffMostMs: 500,
  inFlightMax: 1024,
  outstandingMax: 65_536,
  outstandingBytesMax: 64 * 1024 * 1024,
  requestBytesMax: 1024 * 1024,
  sequenceSpanMax: 1024,
  keepAliveIntervalMs: 60_000,
  closeTimeoutMs: 500,
}

/** Servers learned of from hints, beside those that were given. The longest unused goes first. */
export const learnedServersMax = 16

/** Whole numbers; the others are times. */
const counts: ReadonlySet<string> = new Set([
  'inFlightMax',
  'outstandingMax',
  'outstandingBytesMax',
  'requestBytesMax',
  'sequenceSpanMax',
])

/** The defaults with `given` in their place. Throws {@link OptionError} where they cannot be. */
export function clientOptions(given: Partial<ClientOptions> = {}): ClientOptions {
  checkNames('the client', given, Object.keys(defaultClientOptions))
  const options = { ...defaultClientOptions }
  for (const name of Object.keys(defaultClientOptions) as (keyof ClientOptions)[]) {
    const value = given[name]
    if (value === undefined) continue
    checkNumber(name, value)
    Object.assign(options, { [name]: value })
  }
  if (options.backoffMostMs < options.backoffFirstMs) {
    throw new OptionError(
      'backoffMostMs',
      `must be at least backoffFirstMs (${options.backoffFirstMs}); it is ${options.backoffMostMs}`,
    )
  }
  if (options.sequenceSpanMax > sequenceSpanLimit) {
    const problem = `must be at most ${sequenceSpanLimit}; it is ${options.sequenceSpanMax}`
    throw new OptionError('sequenceSpanMax', problem)
  }
  if (options.requestBytesMax > clientPayloadBytesMax) {
    throw new OptionError(
      'requestBytesMax',
      `must be at most ${clientPayloadBytesMax}, which is what a message holds; it is ` +
        String(options.requestBytesMax),
    )
  }
  return options
}

/** The servers' `sequenceWindowMax`: beyond it a refusal says nothing of another sending. */
const sequenceSpanLimit = 1_000_000

function checkNumber(name: keyof ClientOptions, value: unknown): void {
  if (counts.has(name)) {
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw new OptionError(name, `must be a whole number from 1 up; it is ${String(value)}`)
    }
  } else checkTime(name, value)
}

/** A time in milliseconds, as given for an option or for one operation. Infinity: no end. */
export function checkTime(name: string, value: unknown): void {
  const endless = name === 'timeoutMs' && value === Number.POSITIVE_INFINITY
  if (endless || (Number.isFinite(value) && (value as number) > 0)) return
  throw new OptionError(name, `must be a number of milliseconds above 0; it is ${String(value)}`)
}
