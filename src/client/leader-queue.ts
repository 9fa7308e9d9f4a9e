/**
 * Operations on their way to the leader: sent in order, many at a time. While it is only a guess
 * that a server leads, one of them goes ahead to see, and the others wait for what it is told.
 */
import type { LeaderSearch } from './leader-search.ts'
import { type Operation, OperationList } from './operation.ts'
import type { ClientOptions } from './options.ts'
import type { Requests } from './requests.ts'
import type { ServerLink } from './server-link.ts'

export interface LeaderQueueParts {
  readonly search: LeaderSearch
  readonly requests: Requests
  readonly options: ClientOptions
  /** False where it was not taken. */
  readonly send: (operation: Operation, link: ServerLink) => boolean
  /** Its session is over: it goes where it belongs now. It stands in no list. */
  readonly leaveSession: (operation: Operation) => void
}

export class LeaderQueue {
  /** Those that have been sent before, and then the others. */
  readonly again: OperationList = new OperationList()
  readonly ready: OperationList = new OperationList()
  readonly #parts: LeaderQueueParts
  #probe: Operation | null = null
  #isPumping = false

  constructor(parts: LeaderQueueParts) {
    this.#parts = parts
  }

  add(operation: Operation): void {
    const goesFirst = operation.attempts > 0 || operation.kind === 'register'
    const list = goesFirst ? this.again : this.ready
    list.add(operation)
  }

  /** Sends what can be sent. What follows from it may call this again: then it goes on here. */
  pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      while (this.#sendNext()) {}
    } finally {
      this.#isPumping = false
    }
  }

  /** False where there is nothing to send, or no way to. */
  #sendNext(): boolean {
    const { search, requests, options, send, leaveSession } = this.#parts
    const operation = this.again.first ?? this.ready.first
    if (operation === null || search.isPaused) return false
    if (operation.session?.isOver === true) {
      operation.list?.remove(operation)
      leaveSession(operation)
      return true
    }
    const { target, isGuess } = search
    if (!target.isOpen) {
      target.connect()
      return false
    }
    if (isGuess && this.#isProbed(target)) return false
    if (requests.inFlight >= options.inFlightMax || !send(operation, target)) return false
    if (isGuess) this.#probe = operation
    return true
  }

  #isProbed(target: ServerLink): boolean {
    const probe = this.#probe
    return probe !== null && probe.server === target && this.#parts.requests.isInFlight(probe)
  }
}
