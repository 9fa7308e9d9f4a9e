/**
 * Every entry that was ever seen in a log, by index and term, and the term of the entry before it.
 * An entry is created once, by its term's one leader, so that (index, term) names it for ever.
 */

import { bytesEqual } from '../../base/bytes.ts'
import type { Entry, LogIndex, Term } from '../../raft/index.ts'
import { InvariantError } from './invariant-error.ts'

/** One entry, as it was first seen. */
export interface KnownEntry {
  readonly entry: Entry
  readonly prevTerm: Term
  /** Another entry at the same index, of another term. */
  readonly next: KnownEntry | null
}

export class KnownEntries {
  /** By index; place 0 stays empty. */
  readonly #heads: (KnownEntry | null)[] = [null]

  get(index: LogIndex, term: Term): KnownEntry | null {
    let known = this.#heads[index] ?? null
    while (known !== null && known.entry.term !== term) known = known.next
    return known
  }

  /**
   * The entry as first seen; adds it where it is new. Throws where it contradicts what is known.
   */
  see(id: string, entry: Entry, prevTerm: Term): KnownEntry {
    const known = this.get(entry.index, entry.term)
    if (known === null) {
      while (this.#heads.length <= entry.index) this.#heads.push(null)
      const added = { entry, prevTerm, next: this.#heads[entry.index] as KnownEntry | null }
      this.#heads[entry.index] = added
      return added
    }
    if (known.entry !== entry) requireSame(id, known, entry)
    if (known.prevTerm !== prevTerm) {
      throw new InvariantError(
        'log matching',
        `${id} has ${place(entry)} after an entry of term ${prevTerm}, but elsewhere it stood ` +
          `after one of term ${known.prevTerm}`,
      )
    }
    return known
  }

  /** Whether a log that ends with (lastIndex, lastTerm) holds the entry (index, term). */
  isIn(index: LogIndex, term: Term, lastIndex: LogIndex, lastTerm: Term): boolean {
    if (index > lastIndex) return false
    let at = lastIndex
    let termAt = lastTerm
    while (at > index) {
      const known = this.get(at, termAt)
      if (known === null) return false
      termAt = known.prevTerm
      at -= 1
    }
    return termAt === term
  }
}

function requireSame(id: string, known: KnownEntry, entry: Entry): void {
  const first = known.entry
  if (first.kind === entry.kind && bytesEqual(first.command, entry.command)) return
  throw new InvariantError(
    'log matching',
    `${id} has ${place(entry)} with other contents than it had when it was first seen`,
  )
}

/** `entry 7 of term 2`. */
export function place(entry: Entry): string {
  return `entry ${entry.index} of term ${entry.term}`
}
