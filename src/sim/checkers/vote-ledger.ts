/**
 * One vote per server and term (§3.4), across restarts, as seen on the wire and on the disk: who
 * asks for votes has voted for itself, and who grants one has voted for the asker.
 */
import type { ServerId, Term } from '../../raft/index.ts'
import { InvariantError } from './invariant-error.ts'

export class VoteLedger {
  /** By voter: whom it has voted for, by term. */
  readonly #votes = new Map<ServerId, Map<Term, ServerId>>()
  /** Of servers that have lost their data since. */
  readonly #past: [voter: ServerId, votes: Map<Term, ServerId>][] = []

  vote(voter: ServerId, term: Term, candidate: ServerId): void {
    let votes = this.#votes.get(voter)
    if (votes === undefined) {
      votes = new Map()
      this.#votes.set(voter, votes)
    }
    const before = votes.get(term)
    if (before === undefined) {
      votes.set(term, candidate)
    } else if (before !== candidate) {
      throw new InvariantError(
        'one vote per term',
        `in term ${term}, ${voter} has voted for ${before} and now votes for ${candidate}`,
      )
    }
  }
  /** Another server has the name from now on. */
  emptied(voter: ServerId): void {
    const votes = this.#votes.get(voter)
    if (votes !== undefined) this.#past.push([voter, votes])
    this.#votes.delete(voter)
  }

  /** Who has voted for the candidate; one that leads has voted for itself, seen or not. */
  votersFor(candidate: ServerId, term: Term): ReadonlySet<ServerId> {
    const voters = new Set<ServerId>([candidate])
    for (const [voter, votes] of [...this.#votes, ...this.#past]) {
      if (votes.get(term) === candidate) voters.add(voter)
    }
    return voters
  }
}
