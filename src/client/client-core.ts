/**
 * A client of a cluster (§6.2 to §6.4): it finds the leader, keeps a session, sends again what was
 * lost, and tells of every operation what became of it. It stands over ports alone, so the
 * simulator runs it as it is. What is here is how operations come in and how they end; whom they
 * are sent to, and what the answers mean, is sending.ts's.
 */
import { noBytes } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import type { Clock } from '../ports/index.ts'
import type { Milliseconds } from '../raft/index.ts'
import type { Consistency } from '../wire/index.ts'
import { failureText, operationNames } from './account.ts'
import type { OpenChannel } from './channel.ts'
import { KontikiError, type KontikiErrorCode, type Outcome } from './kontiki-error.ts'
import {
  type Done,
  Operation,
  type OperationKind,
  type OperationOwner,
  type RequestResult,
} from './operation.ts'
import type { ClientOptions } from './options.ts'
import { Sending } from './sending.ts'
import type { GivenServer } from './servers.ts'
import type { Session } from './session.ts'
import { TimerWheel } from './timer-wheel.ts'
import type { Trace } from './trace.ts'

export interface ClientParts {
  readonly openChannel: OpenChannel
  /** This client's alone: it sets its alarm. */
  readonly clock: Clock
  readonly random: Random
  readonly servers: readonly GivenServer[]
  readonly options: ClientOptions
  /** The address of the server that is asked first, and for what any server may answer. */
  readonly preferred?: string | null
  readonly trace?: Trace | null
}

export interface OperationOptions {
  /** Instead of the client's own; Infinity: for ever. */
  readonly timeoutMs?: Milliseconds
}

export interface RequestOptions extends OperationOptions {
  /** Without a session a command whose answer is lost has an unknown outcome. By default with. */
  readonly session?: boolean
}

export interface QueryOptions extends OperationOptions {
  readonly consistency?: Consistency
}

export interface AdminOptions extends OperationOptions {
  /** The one server that is asked; by default the leader. */
  readonly address?: string
}

/** For taking an operation back. */
export type Cancel = Pick<Operation, 'cancel'>

export class ClientCore implements OperationOwner {
  readonly #clock: Clock
  readonly #options: ClientOptions
  readonly #trace: Trace | null
  readonly #wheel: TimerWheel
  readonly #sending: Sending
  /** Why nothing more is taken. */
  #ending: { readonly code: KontikiErrorCode; readonly problem: string } | null = null
  #lastNumber = 0
  /** Operations of callers that are not settled, and the bytes in them. */
  #outstanding = 0
  #outstandingBytes = 0
  #whenShut: (() => void)[] | null = []

