/**
 * The log of Figure 3.1 as this server holds it in memory (§3.5): the entries after `baseIndex`,
 * since what a snapshot covers may be dropped (§5.1). It knows entries and terms and nothing of
 * roles, disks or commitment. Entries are shared with messages and saves, never copied.
 */
import { assert, broken } from '../base/assert.ts'
import type { Entry, LogIndex, Term } from './types.ts'

export class Log {
  /** entries[i] has index baseIndex + 1 + i. */
  #entries: Entry[]
  #baseIndex: LogIndex
  #baseTerm: Term
  #epoch: number
  #bytes: number

  /** `entries`: contiguous after the base, terms not decreasing. */
  constructor(entries: readonly Entry[], baseIndex: LogIndex = 0, baseTerm: Term = 0) {
    this.#entries = []
    this.#baseIndex = baseIndex
    this.#baseTerm = baseTerm
    this.#epoch = 0
    this.#bytes = 0
    for (const entry of entries) this.append(entry)
  }

  /** The entry before the first: 0 where nothing was dropped. Its term is known, and no more. */
  get baseIndex(): LogIndex {
    return this.#baseIndex
  }

  get baseTerm(): Term {
    return this.#baseTerm
  }

  get firstIndex(): LogIndex {
    return this.#baseIndex + 1
  }

  get lastIndex(): LogIndex {
    return this.#baseIndex + this.#entries.length
  }

  get lastTerm(): Term {
    return this.termAt(this.lastIndex)
  }

  /** How often a suffix was cut off: tells an index of one history from the same one of another. */
  get epoch(): number {
    return this.#epoch
  }

  /** Of all commands that are held. */
  get bytes(): number {
    return this.#bytes
  }

  has(index: LogIndex): boolean {
    return index > this.#baseIndex && index <= this.lastIndex
  }

  /** Whether {@link termAt} can tell: of the entries that are held, and of the one before them. */
  knowsTerm(index: LogIndex): boolean {
    return index >= this.#baseIndex && index <= this.lastIndex
  }

  entryAt(index: LogIndex): Entry {
    const entry = this.#entries[index - 1 - this.#baseIndex]
    if (entry === undefined) {
      broken(`entry ${index} is not in the log, from ${this.firstIndex} to ${this.lastIndex}`)
    }
    return entry
  }

  /** The term of the entry at `index`; 0 before the first, where every log agrees. */
  termAt(index: LogIndex): Term {
    return index === this.#baseIndex ? this.#baseTerm : this.entryAt(index).term
  }

  /**
   * AppendEntries' consistency check: is there an entry at `index` with `term` (§3.5)? Of what was
   * dropped nobody can tell; that it agrees with every leader's is for the caller to know.
   */
  matches(index: LogIndex, term: Term): boolean {
    return this.knowsTerm(index) && this.termAt(index) === term
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
    this.#bytes += entry.command.length
  }

  /** Cuts off everything from `from` on. */
  truncateSuffix(from: LogIndex): void {
    assert(this.has(from), `${from} is in the log, whose last is ${this.lastIndex}`)
    this.#count(this.#entries.splice(from - this.firstIndex), -1)
    this.#epoch += 1
  }

  /** Drops everything through `index`, which becomes the base. */
  discardPrefix(index: LogIndex): void {
    assert(this.has(index), `${index} is in the log, whose last is ${this.lastIndex}`)
    this.#baseTerm = this.termAt(index)
    this.#count(this.#entries.slice(0, index - this.#baseIndex), -1)
    this.#entries = this.#entries.slice(index - this.#baseIndex)
    this.#baseIndex = index
  }

  /** Drops all there is: the log begins after this entry, which a snapshot covers. */
  replaceBy(baseIndex: LogIndex, baseTerm: Term): void {
    assert(baseIndex > this.#baseIndex, `a log that begins after ${this.#baseIndex} goes on`)
    this.#entries = []
    this.#baseIndex = baseIndex
    this.#baseTerm = baseTerm
    this.#bytes = 0
    this.#epoch += 1
  }

  #count(entries: readonly Entry[], sign: 1 | -1): void {
    for (const { command } of entries) this.#bytes += sign * command.length
  }

  /** The entries in [from, to), as a new list. */
  slice(from: LogIndex, to: LogIndex): Entry[] {
    if (from <= this.#baseIndex) broken(`a slice starts at an entry, not at ${from}`)
    if (to > this.lastIndex + 1) broken(`a slice ends in the log, not at ${to}`)
    return this.#entries.slice(from - this.firstIndex, to - this.firstIndex)
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
   * sides of a disagreement use it to skip a whole conflicting term at a time (§3.5). Where it lies
   * before the base, and nobody can tell where, some index before the base.
   */
  lastIndexNotAbove(term: Term, index: LogIndex): LogIndex {
    let high = Math.min(index, this.lastIndex)
    if (high < this.#baseIndex || this.termAt(high) <= term) return high
    // Terms never decrease along a log, so that the place can be found by halving.
    let low = this.#baseIndex - 1
    while (low + 1 < high) {
      const middle = (low + high) >>> 1
      if (this.termAt(middle) <= term) low = middle
      else high = middle
    }
    return low
  }
}
