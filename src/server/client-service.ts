/**
 * Figure 6.1's RPCs and what belongs to them, as one server answers them: who is sent on to the
 * leader, who waits for what, and what is said when leadership is lost. Every answer follows from
 * the log or from the core; nothing is answered from what this server alone believes, not even a
 * repeat whose response it has stored: that goes through the log again, and is answered from there.
 */
import { assert, broken } from '../base/assert.ts'
import type { Clock } from '../ports/index.ts'
import type { Answer, Entry, LogIndex, Notice, ProposalId, ServerId } from '../raft/index.ts'
import {
  ClusterClock,
  type Outcome,
  type SessionMachine,
  timeLeapMaxMs,
} from '../state-machine/index.ts'
import { type AdminRequest, type ClientRequestMessage, statusResponse } from '../wire/index.ts'
import { type Caller, callerOf, fail, failure, type Reply } from './caller.ts'
import { entryKindOf, type LoggedRequest, payloadOf } from './logged-request.ts'
import { outcomeResponse } from './outcome-response.ts'
import { Reading } from './reading.ts'
import { Refusals } from './refusals.ts'
import { requestProblem } from './request-problem.ts'
import type { Server } from './server.ts'
import type { ServiceOptions } from './service-options.ts'
import { Waiter, Waiters } from './waiters.ts'

export interface ClientServiceParts {
  /** Its answers, notices and applied entries are handed on to this service. */
  readonly server: Pick<Server, 'propose' | 'read' | 'state'>
  readonly machine: Pick<SessionMachine, 'query' | 'timeMs' | 'rules'>
  readonly clock: Pick<Clock, 'now'>
  /** Numbers for proposals and reads, none of them twice. */
  readonly nextId: () => ProposalId
  /** Where clients find a server; '' where that is not known. */
  readonly addressOf: (id: ServerId) => string
  /** How this server is, as JSON. */
  readonly status: () => string
  /** Takes an operator's request; null where there is nobody for it. */
  readonly admin: ((request: AdminRequest, reply: Reply) => void) | null
  readonly options: ServiceOptions
}

export class ClientService {
  readonly #parts: ClientServiceParts
  readonly #refusals: Refusals
  readonly #waiters = new Waiters()
  readonly #reading: Reading
  /** Read only while this server leads. */
  readonly #clusterClock = new ClusterClock()
  #lastApplied: LogIndex = 0
  #isClosed = false

  constructor(parts: ClientServiceParts) {
    this.#parts = parts
    this.#refusals = new Refusals(parts.server, parts.addressOf)
    this.#reading = new Reading({ ...parts, refusals: this.#refusals })
  }

  /** Proposals that are not answered yet. */
  get requestsWaiting(): number {
    return this.#waiters.count
  }

  get queriesWaiting(): number {
    return this.#reading.count
  }

