/** What every reader of a recorded history shares: its error, its lines, and who has what open. */
import type { HistoryBuilder, OperationId } from '../history.ts'

/** A recorded history that cannot be read. The message names the line and fits on one line. */
export class HistoryFormatError extends Error {
  override readonly name = 'HistoryFormatError'
  readonly code = 'MALFORMED_HISTORY'
  /** Counts from 1; 0 where it is not about one line. */
  readonly line: number

  constructor(line: number, problem: string) {
    super(line === 0 ? problem : `line ${line}: ${problem}`)
    this.line = line
  }
}

/** A line of a text that is not blank, without what ends it. */
export interface Line {
  readonly text: string
  /** Counts from 1. */
  readonly number: number
}

export function linesOf(text: string): readonly Line[] {
  return text
    .split('\n')
    .map((line, i) => ({ text: line.trim(), number: i + 1 }))
    .filter((line) => line.text !== '')
}

/** At most so many characters of a bad line are quoted. */
const quotedMax = 60

/** A piece of the input, fit for a message of one line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text)
}

/** Feeds a builder from events that name the process and not the operation. */
export class ProcessRecorder<Input, Output> {
  readonly #builder: HistoryBuilder<Input, Output>
  readonly #open: Map<string, { readonly id: OperationId; readonly input: Input; line: number }>
  #callCount: number

  constructor(builder: HistoryBuilder<Input, Output>) {
    this.#builder = builder
    this.#open = new Map()
    this.#callCount = 0
  }

  call(process: string, input: Input, line: number, where: string): void {
    const open = this.#open.get(process)
    if (open !== undefined) {
      const problem = `process ${quoted(process)} calls, but its call of line ${open.line} is open`
      throw new HistoryFormatError(line, problem)
    }
    const id = this.#builder.call(process, input, where)
    this.#open.set(process, { id, input, line })
    this.#callCount++
  }

  /** Takes the open call of a process, which this line ends. */
  end(process: string, line: number): { readonly id: OperationId; readonly input: Input } {
    const open = this.#open.get(process)
    if (open === undefined) {
      throw new HistoryFormatError(
        line,
        `process ${quoted(process)} ends a call, but has none open`,
      )
    }
    this.#open.delete(process)
    return open
  }

  /** Refuses a text that recorded nothing: it is most likely something else altogether. */
  assertCalls(): void {
    if (this.#callCount === 0) throw new HistoryFormatError(0, 'there is no operation in it')
  }
}
