/**
 * The client's session: opened when the first command needs it, kept alive while there is nothing
 * to do, and replaced when the servers say that it is over. Commands wait here for their numbers.
 */
import type { Clock } from '../ports/index.ts'
import type { Milliseconds } from '../raft/index.ts'
import type { KontikiError } from './kontiki-error.ts'
import { type Done, type Operation, type OperationKind, OperationList } from './operation.ts'
import type { ClientOptions } from './options.ts'
import { Session } from './session.ts'
import { Alarm, type TimerWheel } from './timer-wheel.ts'
import type { Trace } from './trace.ts'

export interface SessionParts {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly options: ClientOptions
  readonly trace: Trace | null
  /** Begins an operation of the client's own. */
  readonly submit: (
    kind: OperationKind,
    session: Session | null,
    timeoutMs: Milliseconds,
    done: Done,
  ) => Operation
  /** The operation has its number. */
  readonly ready: (operation: Operation) => void
  /** No session can be had. */
  readonly fail: (operation: Operation, error: KontikiError) => void
}

export class SessionKeeper {
  readonly #parts: SessionParts
  readonly #waiting = new OperationList()
  #current: Session | null = null
  #registering: Operation | null = null
  #keepingAlive: Operation | null = null
  readonly #keepAliveAlarm: Alarm

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#keepAliveAlarm = new Alarm(() => this.#keepAlive())
  }

  get current(): Session | null {
    return this.#current
  }

  /** Commands that have no number yet. */
  get waiting(): OperationList {
    return this.#waiting
  }

  /** Gives the command a number in the session, now or when there is one. */
  number(operation: Operation): void {
    const session = this.#current
    if (session !== null && !session.numbers.isFull && this.#waiting.first === null) {
      operation.session = session
      operation.sequenceNum = session.numbers.take()
      this.#parts.ready(operation)
      return
    }
    this.#waiting.add(operation)
    if (session === null) this.#register()
  }

  /** The operation is settled. */
  settled(operation: Operation): void {
    const { session, sequenceNum } = operation
    if (session !== null && sequenceNum !== 0) {
      operation.sequenceNum = 0
      session.numbers.settle(sequenceNum)
      if (session === this.#current) this.#giveNumbers()
    }
    // Nobody wants a session any more: then none is opened, unless that is under way already.
    const registering = this.#registering
    if (this.#waiting.first === null && registering !== null && registering.attempts === 0) {
      registering.cancel()
    }
  }

  /** The servers know the session no more. */
  isOver(session: Session): void {
    if (session.isOver) return
    session.isOver = true
    this.#parts.trace?.({ kind: 'sessionOver', clientId: session.clientId })
    if (session !== this.#current) return
    this.#current = null
    this.#parts.wheel.unset(this.#keepAliveAlarm)
    if (this.#waiting.first !== null) this.#register()
  }

  stop(): void {
    this.#current = null
    this.#parts.wheel.unset(this.#keepAliveAlarm)
  }

  #register(): void {
    if (this.#registering !== null) return
    const { submit } = this.#parts
    this.#registering = submit('register', null, Number.POSITIVE_INFINITY, (result) => {
      this.#registering = null
      if (result.error === null) this.#registered(result.index)
      else this.#notRegistered(result.error)
    })
  }

  #registered(clientId: number): void {
    const { clock, options, trace } = this.#parts
    trace?.({ kind: 'session', clientId })
    this.#current = new Session(clientId, options.sequenceSpanMax, clock.now())
    this.#setAlarm(this.#current)
    this.#giveNumbers()
  }

  #notRegistered(error: KontikiError): void {
    for (let first = this.#waiting.first; first !== null; first = this.#waiting.first) {
      this.#parts.fail(first, error)
    }
  }

  #giveNumbers(): void {
    const session = this.#current
    if (session === null) return
    while (!session.numbers.isFull && !session.isOver) {
      const operation = this.#waiting.first
      if (operation === null) return
      this.#waiting.remove(operation)
      operation.session = session
      operation.sequenceNum = session.numbers.take()
      this.#parts.ready(operation)
    }
  }

  #setAlarm(session: Session): void {
    const { wheel, options } = this.#parts
    wheel.set(this.#keepAliveAlarm, session.touchedAt + options.keepAliveIntervalMs)
  }

  #keepAlive(): void {
    const session = this.#current
    if (session === null) return
    const { clock, options, submit } = this.#parts
    const { keepAliveIntervalMs } = options
    if (clock.now() < session.touchedAt + keepAliveIntervalMs || this.#keepingAlive !== null) {
      this.#setAlarm(session)
      return
    }
    this.#keepingAlive = submit('keepAlive', session, keepAliveIntervalMs, ({ error }) => {
      this.#keepingAlive = null
      // Where it failed, the next one may do; where the session was over, there is none.
      if (error !== null) session.touchedAt = clock.now()
      if (session === this.#current) this.#setAlarm(session)
    })
  }
}
