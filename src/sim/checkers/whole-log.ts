/**
 * A server's log as if nothing of it had ever been dropped: what a snapshot stands for is read from
 * the ledger of what is committed, so that every check looks at whole logs. That a snapshot stands
 * for nothing else (§5.1) is checked where such a log is made.
 */
import type { Entry, Log, LogIndex, ServerId, Term } from '../../raft/index.ts'
import type { CommittedLedger } from './committed-ledger.ts'
import { InvariantError } from './invariant-error.ts'
import type { LogView } from './log-view.ts'

export class WholeLog implements LogView {
  readonly #log: Log
  readonly #ledger: CommittedLedger

  constructor(id: ServerId, log: Log, ledger: CommittedLedger) {
    this.#log = log
    this.#ledger = ledger
    requireCommitted(id, log.baseIndex, log.baseTerm, ledger)
  }

  get lastIndex(): LogIndex {
    return this.#log.lastIndex
  }

  get epoch(): number {
    return this.#log.epoch
  }

  has(index: LogIndex): boolean {
    return index >= 1 && index <= this.lastIndex
  }

  termAt(index: LogIndex): Term {
    return index === 0 ? 0 : this.entryAt(index).term
  }

  entryAt(index: LogIndex): Entry {
    const isCovered = index >= 1 && index <= this.#log.baseIndex
    return isCovered ? this.#ledger.at(index).entry : this.#log.entryAt(index)
  }

  matches(index: LogIndex, term: Term): boolean {
    return index <= this.lastIndex && this.termAt(index) === term
  }
}

/** A snapshot that ends with this entry covers only what is committed. */
export function requireCommitted(
  id: ServerId,
  lastIndex: LogIndex,
  lastTerm: Term,
  ledger: CommittedLedger,
): void {
  if (lastIndex === 0) return
  const isCommitted = lastIndex <= ledger.lastIndex
  if (isCommitted && ledger.at(lastIndex).entry.term === lastTerm) return
  const what = isCommitted ? `which is committed in another term` : 'which is not committed'
  throw new InvariantError(
    'snapshots cover what is committed',
    `${id} has a snapshot that ends with entry ${lastIndex} of term ${lastTerm}, ${what}`,
  )
}
