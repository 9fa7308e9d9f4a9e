/**
 * Clients' requests on their way through the log (§6.2). One that was accepted waits at its index,
 * and is told from another leader's entry there by its term. Requests that ask for the very same
 * thing, a command under one number of one session, wait together.
 */
import { assert } from '../base/assert.ts'
import { Fifo } from '../base/fifo.ts'
import { NumberRing } from '../base/number-ring.ts'
import type { LogIndex, ProposalId, Term } from '../raft/index.ts'
import type { Caller } from './caller.ts'

/** One proposal, and everybody who waits for what becomes of it. */
export class Waiter {
  readonly proposalId: ProposalId
  /** The session and its number; 0 and 0 where no repeat of it can be known. */
  readonly clientId: number
  readonly sequenceNum: number
  readonly callers: Caller[]
  /** The payload's length. */
  readonly bytes: number
  /** Where its entry stands in the log; 0 as long as the core has not answered. */
  index: LogIndex = 0
  term: Term = 0

  constructor(
    proposalId: ProposalId,
    clientId: number,
    sequenceNum: number,
    caller: Caller,
    bytes: number,
  ) {
    this.proposalId = proposalId
    this.clientId = clientId
    this.sequenceNum = sequenceNum
    this.callers = [caller]
    this.bytes = bytes
  }
}

/** Sessions whose ring is kept though nobody waits in it: they are likely to be back at once. */
const idleRingsMax = 64

export class Waiters {
  /** Those that the core has not answered yet: of this turn. It answers them in their order. */
  readonly #proposed = new Fifo<Waiter>()
  /** Those whose entries stand in this leader's log, in its order. */
  readonly #accepted = new Fifo<Waiter>()
  /** By session, and by number in it. */
  readonly #sessions = new Map<number, NumberRing<Waiter>>()
  #bytes = 0

  /** Proposals, not callers. */
  get count(): number {
    return this.#proposed.length + this.#accepted.length
  }

  /** Bytes of their payloads. */
  get bytes(): number {
    return this.#bytes
  }

  /** Who waits for the same thing already. */
  find(clientId: number, sequenceNum: number): Waiter | null {
    return this.#sessions.get(clientId)?.get(sequenceNum) ?? null
  }

  /** Its number is above that of every earlier one. */
  add(waiter: Waiter): void {
    const { clientId, sequenceNum } = waiter
    this.#proposed.push(waiter)
    if (clientId !== 0) this.#ringOf(clientId).set(sequenceNum, waiter)
    this.#bytes += waiter.bytes
  }

  /** Its entry stands in the log; false where nobody here has proposed it. */
  accept(proposalId: ProposalId, index: LogIndex, term: Term): boolean {
    const waiter = this.#proposed.first
    if (waiter?.proposalId !== proposalId) return false
    this.#proposed.shift()
    waiter.index = index
    waiter.term = term
    this.#accepted.push(waiter)
    return true
  }

  /** The core has not taken it, or will never answer; null where nobody here has proposed it. */
  takeProposed(proposalId: ProposalId): Waiter | null {
    const waiter = this.#proposed.first
    if (waiter?.proposalId !== proposalId) return null
    this.#proposed.shift()
    this.#forget(waiter)
    return waiter
  }

  /** Who waits at `index`: for the entry there, if that has its waiter's term; else for nothing. */
  takeApplied(index: LogIndex): Waiter | null {
    const waiter = this.#accepted.first
    if (waiter === undefined || waiter.index > index) return null
    assert(waiter.index === index, 'those who waited lower in the log were answered')
    this.#accepted.shift()
    this.#forget(waiter)
    return waiter
  }

  /** Everybody whose entry stands in the log, in its order. */
  takeAccepted(): Waiter[] {
    return this.#forgetAll(this.#accepted.takeAll())
  }

  /** Everybody whom the core has not answered. */
  takeAllProposed(): Waiter[] {
    return this.#forgetAll(this.#proposed.takeAll())
  }

  #ringOf(clientId: number): NumberRing<Waiter> {
    let ring = this.#sessions.get(clientId)
    if (ring === undefined) {
      ring = new NumberRing<Waiter>()
      this.#sessions.set(clientId, ring)
    }
    return ring
  }

  #forgetAll(waiters: Waiter[]): Waiter[] {
    for (const waiter of waiters) this.#forget(waiter)
    return waiters
  }

  #forget({ clientId, sequenceNum, bytes }: Waiter): void {
    this.#bytes -= bytes
    assert(this.#bytes >= 0, 'what is forgotten was counted')
    if (clientId === 0) return
    const ring = this.#sessions.get(clientId)
    const wasThere = ring?.delete(sequenceNum) ?? false
    assert(wasThere, 'who waits in a session is found by its number')
    if (ring?.size === 0 && this.#sessions.size > idleRingsMax) this.#sessions.delete(clientId)
  }
}
