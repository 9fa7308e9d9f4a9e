/**
 * Feeds committed entries to a state machine, in order and each once. It trusts nobody on that:
 * a gap or a repetition would make this server's state differ from the others'.
 */
import { assert } from '../base/assert.ts'
import type { Entry, LogIndex } from '../raft/index.ts'
import type { StateMachine } from './state-machine.ts'

/** A state machine threw; the server must stop before it answers anything (the cause is inside). */
export class ApplyError extends Error {
  readonly code = 'APPLY_FAILED'
  override readonly name = 'ApplyError'
  readonly index: LogIndex

  constructor(entry: Entry, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`the state machine failed at entry ${entry.index} of term ${entry.term}: ${reason}`, {
      cause,
    })
    this.index = entry.index
  }
}

export class Applier<Result> {
  readonly #machine: StateMachine<Result>
  #lastApplied: LogIndex = 0

  constructor(machine: StateMachine<Result>) {
    this.#machine = machine
  }

  /** The last entry that the machine has seen, or that was a no-op. */
  get lastApplied(): LogIndex {
    return this.#lastApplied
  }

  /**
   * Applies one entry; null for a no-op. Throws {@link ApplyError}, and is of no use afterwards.
   */
  apply(entry: Entry): Result | null {
    assert(entry.index === this.#lastApplied + 1, `${entry.index} follows ${this.#lastApplied}`)
    let result: Result | null = null
    if (entry.kind === 'command') {
      try {
        result = this.#machine.apply(entry.command, entry.index, entry.term)
      } catch (cause) {
        throw new ApplyError(entry, cause)
      }
    }
    this.#lastApplied = entry.index
    return result
  }
}
