/**
 * What is committed, for good: index → entry, and the term of the leader that first said so. Each
 * server's commitIndex is compared with it as it advances; who holds a committed entry does not
 * give it up; and a majority has it on its disks.
 */
import type { Entry, LogIndex, ServerId, Term } from '../../raft/index.ts'
import { InvariantError } from './invariant-error.ts'
import { place } from './known-entries.ts'
import type { LogView } from './log-view.ts'

export interface Committed {
  readonly entry: Entry
  readonly commitTerm: Term
}

export class CommittedLedger {
  readonly #committed: Committed[] = []

  get lastIndex(): LogIndex {
    return this.#committed.length
  }

  at(index: LogIndex): Committed {
    return this.#committed[index - 1] as Committed
  }

  /** `id` takes `entry` to be committed. Returns whether nobody did before. */
  commit(id: ServerId, entry: Entry, commitTerm: Term): boolean {
    if (entry.index > this.#committed.length) {
      this.#committed.push({ entry, commitTerm })
      return true
    }
    const before = this.at(entry.index)
    if (before.entry.term !== entry.term) {
      throw new InvariantError(
        'committed for good',
        `${id} takes ${place(entry)} to be committed, but ${place(before.entry)} is`,
      )
    }
    return false
  }

  /** Terms in which entries are committed never descend along the log. */
  lastIndexCommittedBefore(term: Term): LogIndex {
    let index = this.lastIndex
    while (index > 0 && this.at(index).commitTerm >= term) index -= 1
    return index
  }

  /**
   * `id` has cut `entry` off its log, which holds other entries from `from` on, or ends there. A
   * leader of a term before the one in which the entry was committed need not have known it, and
   * may be heard late: its followers give the entry up, and are no part of the majority that
   * committed it, though they may have heard only of what comes before the entry's place so far.
   * Nobody else may.
   */
  removed(id: ServerId, entry: Entry, log: LogView, from: LogIndex): void {
    if (entry.index > this.#committed.length) return
    const { entry: committed, commitTerm } = this.at(entry.index)
    if (committed.term !== entry.term || log.matches(entry.index, entry.term)) return
    const replacedTo = Math.min(entry.index, log.lastIndex)
    if (replacedTo >= from && log.has(replacedTo) && log.termAt(replacedTo) < commitTerm) return
    throw new InvariantError('committed for good', `${id} has cut off ${place(entry)}, committed`)
  }
}
