/**
 * How operations travel: which wait, which are sent and where to, and what follows from a silence
 * and from the end of a connection. What follows from an answer is answers.ts's.
 */
import type { Random } from '../base/random.ts'
import type { Clock } from '../ports/index.ts'
import type { Milliseconds } from '../raft/index.ts'
import { Addressed } from './addressed.ts'
import { Answers } from './answers.ts'
import type { OpenChannel } from './channel.ts'
import { Delayed } from './delayed.ts'
import type { KontikiError, KontikiErrorCode, Outcome } from './kontiki-error.ts'
import { LeaderQueue } from './leader-queue.ts'
import { LeaderSearch } from './leader-search.ts'
import type { Done, Operation, OperationKind, RequestResult } from './operation.ts'
import type { ClientOptions } from './options.ts'
import { Requests } from './requests.ts'
import type { ServerLink } from './server-link.ts'
import { type GivenServer, Servers } from './servers.ts'
import type { Session } from './session.ts'
import { SessionKeeper } from './session-keeper.ts'
import { notSet, type TimerWheel } from './timer-wheel.ts'
import type { Trace } from './trace.ts'

export interface SendingParts {
  readonly openChannel: OpenChannel
  readonly clock: Clock
  readonly random: Random
  readonly servers: readonly GivenServer[]
  readonly options: ClientOptions
  readonly preferred: string | null
  readonly trace: Trace | null
  readonly wheel: TimerWheel
  readonly submit: (
    kind: OperationKind,
    session: Session | null,
    timeoutMs: Milliseconds,
    done: Done,
  ) => Operation
  readonly succeed: (operation: Operation, result: RequestResult) => void
  /** `outcome`: where it is known better than from the sendings. */
  readonly fail: (
    operation: Operation,
    code: KontikiErrorCode,
    problem: string,
    outcome?: Outcome,
  ) => void
  readonly failAs: (operation: Operation, error: KontikiError) => void
}

/** A sending waits at most so many times `attemptTimeoutMs`: two to this power. */
const patienceMax = 3

export class Sending {
  readonly #parts: SendingParts
  readonly #servers: Servers
  readonly #search: LeaderSearch
  readonly #sessions: SessionKeeper
  readonly #addressed: Addressed
  readonly #answers: Answers
  readonly #requests = new Requests()
  readonly #queue: LeaderQueue
  readonly #delayed: Delayed
  /** The time, while an operation begins: it has just been read. */
  #beginningAt: Milliseconds | null = null

