/**
 * The log of Figure 3.1 as this server holds it in memory (§3.5). It knows entries and terms and
 * nothing of roles, disks or commitment. Entries are shared with messages and saves, never copied.
 */
import { assert, broken } from '../base/assert.ts'
import type { Entry, LogIndex, Term } from './types.ts'

export class Log {
  /** entries[i] has index i + 1. */
  readonly #entries: Entry[]
  #epoch: number

  /** `entries`: contiguous from index 1, terms not decreasing. */
  constructor(entries: readonly Entry[]) {
    this.#entries = []
    this.#epoch = 0
    for (const entry of entries) this.append(entry)
  }

  get lastIndex(): LogIndex {
    return this.#entries.length
  }

  get lastTerm(): Term {
    return this.termAt(this.lastIndex)
  }

  /** How often a suffix was cut off: tells an index of one history from the same one of another. */
  get epoch(): number {
    return this.#epoch
  }

  has(index: LogIndex): boolean {
    return index >= 1 && index <= this.#entries.length
  }

  entryAt(index: LogIndex): Entry {
    const entry = this.#entries[index - 1]
    if (entry === undefined)
      broken(`entry ${index} is not in the log, which ends at ${this.lastIndex}`)
    return entry
  }

  /** The term of the entry at `index`; 0 before the first, where every log agrees. */
  termAt(index: LogIndex): Term {
    return index === 0 ? 0 : this.entryAt(index).term
  }

  /** AppendEntries' consistency check: is there an entry at `index` with `term` (§3.5)? */
  matches(index: LogIndex, term: Term): boolean {
    return index <= this.#entries.length && this.termAt(index) === term
  }

  /**
   * Election restriction (§3.6.1): is a log that ends with (lastTerm, lastIndex) at least as up to
   * date as ours? The later last term wins; in equal terms the longer log.
   */
  isNoNewerThan(lastTerm: Term, lastIndex: LogIndex): boolean {
    if (lastTerm !== this.lastTerm) return lastTerm > this.lastTerm
    return lastIndex >= this.lastIndex
  }

  append(entry: Entry): void {
    const { lastIndex, lastTerm } = this
    if (entry.index !== lastIndex + 1) broken(`entry ${entry.index} follows ${lastIndex}`)
    if (entry.term < lastTerm) broken(`an entry of term ${entry.term} follows one of ${lastTerm}`)
    this.#entries.push(entry)
  }

  /** Cuts off everything from `from` on. */
  truncateSuffix(from: LogIndex): void {
    assert(this.has(from), `${from} is in the log, whose last is ${this.lastIndex}`)
    this.#entries.length = from - 1
    this.#epoch += 1
  }

  /** The entries in [from, to), as a new list. */
  slice(from: LogIndex, to: LogIndex): Entry[] {
    if (from < 1) broken(`a slice starts at an entry, not at ${from}`)
    if (to > this.lastIndex + 1) broken(`a slice ends in the log, not at ${to}`)
    return this.#entries.slice(from - 1, to - 1)
  }

  /**
   * The entries from `from` on that fit into `bytesMax` as `sizeOf` counts them, and the first in
   * any case: it stops at the first that does not fit, or the receiver would get a log with a hole.
   */
  batch(from: LogIndex, bytesMax: number, sizeOf: (entry: Entry) => number): Entry[] {
    let to = from
    let bytes = 0
    while (this.has(to)) {
      bytes += sizeOf(this.entryAt(to))
      if (bytes > bytesMax && to > from) break
      to += 1
    }
    return to === from ? [] : this.slice(from, to)
  }

  /**
   * The last index at or before `index` whose term is at most `term`; 0 where there is none. Both
   * sides of a disagreement use it to skip a whole conflicting term at a time (§3.5).
   */
  lastIndexNotAbove(term: Term, index: LogIndex): LogIndex {
    let high = Math.min(index, this.lastIndex)
    if (high === 0 || this.termAt(high) <= term) return high
    // Terms never decrease along a log, so that the place can be found by halving.
    let low = 0
    while (low + 1 < high) {
      const middle = (low + high) >>> 1
      if (this.termAt(middle) <= term) low = middle
      else high = middle
    }
    return low
  }
}
