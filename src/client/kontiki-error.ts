/**
 * How a client's operation fails: with a code for programs, a line for people, and the one thing
 * that the caller must know, which is whether the command may have happened.
 */

/**
 * `notApplied`: it has had no effect and will have none; it is safe to send again. `unknown`: it
 * may have taken effect, or may yet.
 */
export type Outcome = 'notApplied' | 'unknown'

export type KontikiErrorCode =
  /** The deadline has passed. */
  | 'TIMEOUT'
  /** The caller took it back. */
  | 'ABORTED'
  /** The client, or the server that was asked through its own object, was closed. */
  | 'CLOSED'
  /** Too many operations wait already, in this client. */
  | 'OVERLOADED'
  /** The command or query is longer than this client, or the cluster, takes. */
  | 'TOO_LARGE'
  /** The session ended while the command was under way: nobody remembers what became of it. */
  | 'SESSION_EXPIRED'
  /**
   * Without a session: leadership or the connection was lost while the command was under way. With
   * one, too: it was executed, and its response is longer than the servers pass on.
   */
  | 'ANSWER_LOST'
  /** The one server that was asked cannot be reached. */
  | 'UNREACHABLE'
  /** The server, or its state machine, refused it; the message says why. */
  | 'REFUSED'
  /**
   * The leader's disk is full, or those of so many that no majority could store it. `notApplied`,
   * unless the answer to an earlier sending was lost; send it again when there is room.
   */
  | 'DISK_FULL'
  /** The answer cannot be decoded. */
  | 'BAD_ANSWER'
  /** The server stopped: its disk failed, or its state machine threw. */
  | 'SERVER_FAILED'

export class KontikiError extends Error {
  override readonly name = 'KontikiError'
  readonly code: KontikiErrorCode
  readonly outcome: Outcome

  constructor(code: KontikiErrorCode, outcome: Outcome, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.outcome = outcome
  }
}