  constructor(parts: SendingParts) {
    const { openChannel, clock, random, wheel, options, trace } = parts
    this.#parts = parts
    this.#servers = new Servers(
      {
        openChannel,
        clock,
        random,
        wheel,
        options,
        trace,
        opened: (link) => this.#mayTake(link),
        drained: (link) => this.#mayTake(link),
        message: (link, message) => {
          this.#answers.heard(link, message)
          this.#queue.pump()
        },
        lost: (link) => this.#lost(link),
      },
      parts.servers,
    )
    const preferred = parts.preferred === null ? null : this.#servers.at(parts.preferred)
    const first = preferred ?? random.pick(this.#servers.all)
    const moved = (): void => this.#queue.pump()
    this.#search = new LeaderSearch({ ...parts, servers: this.#servers, first, moved })
    this.#queue = new LeaderQueue({
      search: this.#search,
      requests: this.#requests,
      options,
      send: (operation, link) => this.#send(operation, link),
      leaveSession: (operation) => this.#route(operation),
    })
    this.#sessions = new SessionKeeper({
      ...parts,
      ready: (operation) => this.#queue.add(operation),
      fail: parts.failAs,
    })
    this.#delayed = new Delayed({
      ...parts,
      setTimer: (operation) => this.setTimer(operation),
      route: (operation) => this.#route(operation),
    })
    const delay = (operation: Operation): void => this.#delayed.delay(operation)
    this.#addressed = new Addressed({
      servers: this.#servers,
      preferred,
      clock,
      send: (operation, link) => this.#send(operation, link),
      delay,
      fail: parts.fail,
    })
    this.#answers = new Answers({
      servers: this.#servers,
      search: this.#search,
      sessions: this.#sessions,
      addressed: this.#addressed,
      requests: this.#requests,
      trace,
      again: (operation) => this.#route(operation),
      delay,
      waitForRoom: (operation) => this.#delayed.waitForRoom(operation),
      succeed: parts.succeed,
      fail: parts.fail,
    })
  }

  get servers(): readonly ServerLink[] {
    return this.#servers.all
  }

  /** Somebody can be spoken to at once. */
  get isConnected(): boolean {
    return this.#search.target.isOpen && !this.#search.isPaused
  }

  serverAt(address: string): ServerLink {
    return this.#servers.at(address)
  }

  /** The session, which from now on is somebody else's affair. */
  takeSession(): Session | null {
    const session = this.#sessions.current
    this.#sessions.stop()
    return session
  }

  /** Every operation that is not settled. */
  all(): Operation[] {
    const lists = [this.#queue.again, this.#queue.ready, this.#delayed.list, this.#sessions.waiting]
    for (const link of this.#servers.all) lists.push(link.waiting, link.inFlight)
    return lists.flatMap((list) => list.toArray())
  }

  begin(operation: Operation): void {
    this.#beginningAt = operation.startedAt
    this.#route(operation)
    this.#queue.pump()
    this.#beginningAt = null
    // What was sent at once has its timer from there.
    if (operation.tick === notSet && !operation.isSettled) this.setTimer(operation)
  }

  /** It rings at its deadline, or before that when it is to be looked at. */
  setTimer(operation: Operation): void {
    this.#parts.wheel.set(operation, Math.min(operation.deadline, operation.nextLook))
  }

  /** The time of the sending that is under way is over, or that of the next one has come. */
  lookAt(operation: Operation): void {
    operation.nextLook = Number.POSITIVE_INFINITY
    this.setTimer(operation)
    const { server } = operation
    if (!this.#requests.isInFlight(operation) || server === null) this.#route(operation)
    else this.#timedOut(operation, server)
    this.#queue.pump()
  }

  #timedOut(operation: Operation, server: ServerLink): void {
    operation.timeouts += 1
    if (server.heardAt < operation.sentAt) this.#foundSilent(server)
    else if (operation.isRepeatable) {
      // It speaks, but not of this: the answer may have been lost, or the leader is slow.
      this.#requests.leave(operation)
      this.#route(operation)
    }
    // What cannot be sent again is still awaited, if the connection is still there.
    if (!operation.isRepeatable) this.#requests.isLate(operation)
  }

  /** It is settled: it stands nowhere any more, and others may have its place. */
  forget(operation: Operation): void {
    this.#requests.forget(operation)
    operation.list?.remove(operation)
    this.#sessions.settled(operation)
    this.#delayed.releaseLowest()
    this.#queue.pump()
  }

  stop(): void {
    for (const link of this.#servers.all) link.close()
  }

  /** To where it waits for being sent. */
  #route(operation: Operation): void {
    if (operation.isAddressed) {
      this.#addressed.route(operation)
      return
    }
    if (operation.session?.isOver === true) this.#leaveSession(operation)
    if (operation.isSettled) return
    if (operation.needsSession && operation.session === null) this.#sessions.number(operation)
    else this.#queue.add(operation)
  }

  /** A command whose sendings are all known to be without effect may go on in the next session. */
  #leaveSession(operation: Operation): void {
    if (operation.kind === 'command' && operation.openAttempts === 0) {
      operation.session = null
      operation.sequenceNum = 0
      return
    }
    const problem = 'the session expired while it was under way, and with it all knowledge of it'
    this.#parts.fail(operation, 'SESSION_EXPIRED', problem)
  }

  #send(operation: Operation, link: ServerLink): boolean {
    if (link.isFull) return false
    const { clock, options, trace } = this.#parts
    const now = this.#beginningAt ?? clock.now()
    if (!this.#requests.send(operation, link, now)) return false
    if (operation.onlyServer === null) {
      const patience = 2 ** Math.min(operation.timeouts, patienceMax)
      operation.nextLook = now + options.attemptTimeoutMs * patience
      this.setTimer(operation)
    }
    trace?.({
      kind: 'sent',
      operation: operation.number,
      what: operation.kind,
      attempt: operation.attempts,
      server: link.address,
    })
    return true
  }

  #mayTake(link: ServerLink): void {
    this.#addressed.mayTake(link)
    this.#queue.pump()
  }

  #foundSilent(link: ServerLink): void {
    // What cannot be sent again keeps the connection on which its answer may yet come.
    const inFlight = link.inFlight.toArray()
    const keeps = inFlight.some((operation) => !operation.isRepeatable)
    link.foundSilent(keeps)
    if (!keeps) return // The link has told of its loss.
    this.#search.failed(link)
    for (const operation of inFlight) {
      if (operation.list !== link.inFlight || !operation.isRepeatable) continue
      this.#requests.leave(operation)
      this.#route(operation)
    }
  }

  #lost(link: ServerLink): void {
    this.#search.failed(link)
    for (const operation of link.inFlight.toArray()) {
      if (operation.list !== link.inFlight) continue // Settled by what followed from another.
      this.#requests.leave(operation)
      if (operation.isAddressed) this.#addressed.couldNot(operation, link)
      else if (operation.isRepeatable) this.#route(operation)
      else {
        const problem = `the connection to ${link.address} was lost before its answer`
        this.#parts.fail(operation, 'ANSWER_LOST', problem)
      }
    }
    for (const operation of link.waiting.toArray()) {
      if (operation.list === link.waiting) this.#addressed.couldNot(operation, link)
    }
    this.#queue.pump()
  }
}
