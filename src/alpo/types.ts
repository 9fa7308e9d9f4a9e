/**
 * ALPO's words: who, when, where in the log, and what an entry is. They are the original's, and not
 * Raft's: an entry has an `id` where Raft's has an index.
 */

/** A server's name. */
export type ServerId = string

/** A whole number from 0; 0 is the term of a server that has never heard of an election. */
export type Term = number

/**
 * A place in the log: the first entry has id 1, and ids have no gaps (A7). 0 is before the first.
 */
export type LogId = number

/** Monotonic milliseconds, with a fraction; only differences mean anything. */
export type Milliseconds = number

/** One place in the replicated log; never changed once made. */
export interface Entry {
  readonly id: LogId
  /** The term in which it was created (A2). */
  readonly term: Term
  readonly command: Uint8Array
}

export function entry(id: LogId, term: Term, command: Uint8Array): Entry {
  return { id, term, command }
}
