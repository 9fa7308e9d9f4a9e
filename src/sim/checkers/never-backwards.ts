/**
 * What only grows in one life of a server: currentTerm, commitIndex and lastApplied. From one life
 * to the next the term may fall back to what was durable, and to no less: see disk-books.ts.
 */
import type { RaftState } from '../../raft/index.ts'
import { InvariantError } from './invariant-error.ts'
import type { Seen } from './seen.ts'

/** Compares with the last look, and remembers the term; the others are the ledgers' to remember. */
export function checkNeverBackwards(seen: Seen, state: RaftState): void {
  if (state.currentTerm < seen.currentTerm) {
    throw back(seen, 'currentTerm', seen.currentTerm, state.currentTerm)
  }
  if (state.commitIndex < seen.commitIndex) {
    throw back(seen, 'commitIndex', seen.commitIndex, state.commitIndex)
  }
  if (state.lastApplied < seen.lastApplied) {
    throw back(seen, 'lastApplied', seen.lastApplied, state.lastApplied)
  }
  seen.currentTerm = state.currentTerm
  seen.lastApplied = state.lastApplied
}

function back(seen: Seen, what: string, before: number, now: number): InvariantError {
  return new InvariantError(
    'never backwards',
    `${what} of ${seen.id} went from ${before} to ${now}`,
  )
}
