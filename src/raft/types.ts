/**
 * The words that everything else is said in: who, when, where in the log, and what an entry is.
 */

/** A server's name; `host:port` in the course project. Never empty, so that it is never falsy. */
export type ServerId = string

/** A term: a whole number from 0, safe as a JavaScript number (§3.3). */
export type Term = number

/** A position in the log; the first entry has index 1, and 0 means "before the first" (§3.5). */
export type LogIndex = number

/** Monotonic milliseconds, with a fraction; only differences mean anything. */
export type Milliseconds = number

/**
 * A number that a server puts on a request and that our own servers echo: positive, and ascending
 * among the requests to one server in one term.
 */
export type RequestId = number

/**
 * What an entry is for: `command` drives the state machine, `noop` is what a new leader appends to
 * commit what came before it (§6.4), `session` is a client's business with its session, and perhaps
 * a command inside it (§6.3), `configuration` says who takes part from here on (§4.1).
 */
export type EntryKind = 'noop' | 'command' | 'session' | 'configuration'

/**
 * One place in the replicated log. Shared between log, disk and messages; never changed once made.
 */
export interface Entry {
  readonly index: LogIndex
  /** The term of the leader that created the entry, not of those who passed it on. */
  readonly term: Term
  readonly kind: EntryKind
  /** The command's bytes, or what the kind has in their place; empty for a no-op. */
  readonly command: Uint8Array
}

/** The one factory of entries, so that all have one shape. */
export function entry(index: LogIndex, term: Term, kind: EntryKind, command: Uint8Array): Entry {
  return { index, term, kind, command }
}
