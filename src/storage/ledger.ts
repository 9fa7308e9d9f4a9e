/**
 * What the records so far amount to: term, vote, and the log's last entry with the terms below it.
 * The same rules are applied to what is about to be written (where a violation is our bug) and to
 * what is read back (where it is damage). Entries themselves are not kept here.
 */
import { assert } from '../base/assert.ts'
import type { LogIndex, ServerId, Term } from '../raft/index.ts'

/** Each change returns null, or what is wrong with it; after that the ledger is of no more use. */
export class Ledger {
  currentTerm: Term = 0
  votedFor: ServerId | null = null
  lastIndex: LogIndex = 0
  /** The entry before the first, where the log begins after a snapshot. */
  #baseIndex: LogIndex = 0
  #baseTerm: Term = 0
  /** The log as runs of equal terms: where each begins, and its term. */
  readonly #runStarts: LogIndex[] = []
  readonly #runTerms: Term[] = []

  /** The term of the last entry; 0 where there is none. */
  get lastTerm(): Term {
    return this.#runTerms.at(-1) ?? this.#baseTerm
  }

  get baseIndex(): LogIndex {
    return this.#baseIndex
  }

  /** The term of the entry at `index`; null where there is none, or none that is known. */
  termAt(index: LogIndex): Term | null {
    if (index < this.#baseIndex || index > this.lastIndex) return null
    const run = this.#runStarts.findLastIndex((start) => start <= index)
    return run === -1 ? this.#baseTerm : (this.#runTerms[run] as Term)
  }

  /** The log begins after this entry: what stood before is gone. */
  begin(lastIndex: LogIndex, lastTerm: Term): void {
    this.#baseIndex = lastIndex
    this.#baseTerm = lastTerm
    this.lastIndex = lastIndex
    this.#runStarts.length = 0
    this.#runTerms.length = 0
  }

  /**
   * The log as it stood after a suffix was cut off that reached into segments removed since: what
   * was put in its place follows. The term before it nobody knows any more.
   */
  truncateBelowBase(from: LogIndex): void {
    this.begin(from - 1, 0)
  }

  /** A snapshot takes the place of the log. */
  replace(lastIndex: LogIndex, lastTerm: Term): string | null {
    if (lastIndex < this.#baseIndex || lastTerm < 1) {
      return `a log that begins after ${this.#baseIndex} is replaced through ${lastIndex}`
    }
    if (lastTerm > this.currentTerm) {
      return `the log is replaced in term ${lastTerm}, past the current term ${this.currentTerm}`
    }
    this.begin(lastIndex, lastTerm)
    return null
  }

  setHardState(currentTerm: Term, votedFor: ServerId | null): string | null {
    if (currentTerm < this.currentTerm) {
      return `the term goes back from ${this.currentTerm} to ${currentTerm}`
    }
    const sameTerm = currentTerm === this.currentTerm
    if (sameTerm && this.votedFor !== null && votedFor !== this.votedFor) {
      return `the vote in term ${currentTerm} changes from ${this.votedFor} to ${votedFor}`
    }
    this.currentTerm = currentTerm
    this.votedFor = votedFor
    return null
  }

  truncateFrom(from: LogIndex): string | null {
    if (from <= this.#baseIndex || from > this.lastIndex) {
      return `a log that ends at ${this.lastIndex} is truncated from ${from}`
    }
    this.lastIndex = from - 1
    while ((this.#runStarts.at(-1) ?? 0) >= from) {
      this.#runStarts.pop()
      this.#runTerms.pop()
    }
    return null
  }

  append(index: LogIndex, term: Term): string | null {
    if (index !== this.lastIndex + 1) return `entry ${index} follows entry ${this.lastIndex}`
    const lastTerm = this.lastTerm
    if (term < lastTerm || term < 1) {
      return `entry ${index} of term ${term} follows one of term ${lastTerm}`
    }
    if (term > this.currentTerm) {
      return `entry ${index} is of term ${term}, past the current term ${this.currentTerm}`
    }
    if (term !== lastTerm) {
      this.#runStarts.push(index)
      this.#runTerms.push(term)
    }
    this.lastIndex = index
    return null
  }
}

/** What the core hands over to be saved keeps the log's rules: anything else is our own bug. */
export function assertKept(problem: string | null): void {
  assert(problem === null, `what is saved keeps the rules of the log: ${problem}`)
}
