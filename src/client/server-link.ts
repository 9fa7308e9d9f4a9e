/**
 * One server as a client sees it: its address, the connection to it, what is under way there, and
 * how long to leave it alone after it failed.
 */
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { Clock } from '../ports/index.ts'
import type { Milliseconds, ServerId } from '../raft/index.ts'
import type { ClientRequestMessage, ClientResponseMessage } from '../wire/index.ts'
import { backoff } from './backoff.ts'
import type { Channel, OpenChannel } from './channel.ts'
import { OperationList } from './operation.ts'
import type { ClientOptions } from './options.ts'
import { Alarm, type TimerWheel } from './timer-wheel.ts'
import type { Trace } from './trace.ts'

/** What all links of a client share. */
export interface LinkParts {
  readonly openChannel: OpenChannel
  readonly clock: Clock
  readonly random: Random
  readonly wheel: TimerWheel
  readonly options: ClientOptions
  readonly trace: Trace | null
  readonly opened: (link: ServerLink) => void
  readonly message: (link: ServerLink, message: ClientResponseMessage) => void
  /** What is in flight there will not be answered, what waits there cannot be sent. */
  readonly lost: (link: ServerLink) => void
  /** It did not take a message: it may now. */
  readonly drained: (link: ServerLink) => void
}

/** How long a connection whose buffers are full is left alone. */
const fullBuffersMs = 10

export class ServerLink {
  readonly address: string
  /** The name that goes with the address, where the client was given it. */
  readonly id: ServerId | null
  /** What it said last, or what happened to it, for people. */
  lastWord: string | null = null
  heardAt: Milliseconds = 0
  /** Operations that are for this server alone, and wait for the connection. */
  readonly waiting: OperationList = new OperationList()
  readonly inFlight: OperationList = new OperationList()

  readonly #parts: LinkParts
  #channel: Channel | null = null
  #isOpen = false
  #hasSpoken = false
  #failures = 0
  #retryAt: Milliseconds = 0
  readonly #connectAlarm: Alarm
  readonly #fullAlarm: Alarm

  constructor(parts: LinkParts, address: string, id: ServerId | null) {
    this.#parts = parts
    this.address = address
    this.id = id
    this.#connectAlarm = new Alarm(() => {
      const { connectTimeoutMs } = parts.options
      this.giveUp(`no connection within ${connectTimeoutMs} ms`, connectTimeoutMs)
    })
    this.#fullAlarm = new Alarm(() => parts.drained(this))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Its buffers are full. */
  get isFull(): boolean {
    return this.#fullAlarm.isSet
  }

  /** When it may be tried again, after it failed; in the past where it did not. */
  get retryAt(): Milliseconds {
    return this.#retryAt
  }

  /** Connects, where there is no connection under way. */
  connect(): void {
    if (this.#channel !== null) return
    const { openChannel, clock, wheel, options, trace } = this.#parts
    this.#hasSpoken = false
    wheel.set(this.#connectAlarm, clock.now() + options.connectTimeoutMs)
    trace?.({ kind: 'connecting', server: this.address })
    // What an earlier channel still says is of no interest: it was given up.
    const channel: Channel = openChannel(this.address, {
      opened: () => this.#channel === channel && this.#opened(),
      message: (message) => this.#channel === channel && this.#heard(message),
      nonsense: (what) => {
        if (this.#channel === channel) this.giveUp(`it said something that is no answer: ${what}`)
      },
      closed: (error) => {
        if (this.#channel !== channel) return
        // A connection that served well until now may be made again at once.
        const firstMs = this.#hasSpoken ? 0 : options.backoffFirstMs
        this.#failed(error?.message ?? 'it closed the connection', firstMs)
      },
    })
    this.#channel = channel
  }

  /** False where it was not taken, and will not be. */
  send(message: ClientRequestMessage): boolean {
    assert(this.#channel !== null, 'messages are sent through a channel')
    if (this.#channel.send(message)) return true
    const { wheel, clock } = this.#parts
    wheel.set(this.#fullAlarm, clock.now() + fullBuffersMs)
    return false
  }

  /** Leaves the server, for `reason`, and at first for anything up to `firstMs`. */
  giveUp(reason: string, firstMs: Milliseconds = this.#parts.options.backoffFirstMs): void {
    const channel = this.#channel
    if (channel === null) return
    this.#failed(reason, firstMs)
    channel.close()
  }

  /**
   * It has said nothing for too long. The connection stays where something awaits an answer there
   * that cannot be asked for anywhere else.
   */
  foundSilent(keepConnection: boolean): void {
    const { attemptTimeoutMs } = this.#parts.options
    const reason = `silent for ${attemptTimeoutMs} ms`
    if (keepConnection) this.#penalize(reason, attemptTimeoutMs)
    else this.giveUp(reason, attemptTimeoutMs)
  }

  /** Ends the connection, and counts nothing. */
  close(): void {
    const channel = this.#channel
    this.#release()
    channel?.close()
  }

  #opened(): void {
    this.#isOpen = true
    this.#parts.wheel.unset(this.#connectAlarm)
    this.#parts.trace?.({ kind: 'connected', server: this.address })
    this.#parts.opened(this)
  }

  #heard(message: ClientResponseMessage): void {
    this.heardAt = this.#parts.clock.now()
    this.#hasSpoken = true
    this.#failures = 0
    this.#retryAt = 0
    this.#parts.message(this, message)
  }

  #failed(reason: string, firstMs: Milliseconds): void {
    this.#release()
    this.#penalize(reason, firstMs)
    this.#parts.lost(this)
  }

  #penalize(reason: string, firstMs: Milliseconds): void {
    const { clock, random, options, trace } = this.#parts
    this.lastWord = reason
    this.#failures += 1
    const mostMs = Math.max(firstMs, options.backoffMostMs)
    this.#retryAt = clock.now() + backoff(random, { firstMs, mostMs }, this.#failures)
    trace?.({ kind: 'lost', server: this.address, reason })
  }

  #release(): void {
    const { wheel } = this.#parts
    this.#channel = null
    this.#isOpen = false
    this.#hasSpoken = false
    wheel.unset(this.#connectAlarm)
    wheel.unset(this.#fullAlarm)
  }
}
