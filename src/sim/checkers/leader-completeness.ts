/**
 * Leader Completeness (Figure 3.2): if a log entry is committed in a given term, then that entry
 * will be present in the logs of the leaders for all higher-numbered terms. Checked when a leader
 * is elected, and when an entry is committed in a term below one that was won already.
 */
import type { Term } from '../../raft/index.ts'
import type { CommittedLedger } from './committed-ledger.ts'
import type { Election, ElectionSafety } from './election-safety.ts'
import { InvariantError } from './invariant-error.ts'
import type { KnownEntries } from './known-entries.ts'
import { place } from './known-entries.ts'

export class LeaderCompleteness {
  readonly #known: KnownEntries
  readonly #ledger: CommittedLedger
  readonly #elections: ElectionSafety

  constructor(known: KnownEntries, ledger: CommittedLedger, elections: ElectionSafety) {
    this.#known = known
    this.#ledger = ledger
    this.#elections = elections
  }

  /** Log matching makes the last entry speak for all before it. */
  elected(election: Election): void {
    this.#check(election, this.#ledger.lastIndexCommittedBefore(election.term))
  }

  /** The ledger has grown, in a leader's term `commitTerm`. */
  committed(commitTerm: Term): void {
    if (this.#elections.maxTerm <= commitTerm) return
    for (const election of this.#elections.all) {
      if (election.term > commitTerm) this.#check(election, this.#ledger.lastIndex)
    }
  }

  #check(election: Election, index: number): void {
    if (index === 0) return
    const { entry, commitTerm } = this.#ledger.at(index)
    const { term, leaderId, lastIndex, lastTerm } = election
    if (this.#known.isIn(index, entry.term, lastIndex, lastTerm)) return
    throw new InvariantError(
      'leader completeness',
      `${leaderId} was elected in term ${term} with a log that ends at ${lastIndex}@${lastTerm} ` +
        `and lacks ${place(entry)}, committed in term ${commitTerm}`,
    )
  }
}
