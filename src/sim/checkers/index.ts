/** The checkers: Figure 3.2's five guarantees and what keeps them, checked after every event. */
export { Checkers, type CheckersOptions, type ServerView } from './checkers.ts'
export type { Committed, CommittedLedger } from './committed-ledger.ts'
export type { Election, ElectionSafety } from './election-safety.ts'
export { type Invariant, InvariantError } from './invariant-error.ts'
export { isQuorum } from './quorums.ts'
