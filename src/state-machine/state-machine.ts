/**
 * What a log drives: a deterministic machine that is handed each committed command once, in log
 * order (§2.1). No-ops do not reach it.
 */
import type { LogIndex, Term } from '../raft/index.ts'

export interface StateMachine<Result = unknown> {
  /**
   * Applies the command at `index`. Synchronous and deterministic: the result and the new state
   * follow from the state and the arguments alone. An exception stops the server: a command that
   * one server skips is a command on which servers differ.
   */
  apply(command: Uint8Array, index: LogIndex, term: Term): Result
}
