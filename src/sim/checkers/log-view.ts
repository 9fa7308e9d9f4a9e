/** A log as the checkers see it. Raft's own is one; other protocols show theirs in its shape. */
import type { Entry, LogIndex, Term } from '../../raft/index.ts'

export interface LogView {
  readonly lastIndex: LogIndex
  /** How often it was cut. */
  readonly epoch: number
  has(index: LogIndex): boolean
  /** 0 before the first. */
  termAt(index: LogIndex): Term
  /** The same object each time, as long as the entry stays. */
  entryAt(index: LogIndex): Entry
  matches(index: LogIndex, term: Term): boolean
}
