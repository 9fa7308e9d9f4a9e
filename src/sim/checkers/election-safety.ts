/**
 * Election Safety (Figure 3.2): at most one leader can be elected in a given term, over all of the
 * run; and nobody leads the same term twice, since the second time it could have forgotten what it
 * wrote the first time. What makes it so is checked as well: a majority has voted for the leader in
 * this very term, as seen on the wire.
 */
import type { Configuration, LogIndex, ServerId, Term } from '../../raft/index.ts'
import { describeConfiguration } from '../../raft/index.ts'
import { InvariantError } from './invariant-error.ts'
import { isQuorum } from './quorums.ts'

/** An election that was won, and the winner's log at that moment, its no-op not included. */
export interface Election {
  readonly term: Term
  readonly leaderId: ServerId
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
}

export class ElectionSafety {
  readonly #elections = new Map<Term, Election>()
  /** Oldest first; terms need not ascend. */
  readonly all: Election[] = []
  maxTerm: Term = 0

  elected(election: Election): void {
    const { term, leaderId } = election
    const before = this.#elections.get(term)
    if (before !== undefined) {
      const who = before.leaderId === leaderId ? `${leaderId} a second time` : `${leaderId} as well`
      throw new InvariantError(
        'election safety',
        `term ${term} was won by ${before.leaderId}, and now by ${who}`,
      )
    }
    this.#elections.set(term, election)
    this.all.push(election)
    if (term > this.maxTerm) this.maxTerm = term
  }

  leaderOf(term: Term): ServerId | null {
    return this.#elections.get(term)?.leaderId ?? null
  }
}

/** `voters`: who has voted for the leader in its term, itself included. */
export function requireQuorum(
  { term, leaderId }: Election,
  voters: ReadonlySet<ServerId>,
  configuration: Configuration,
): void {
  if (isQuorum(configuration, voters)) return
  throw new InvariantError(
    'election safety',
    `${leaderId} leads term ${term} with the votes of ${[...voters].sort().join(', ')}, ` +
      `which are no majority of ${describeConfiguration(configuration)}`,
  )
}