  constructor(parts: ClientParts) {
    this.#clock = parts.clock
    this.#options = parts.options
    this.#trace = parts.trace ?? null
    this.#wheel = new TimerWheel(parts.clock)
    this.#sending = new Sending({
      ...parts,
      preferred: parts.preferred ?? null,
      trace: this.#trace,
      wheel: this.#wheel,
      submit: (kind, session, timeoutMs, done) => this.#submit(kind, session, timeoutMs, done),
      succeed: (operation, result) => this.#finish(operation, result),
      fail: (operation, code, problem, outcome) => this.#fail(operation, code, problem, outcome),
      failAs: (operation, error) => this.#finish(operation, { error }),
    })
  }

  /** Operations that are not settled. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** A command, to happen once. `done` is called once, never from inside this call. */
  request(command: Uint8Array, options: RequestOptions, done: Done): Cancel {
    const { timeoutMs = this.#options.timeoutMs, session = true } = options
    const operation = this.#make('command', command, '', 'linearizable', session, timeoutMs, done)
    return this.#begin(operation)
  }

  /** A query, by default linearizable. A stale one is answered by any server. */
  query(query: Uint8Array, options: QueryOptions, done: Done): Cancel {
    const { timeoutMs = this.#options.timeoutMs, consistency = 'linearizable' } = options
    const operation = this.#make('query', query, '', consistency, false, timeoutMs, done)
    return this.#begin(operation)
  }

  /** How the server at an address is: the result's `json`. */
  status(address: string, options: OperationOptions, done: Done): Cancel {
    const { timeoutMs = this.#options.timeoutMs } = options
    const operation = this.#make('status', noBytes, '', 'stale', false, timeoutMs, done)
    operation.onlyServer = this.#sending.serverAt(address)
    return this.#begin(operation)
  }

  /** An operator's request to the leader, or to one server, as JSON. Sent once only. */
  admin(json: string, options: AdminOptions, done: Done): Cancel {
    const { timeoutMs = this.#options.timeoutMs, address } = options
    const operation = this.#make('admin', noBytes, json, 'linearizable', false, timeoutMs, done)
    if (address !== undefined) operation.onlyServer = this.#sending.serverAt(address)
    return this.#begin(operation)
  }

  /**
   * Takes nothing more. What is not settled fails, as `CLOSED`; the servers are told that the
   * session is over, where they can be reached at once. Then `done`, never from inside this call.
   */
  close(done: () => void = () => {}, why = 'the client was closed'): void {
    this.#close(done, 'CLOSED', why, true)
  }

  /** The same, for a reason that is an error, and without a word to the servers. */
  fail(code: KontikiErrorCode, problem: string): void {
    this.#close(() => {}, code, problem, false)
  }

  #close(done: () => void, code: KontikiErrorCode, problem: string, bidsFarewell: boolean): void {
    if (this.#whenShut === null) {
      this.#clock.soon(done)
      return
    }
    this.#whenShut.push(done)
    if (this.#ending !== null) return
    this.#ending = { code, problem }
    const session = this.#sending.takeSession()
    for (const operation of this.#sending.all()) {
      if (!operation.isSettled) this.#fail(operation, code, problem)
    }
    if (session === null || !bidsFarewell || !this.#sending.isConnected) this.#shut()
    else this.#submit('closeSession', session, this.#options.closeTimeoutMs, () => this.#shut())
  }

  operationRings(operation: Operation): void {
    const now = this.#clock.now()
    if (now >= operation.deadline) {
      const waited = Math.round(operation.deadline - operation.startedAt)
      const name = operationNames[operation.kind]
      this.#fail(operation, 'TIMEOUT', `${name} was not answered within ${waited} ms`)
      return
    }
    if (now >= operation.nextLook) this.#sending.lookAt(operation)
    else this.#sending.setTimer(operation)
  }

  abort(operation: Operation): void {
    if (operation.isSettled) return
    this.#fail(operation, 'ABORTED', `${operationNames[operation.kind]} was aborted`)
  }

  #make(
    kind: OperationKind,
    payload: Uint8Array,
    text: string,
    consistency: Consistency,
    needsSession: boolean,
    timeoutMs: Milliseconds,
    done: Done,
  ): Operation {
    const now = this.#clock.now()
    const number = ++this.#lastNumber
    const deadline = now + timeoutMs
    return new Operation(
      this,
      number,
      kind,
      payload,
      text,
      consistency,
      needsSession,
      now,
      deadline,
      done,
    )
  }

  #begin(operation: Operation): Operation {
    const { payload, text } = operation
    const { outstandingMax, outstandingBytesMax, requestBytesMax } = this.#options
    const bytes = payload.length + text.length
    const ending = this.#ending
    if (ending !== null) return this.#refuse(operation, ending.code, ending.problem)
    if (bytes > requestBytesMax) {
      const name = operationNames[operation.kind]
      const problem = `${name} has ${bytes} bytes, over requestBytesMax (${requestBytesMax})`
      return this.#refuse(operation, 'TOO_LARGE', problem)
    }
    if (this.#outstanding >= outstandingMax) {
      const problem = `${outstandingMax} operations wait already (outstandingMax)`
      return this.#refuse(operation, 'OVERLOADED', problem)
    }
    if (this.#outstandingBytes + bytes > outstandingBytesMax) {
      const problem = `${this.#outstandingBytes} bytes wait already (outstandingBytesMax)`
      return this.#refuse(operation, 'OVERLOADED', problem)
    }
    operation.isCounted = true
    this.#outstanding += 1
    this.#outstandingBytes += bytes
    this.#sending.begin(operation)
    return operation
  }

  #refuse(operation: Operation, code: KontikiErrorCode, problem: string): Operation {
    this.#clock.soon(() => {
      if (!operation.isSettled) this.#fail(operation, code, problem)
    })
    return operation
  }

  /** An operation of the client's own. */
  #submit(
    kind: OperationKind,
    session: Session | null,
    timeoutMs: Milliseconds,
    done: Done,
  ): Operation {
    const operation = this.#make(kind, noBytes, '', 'linearizable', false, timeoutMs, done)
    operation.session = session
    this.#sending.begin(operation)
    return operation
  }

  #fail(
    operation: Operation,
    code: KontikiErrorCode,
    problem: string,
    outcome: Outcome = operation.outcome,
  ): void {
    const text = failureText(problem, operation, this.#sending.servers)
    this.#finish(operation, { error: new KontikiError(code, outcome, text) })
  }

  #finish(operation: Operation, result: RequestResult): void {
    operation.isSettled = true
    this.#wheel.unset(operation)
    if (operation.isCounted) {
      this.#outstanding -= 1
      this.#outstandingBytes -= operation.payload.length + operation.text.length
    }
    this.#trace?.({
      kind: 'settled',
      operation: operation.number,
      what: operation.kind,
      attempts: operation.attempts,
      error: result.error?.code ?? null,
    })
    this.#sending.forget(operation)
    operation.settle(result)
  }

  #shut(): void {
    this.#sending.stop()
    this.#wheel.stop()
    const waiting = this.#whenShut ?? []
    this.#whenShut = null
    for (const done of waiting) this.#clock.soon(done)
  }
}
