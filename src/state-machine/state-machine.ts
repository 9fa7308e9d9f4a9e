/**
 * What a log drives: a deterministic machine that is handed each committed command once, in log
 * order (§2.1), answers queries between them, and can be written down and read back (§5).
 */
import type { LogIndex, Milliseconds, Term } from '../raft/index.ts'

/** What a command may know beside itself: the same on every server. */
export interface ApplyContext {
  /** The command's place in the log. It only grows: a fencing token. */
  readonly index: LogIndex
  readonly term: Term
  /**
   * The cluster's time: how long the cluster has had a leader that served sessions. It comes with
   * the entries (§6.3), never goes back, and is no time of day.
   */
  readonly timeMs: Milliseconds
}

/** Everything is synchronous. */
export interface StateMachine<
  Command = Uint8Array,
  Query = Uint8Array,
  Result = Uint8Array,
  Answer = Result,
> {
  /**
   * Applies a command. Deterministic: the result and the new state follow from the state and the
   * arguments alone. {@link CommandRefused} is a result like any other; any other exception stops
   * the server, for a command that one server skips is a command on which servers differ.
   */
  apply(command: Command, context: ApplyContext): Result

  /** Reads, and changes nothing. An exception is an error for this client alone. */
  query(query: Query): Answer

  /**
   * The state as of this call. The chunks are taken one by one, and commands are applied between
   * them: they must not show. (The body of a generator function does not run before the first
   * chunk is taken: capture the state outside of it.) Equal states give equal bytes.
   */
  snapshot(): Iterable<Uint8Array>

  /**
   * Takes on the state that `snapshot` gave, in the same chunks, in place of its own. An exception
   * stops the server.
   */
  restore(chunks: Iterable<Uint8Array>): void
}

/** A machine that reads its own bytes; what the log really drives. */
export type ByteMachine = StateMachine<Uint8Array, Uint8Array, Uint8Array, Uint8Array>

/**
 * A command that the machine does not carry out. Thrown before anything was changed; the message
 * goes to the client, is stored for repeats and must be the same on every server (so no text of
 * the platform in it).
 */
export class CommandRefused extends Error {
  readonly code = 'COMMAND_REFUSED'
  override readonly name = 'CommandRefused'
}
