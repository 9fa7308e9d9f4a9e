/**
 * One client's session (§6.3): the responses it may still ask for again, by sequence number. A
 * response that was given once is given again; it is forgotten when the client has said that it
 * needs it no more.
 */
import { assert } from '../base/assert.ts'
import { utf8Length } from '../base/bytes.ts'
import { NumberRing } from '../base/number-ring.ts'
import type { Milliseconds } from '../raft/index.ts'
import type { Response } from './outcome.ts'
import type { ClientId } from './session-command.ts'

export class Session {
  readonly clientId: ClientId
  /** The cluster's time at its last entry. */
  lastActiveMs: Milliseconds
  /** In the order of activity; kept by the session table. */
  older: Session | null = null
  newer: Session | null = null
  #lowestUnanswered: number
  readonly #responses = new NumberRing<Response>()
  #responsesBytes = 0

  constructor(clientId: ClientId, lastActiveMs: Milliseconds, lowestUnanswered: number = 1) {
    this.clientId = clientId
    this.lastActiveMs = lastActiveMs
    this.#lowestUnanswered = lowestUnanswered
  }

  /** Responses to requests with lower numbers are forgotten. */
  get lowestUnanswered(): number {
    return this.#lowestUnanswered
  }

  get responseCount(): number {
    return this.#responses.size
  }

  get responsesBytes(): number {
    return this.#responsesBytes
  }

  /** By sequence number; a new list of what is never changed. */
  responses(): [number, Response][] {
    return this.#responses.entries().sort(([a], [b]) => a - b)
  }

  /** Null where there is none. */
  response(sequenceNum: number): Response | null {
    return this.#responses.get(sequenceNum)
  }

  keep(sequenceNum: number, response: Response): void {
    assert(sequenceNum >= this.#lowestUnanswered, 'a response is kept that may be asked for')
    this.#responses.set(sequenceNum, response)
    this.#responsesBytes += sizeOf(response)
  }

  /** The client has the responses to all lower numbers. It never takes that back. */
  discardBelow(lowestUnanswered: number): void {
    const from = this.#lowestUnanswered
    if (lowestUnanswered <= from) return
    this.#lowestUnanswered = lowestUnanswered
    if (lowestUnanswered - from <= this.#responses.size) {
      for (let number = from; number < lowestUnanswered; number++) this.#discard(number)
    } else {
      for (const [number] of this.#responses.entries()) {
        if (number < lowestUnanswered) this.#discard(number)
      }
    }
  }

  #discard(sequenceNum: number): void {
    const response = this.#responses.get(sequenceNum)
    if (response === null) return
    this.#responses.delete(sequenceNum)
    this.#responsesBytes -= sizeOf(response)
  }
}

function sizeOf(response: Response): number {
  return response.kind === 'applied' ? response.response.length : utf8Length(response.message)
}
