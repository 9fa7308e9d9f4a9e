/**
 * Clients' requests on their way through the log (§6.2). One that was accepted waits at its index,
 * and is told from another leader's entry there by its term. Requests that ask for the very same
 * thing, a command under one number of one session, wait together.
 */
import { assert } from '../base/assert.ts'
import type { LogIndex, ProposalId, Term } from '../raft/index.ts'
import type { Caller } from './caller.ts'

/** One proposal, and everybody who waits for what becomes of it. */
export interface Waiter {
  /** Session and number; null where no repeat of it can be known. */
  readonly key: string | null
  readonly callers: Caller[]
  /** The payload's length. */
  readonly bytes: number
}

interface Accepted {
  readonly term: Term
  readonly waiter: Waiter
}

export class Waiters {
  /** Those that the core has not answered yet: of this turn. */
  readonly #proposed = new Map<ProposalId, Waiter>()
  /** Those whose entries stand in this leader's log. */
  readonly #accepted = new Map<LogIndex, Accepted>()
  readonly #byKey = new Map<string, Waiter>()
  #bytes = 0

  /** Proposals, not callers. */
  get count(): number {
    return this.#proposed.size + this.#accepted.size
  }

  /** Bytes of their payloads. */
  get bytes(): number {
    return this.#bytes
  }

  /** Who waits for the same thing already. */
  find(key: string): Waiter | null {
    return this.#byKey.get(key) ?? null
  }

  add(proposalId: ProposalId, waiter: Waiter): void {
    assert(!this.#proposed.has(proposalId), 'a proposal has a number of its own')
    assert(waiter.key === null || !this.#byKey.has(waiter.key), 'a repeat joins the first')
    this.#proposed.set(proposalId, waiter)
    if (waiter.key !== null) this.#byKey.set(waiter.key, waiter)
    this.#bytes += waiter.bytes
  }

  /** Its entry stands in the log; false where nobody here has proposed it. */
  accept(proposalId: ProposalId, index: LogIndex, term: Term): boolean {
    const waiter = this.#proposed.get(proposalId)
    if (waiter === undefined) return false
    assert(!this.#accepted.has(index), 'those who waited here before were answered')
    this.#proposed.delete(proposalId)
    this.#accepted.set(index, { term, waiter })
    return true
  }

  /** The core has not taken it, or will never answer; null where nobody here has proposed it. */
  takeProposed(proposalId: ProposalId): Waiter | null {
    const waiter = this.#proposed.get(proposalId)
    if (waiter === undefined) return null
    this.#proposed.delete(proposalId)
    this.#forget(waiter)
    return waiter
  }

  /** Who waits at `index`, and whether the entry of `term` there is the one that is waited for. */
  takeApplied(index: LogIndex, term: Term): { waiter: Waiter; isTheirs: boolean } | null {
    const accepted = this.#accepted.get(index)
    if (accepted === undefined) return null
    this.#accepted.delete(index)
    this.#forget(accepted.waiter)
    return { waiter: accepted.waiter, isTheirs: accepted.term === term }
  }

  /** Everybody whose entry stands in the log, in its order. */
  takeAccepted(): Waiter[] {
    const taken = [...this.#accepted.values()].map(({ waiter }) => waiter)
    this.#accepted.clear()
    for (const waiter of taken) this.#forget(waiter)
    return taken
  }

  /** Everybody whom the core has not answered. */
  takeAllProposed(): Waiter[] {
    const taken = [...this.#proposed.values()]
    this.#proposed.clear()
    for (const waiter of taken) this.#forget(waiter)
    return taken
  }

  #forget({ key, bytes }: Waiter): void {
    if (key !== null) this.#byKey.delete(key)
    this.#bytes -= bytes
    assert(this.#bytes >= 0, 'what is forgotten was counted')
  }
}
