/**
 * Feeds committed entries to a state machine, in order and each once. It trusts nobody on that:
 * a gap or a repetition would make this server's state differ from the others'.
 */
import { assert, broken } from '../base/assert.ts'
import type { Entry, LogIndex, Term } from '../raft/index.ts'
import type { Outcome } from './outcome.ts'
import type { SessionMachine } from './session-machine.ts'

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

export class Applier {
  readonly #machine: SessionMachine
  #lastApplied: LogIndex = 0
  #lastAppliedTerm: Term = 0
  #hasFailed = false

  constructor(machine: SessionMachine) {
    this.#machine = machine
  }

  /** The last entry that the machine's state includes; 0 before the first. */
  get lastApplied(): LogIndex {
    return this.#lastApplied
  }

  /** Its term: a snapshot taken now stands for the log up to (lastApplied, lastAppliedTerm). */
  get lastAppliedTerm(): Term {
    return this.#lastAppliedTerm
  }

  /** Of everything applied so far: see {@link SessionMachine.digest}. */
  get digest(): number {
    return this.#machine.digest
  }

  /** Applies one entry. Throws {@link ApplyError}, and is of no use afterwards. */
  apply(entry: Entry): Outcome {
    assert(!this.#hasFailed, 'nothing is applied after a failure')
    if (entry.index !== this.#lastApplied + 1) broken(`${entry.index} follows ${this.#lastApplied}`)
    assert(entry.term >= this.#lastAppliedTerm, 'terms only grow along the log')
    let outcome: Outcome
    try {
      outcome = this.#machine.apply(entry)
    } catch (cause) {
      this.#hasFailed = true
      throw new ApplyError(entry, cause)
    }
    this.#lastApplied = entry.index
    this.#lastAppliedTerm = entry.term
    return outcome
  }

  /** The machine has taken on a snapshot of the log up to here; never back. */
  restored(index: LogIndex, term: Term): void {
    assert(index >= this.#lastApplied, `a snapshot at ${index} is not behind ${this.#lastApplied}`)
    this.#lastApplied = index
    this.#lastAppliedTerm = term
  }
}
