/**
 * Looks at the state machine of one server while it applies: that it agrees with the others', that
 * a new one restored from its snapshot is like it, and that a snapshot stays what it was when it
 * was asked for, although commands are applied before it is read. A real server does all of this
 * at moments that hardly ever come in a test.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { Entry, LogIndex, ServerId } from '../../raft/index.ts'
import type { ByteMachine, Outcome } from '../../state-machine/index.ts'
import type { Agreement } from './agreement.ts'
import { differenceOf } from './difference.ts'

export interface ExaminerParts {
  readonly id: ServerId
  readonly machine: ByteMachine
  readonly agreement: Agreement
  /** A new machine of the same make. */
  readonly another: () => ByteMachine
  /** Snapshots are looked at whenever so many entries were applied; Infinity: never by itself. */
  readonly snapshotEveryEntries: number
  readonly problem: (problem: string) => void
}

/** A snapshot that was asked for and is read later. */
interface Unread {
  readonly index: LogIndex
  readonly expected: Uint8Array
  readonly taken: Uint8Array[]
  readonly rest: Iterator<Uint8Array>
}

export class Examiner {
  readonly #parts: ExaminerParts
  #unread: Unread | null = null
  #looks = 0

  constructor(parts: ExaminerParts) {
    this.#parts = parts
  }

  /** Called after each entry, before the next is applied. */
  applied({ index }: Entry, outcome: Outcome): void {
    const { id, agreement, snapshotEveryEntries } = this.#parts
    agreement.result(id, index, outcome)
    if (index % snapshotEveryEntries === 0) this.look(index)
  }

  /** The machine has taken on a snapshot: what was asked for before is not read any more. */
  restored(): void {
    this.#unread = null
  }

  /** The machine has applied everything through `index` and nothing more. */
  look(index: LogIndex): void {
    this.#readOn()
    const { id, machine, agreement } = this.#parts
    const chunks = [...machine.snapshot()].map((chunk) => chunk.slice())
    const whole = joined(chunks)
    agreement.snapshot(id, index, whole)
    this.#restore(index, chunks, whole)
    const rest = machine.snapshot()[Symbol.iterator]()
    const taken: Uint8Array[] = []
    // Now and then the reader has begun already, and now and then not.
    this.#looks += 1
    if (this.#looks % 2 === 0) takeNext(rest, taken)
    this.#unread = { index, expected: whole, taken, rest }
  }

  #restore(index: LogIndex, chunks: readonly Uint8Array[], whole: Uint8Array): void {
    const { id, another, problem } = this.#parts
    let again: Uint8Array
    try {
      const machine = another()
      machine.restore(chunks)
      again = joined([...machine.snapshot()])
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      problem(`the snapshot of ${id} after index ${index} cannot be restored: ${reason}`)
      return
    }
    if (bytesEqual(whole, again)) return
    const [one, other] = differenceOf(whole, again)
    problem(
      `a state machine does not come back from its snapshot: that of ${id} after index ${index} ` +
        `is ${one}, and a machine that was restored from it gives ${other}`,
    )
  }

  /** Reads what was asked for at the last look. */
  #readOn(): void {
    if (this.#unread === null) return
    const { index, expected, taken, rest } = this.#unread
    this.#unread = null
    while (takeNext(rest, taken));
    const read = joined(taken)
    if (bytesEqual(expected, read)) return
    const [one, other] = differenceOf(expected, read)
    this.#parts.problem(
      `a snapshot changed after it was asked for: that of ${this.#parts.id} after index ${index} ` +
        `was ${one}, and ${other} once later commands had been applied`,
    )
  }
}

function takeNext(from: Iterator<Uint8Array>, taken: Uint8Array[]): boolean {
  const next = from.next()
  if (next.done !== true) taken.push(next.value.slice())
  return next.done !== true
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
