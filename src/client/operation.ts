/**
 * One thing that a client is asked to do, from its request to its answer, over as many sendings as
 * that takes; and the lists in which operations wait. An operation stands in one list at a time.
 */
import { assert } from '../base/assert.ts'
import type { LogIndex, Milliseconds } from '../raft/index.ts'
import type { Consistency } from '../wire/index.ts'
import type { KontikiError, Outcome } from './kontiki-error.ts'
import type { ServerLink } from './server-link.ts'
import type { Session } from './session.ts'
import { Timer } from './timer-wheel.ts'

export type OperationKind =
  | 'command'
  | 'query'
  | 'status'
  | 'admin'
  | 'register'
  | 'keepAlive'
  | 'closeSession'

/**
 * What became of an operation. `index`: of the command's entry, or what a query's answer reflects
 * at least; 0 where that is not known. `json`: of a status or an operator's request, else ''.
 */
export type RequestResult =
  | {
      readonly error: null
      readonly response: Uint8Array
      readonly index: LogIndex
      readonly json: string
    }
  | { readonly error: KontikiError }

export type Done = (result: RequestResult) => void

/** What an operation needs of the client that has taken it. */
export interface OperationOwner {
  /** The deadline has come, or the time of the sending that is under way, or of the next one. */
  operationRings(operation: Operation): void
  abort(operation: Operation): void
}

export class Operation extends Timer {
  readonly kind: OperationKind
  /** The command or the query; empty for the other kinds. */
  readonly payload: Uint8Array
  /** An operator's request; '' for the other kinds. */
  readonly text: string
  readonly consistency: Consistency
  /** A command that is to happen once, whatever is lost. */
  readonly needsSession: boolean
  /** For people: the number of the operation among the client's. */
  readonly number: number
  readonly startedAt: Milliseconds
  readonly deadline: Milliseconds
  isSettled = false
  /** It counts among what the client has taken from its callers. */
  isCounted = false
  /** Its answer is late, and it can be asked for nowhere else: it takes no place in flight. */
  isOverdue = false
  /** The one server that it is for; null: any that can do it. */
  onlyServer: ServerLink | null = null
  /** Of a stale query: the servers that could not answer it since the last pause. */
  asked: Set<ServerLink> | null = null
  /** When to look at it again before its deadline; Infinity: not before. */
  nextLook: Milliseconds = Number.POSITIVE_INFINITY
  /** Sendings, whatever became of them. */
  attempts = 0
  /** Sendings of which it is not known that they have had, and will have, no effect. */
  openAttempts = 0
  /** Sendings that were not answered in time. */
  timeouts = 0
  /** Of the sending that is under way, or was last. */
  requestId = 0
  /** Of earlier sendings that may still be answered; null: there is none. */
  earlierRequestIds: number[] | null = null
  sentAt: Milliseconds = 0
  /** The server that it was sent to last. */
  server: ServerLink | null = null
  session: Session | null = null
  /** In that session; 0: it has none yet. */
  sequenceNum = 0
  /** It was refused for want of room for its response. */
  isOutOfRoom = false
  /** It was the lowest number of its session when it was sent last. */
  wasLowest = false
  list: OperationList | null = null
  previous: Operation | null = null
  next: Operation | null = null

  readonly #owner: OperationOwner
  #done: Done | null

  constructor(
    owner: OperationOwner,
    number: number,
    kind: OperationKind,
    payload: Uint8Array,
    text: string,
    consistency: Consistency,
    needsSession: boolean,
    startedAt: Milliseconds,
    deadline: Milliseconds,
    done: Done,
  ) {
    super()
    this.#owner = owner
    this.number = number
    this.kind = kind
    this.payload = payload
    this.text = text
    this.consistency = consistency
    this.needsSession = needsSession
    this.startedAt = startedAt
    this.deadline = deadline
    this.#done = done
  }

  /** Takes it back, where it is not settled: it fails as `ABORTED`, before this returns. */
  cancel(): void {
    this.#owner.abort(this)
  }

  /** Whether what was sent may have changed the state, as far as the client knows. */
  get outcome(): Outcome {
    const changes = this.kind === 'command' || this.kind === 'admin'
    return changes && this.openAttempts > 0 ? 'unknown' : 'notApplied'
  }

  /** Any server can answer it, or one alone: the leader need not be found. */
  get isAddressed(): boolean {
    if (this.onlyServer !== null) return true
    return this.kind === 'status' || (this.kind === 'query' && this.consistency === 'stale')
  }

  /** Sent again, it can do no harm: it reads only, or its session knows it by its number. */
  get isRepeatable(): boolean {
    return this.needsSession || (this.kind !== 'command' && this.kind !== 'admin')
  }

  /** No lower number of its session waits for its answer. */
  get isLowest(): boolean {
    return this.session !== null && this.sequenceNum === this.session.numbers.lowestUnsettled
  }

  override ring(): void {
    this.#owner.operationRings(this)
  }

  /** Hands the result over, once. Everything else about the operation is in order by then. */
  settle(result: RequestResult): void {
    const done = this.#done
    assert(done !== null, 'an operation is settled once')
    this.#done = null
    done(result)
  }
}

/** A queue of operations that any of them may leave at any time. */
export class OperationList {
  #first: Operation | null = null
  #last: Operation | null = null
  #size = 0

  get first(): Operation | null {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  /** To the end of this list, out of the one it stands in. */
  add(operation: Operation): void {
    operation.list?.remove(operation)
    const last = this.#last
    operation.list = this
    operation.previous = last
    if (last === null) this.#first = operation
    else last.next = operation
    this.#last = operation
    this.#size += 1
  }

  /** To the head of this list, out of the one it stands in. */
  addFirst(operation: Operation): void {
    operation.list?.remove(operation)
    const first = this.#first
    operation.list = this
    operation.next = first
    if (first === null) this.#last = operation
    else first.previous = operation
    this.#first = operation
    this.#size += 1
  }

  remove(operation: Operation): void {
    assert(operation.list === this, 'an operation leaves the list that it stands in')
    const { previous, next } = operation
    if (previous === null) this.#first = next
    else previous.next = next
    if (next === null) this.#last = previous
    else next.previous = previous
    operation.list = null
    operation.previous = null
    operation.next = null
    this.#size -= 1
  }

  /** A copy, for going through while they move. */
  toArray(): Operation[] {
    const operations: Operation[] = []
    for (let operation = this.#first; operation !== null; operation = operation.next) {
      operations.push(operation)
    }
    return operations
  }
}