  /**
   * A client asks. `reply` is called once: from inside this call where the answer is known at once,
   * and never where the server fails, is suspended or crashes first.
   */
  handle(request: ClientRequestMessage, reply: Reply): void {
    const { status, options } = this.#parts
    const problem = this.#isClosed
      ? failure('unavailable', 'the server is closed')
      : requestProblem(request, this.#refusals.commandBytesMax, options.queryBytesMax)
    if (problem !== null) {
      fail([callerOf(request, reply)], problem)
      return
    }
    switch (request.kind) {
      case 'clientQueryRequest':
        this.#reading.ask(request, reply)
        break
      case 'statusRequest':
        reply(statusResponse(request.requestId, 'ok', status()))
        break
      case 'adminRequest':
        this.#administer(request, reply)
        break
      default:
        this.#log(request, reply)
    }
  }

  /** Of the core, to what this service has asked; false where somebody else has. */
  answer(answer: Answer): boolean {
    switch (answer.kind) {
      case 'accepted':
        return this.#accepted(answer.proposalId, answer.index, answer.term)
      case 'refused': {
        const waiter = this.#waiters.takeProposed(answer.proposalId)
        if (waiter !== null) fail(waiter.callers, this.#refusals.of(answer.refusal))
        return waiter !== null
      }
      case 'readable':
      case 'unreadable':
        return this.#reading.answered(answer)
      default:
        return false
    }
  }

  /** The machine has applied an entry, with this outcome: every entry, in order. */
  applied({ index, term }: Entry, outcome: Outcome): void {
    if (index !== this.#lastApplied + 1) broken(`${index} follows ${this.#lastApplied}`)
    this.#lastApplied = index
    this.#clusterClock.applied(this.#parts.machine.timeMs)
    this.#settle(index, term, outcome)
    this.#reading.applied(index)
  }

  /** The machine has taken on a snapshot of the log up to `index`. */
  restored(index: LogIndex): void {
    assert(index >= this.#lastApplied, 'a snapshot takes nothing back')
    this.#lastApplied = index
    this.#clusterClock.applied(this.#parts.machine.timeMs)
    this.#reading.applied(index)
  }

  notice(notice: Notice): void {
    if (notice.kind !== 'roleChanged') return
    const { machine, clock } = this.#parts
    if (notice.role === 'leader') {
      // Time goes on from what the log says, whatever the former leader's clock shows by now.
      this.#clusterClock.lead(machine.timeMs, clock.now())
      return
    }
    // What was accepted may be committed by the next leader, or may not: nobody knows it here, and
    // whoever waits is better off asking there.
    for (const { callers } of this.#waiters.takeAccepted()) {
      fail(callers, this.#refusals.unknown('leadership was lost while it waited'))
    }
    this.#reading.leaderChanged()
  }

  /** The process is as good as stopped: who waits is not answered, now or later. */
  forget(): void {
    this.#waiters.takeAccepted()
    this.#waiters.takeAllProposed()
    this.#reading.end(null)
  }

  /** The server was closed: says so to everybody who waits, and to whoever asks from now on. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const message = 'the server was closed'
    const unknown = this.#waiters.takeAccepted().flatMap(({ callers }) => callers)
    // These did not get as far as the log, and will not.
    const unavailable = this.#waiters.takeAllProposed().flatMap(({ callers }) => callers)
    fail(unknown, failure('unknown', message))
    fail(unavailable, failure('unavailable', message))
    this.#reading.end(failure('unavailable', message))
  }

  /** Puts it into the log, unless it is on its way there. */
  #log(request: LoggedRequest, reply: Reply): void {
    const caller = callerOf(request, reply)
    const { server, clock, machine, options, nextId } = this.#parts
    if (server.state.role.kind !== 'leader') {
      fail([caller], this.#refusals.notLeader())
      return
    }
    const isNumbered = request.kind === 'clientRequest' && request.clientId !== 0
    const clientId = isNumbered ? request.clientId : 0
    const sequenceNum = isNumbered ? request.sequenceNum : 0
    const first = isNumbered ? this.#waiters.find(clientId, sequenceNum) : null
    if (first !== null) {
      this.#join(first.callers, caller)
      return
    }
    const timeMs = this.#clusterClock.read(clock.now(), timeLeapMaxMs(machine.rules))
    const payload = payloadOf(request, timeMs, options.sessions)
    const { count, bytes } = this.#waiters
    if (count >= options.requestsMax || bytes + payload.length > options.requestsBytesMax) {
      fail([caller], failure('overloaded', 'too many requests wait for the log'))
      return
    }
    const proposalId = nextId()
    this.#waiters.add(new Waiter(proposalId, clientId, sequenceNum, caller, payload.length))
    server.propose(proposalId, payload, entryKindOf(request))
  }

  /** A repeat of what is on its way: one entry in the log is enough for both. */
  #join(callers: Caller[], caller: Caller): void {
    if (callers.length < this.#parts.options.repeatsMax) callers.push(caller)
    else fail([caller], failure('overloaded', 'it is waited for too often already'))
  }

  #administer(request: AdminRequest, reply: Reply): void {
    const { admin } = this.#parts
    if (admin !== null) admin(request, reply)
    else fail([callerOf(request, reply)], failure('badRequest', 'there is no administration here'))
  }

  #accepted(proposalId: ProposalId, index: LogIndex, term: number): boolean {
    const { role, currentTerm } = this.#parts.server.state
    if (role.kind === 'leader' && currentTerm === term) {
      return this.#waiters.accept(proposalId, index, term)
    }
    // Accepted, and leadership lost in the same turn; that has been noticed before this.
    const waiter = this.#waiters.takeProposed(proposalId)
    if (waiter !== null) fail(waiter.callers, this.#refusals.unknown('leadership was lost'))
    return waiter !== null
  }

  #settle(index: LogIndex, term: number, outcome: Outcome): void {
    const waiter = this.#waiters.takeApplied(index)
    if (waiter === null) return
    const { callers } = waiter
    if (waiter.term !== term) {
      // Another entry is committed in the place of theirs, which therefore never will be.
      fail(callers, this.#refusals.notLeader('another entry took its place in the log'))
      return
    }
    const { responseBytesMax } = this.#parts.options
    for (const caller of callers) {
      caller.reply(outcomeResponse(caller, outcome, index, responseBytesMax))
    }
  }
}
