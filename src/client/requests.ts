/**
 * Which sending of which operation an answer is for: every sending has a number of its own, so that
 * an answer to an earlier one is known for what it is. It is as good as any where it says what
 * became of the operation, and a refusal by it only tells that this sending had no effect.
 */

import { NumberRing } from '../base/number-ring.ts'
import type { Milliseconds } from '../raft/index.ts'
import {
  adminRequest,
  type ClientRequestMessage,
  clientQueryRequest,
  clientRequest,
  closeSessionRequest,
  keepAliveRequest,
  registerClientRequest,
  statusRequest,
} from '../wire/index.ts'
import type { Operation } from './operation.ts'
import type { ServerLink } from './server-link.ts'

/** Earlier sendings of one operation of which an answer is still recognized. */
const earlierMax = 8

export class Requests {
  readonly #operations = new NumberRing<Operation>()
  #lastRequestId = 0
  #inFlight = 0

  /** Sendings that are awaited, and not overdue. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Sends it, where the link takes it. */
  send(operation: Operation, link: ServerLink, now: Milliseconds): boolean {
    const requestId = this.#lastRequestId + 1
    if (!link.send(messageFor(operation, requestId))) return false
    this.#lastRequestId = requestId
    if (operation.requestId !== 0) this.#keepEarlier(operation)
    operation.requestId = requestId
    operation.attempts += 1
    operation.openAttempts += 1
    operation.sentAt = now
    operation.isOutOfRoom = false
    operation.wasLowest = operation.isLowest
    operation.server = link
    this.#operations.set(requestId, operation)
    link.inFlight.add(operation)
    this.#inFlight += 1
    return true
  }

  /** Whose answer that is, if it is anybody's. */
  find(requestId: number): Operation | null {
    return this.#operations.get(requestId)
  }

  isInFlight(operation: Operation): boolean {
    return operation.list !== null && operation.list === operation.server?.inFlight
  }

  /** It is no longer awaited there, whatever comes. */
  leave(operation: Operation): void {
    if (!this.isInFlight(operation)) return
    operation.list?.remove(operation)
    if (!operation.isOverdue) this.#inFlight -= 1
    operation.isOverdue = false
  }

  /** It goes on being awaited, perhaps for long and in vain: another may have its place. */
  isLate(operation: Operation): void {
    if (!this.isInFlight(operation) || operation.isOverdue) return
    operation.isOverdue = true
    this.#inFlight -= 1
  }

  /** One sending is over, without effect. */
  hadNoEffect(operation: Operation, requestId: number): void {
    this.#operations.delete(requestId)
    operation.openAttempts -= 1
    if (operation.requestId === requestId) operation.requestId = 0
    const earlier = operation.earlierRequestIds
    if (earlier === null) return
    const at = earlier.indexOf(requestId)
    if (at >= 0) earlier.splice(at, 1)
  }

  /** Answers are for nobody any more. */
  forget(operation: Operation): void {
    this.leave(operation)
    if (operation.requestId !== 0) this.#operations.delete(operation.requestId)
    operation.requestId = 0
    const earlier = operation.earlierRequestIds
    if (earlier === null) return
    for (const requestId of earlier) this.#operations.delete(requestId)
    operation.earlierRequestIds = null
  }

  #keepEarlier(operation: Operation): void {
    operation.earlierRequestIds ??= []
    operation.earlierRequestIds.push(operation.requestId)
    if (operation.earlierRequestIds.length <= earlierMax) return
    this.#operations.delete(operation.earlierRequestIds.shift() as number)
  }
}

function messageFor(operation: Operation, requestId: number): ClientRequestMessage {
  const { kind, payload, session } = operation
  const clientId = session?.clientId ?? 0
  switch (kind) {
    case 'command': {
      const lowestUnanswered = session?.numbers.lowestUnsettled ?? 0
      const { sequenceNum } = operation
      return clientRequest(requestId, clientId, sequenceNum, lowestUnanswered, payload)
    }
    case 'query':
      return clientQueryRequest(requestId, operation.consistency, payload)
    case 'register':
      return registerClientRequest(requestId)
    case 'keepAlive':
      return keepAliveRequest(requestId, clientId)
    case 'closeSession':
      return closeSessionRequest(requestId, clientId)
    case 'status':
      return statusRequest(requestId)
    case 'admin':
      return adminRequest(requestId, operation.text)
  }
}
