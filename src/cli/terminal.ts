/**
 * Standard input, output and error as a program that takes commands uses them. On a terminal there
 * are a prompt, history and editing, and what is said meanwhile does not tear the line that is
 * being typed; with pipes and files there is nothing but what the program writes (C16).
 */
import * as readline from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { linesOf } from './line-splitter.ts'

export interface TerminalParts {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Writable & { readonly isTTY?: boolean }
  readonly errors: Writable & { readonly isTTY?: boolean }
  readonly prompt: string
  /** Words that the tabulator completes. */
  readonly words: readonly string[]
  /** Ctrl-C while a line is being typed. */
  readonly interrupted: () => void
}

/** Lines of history; each is kept once. */
const historyMax = 200

export class Terminal {
  readonly #parts: TerminalParts
  readonly #readline: readline.Interface | null
  #isPrompting = false

  constructor(parts: TerminalParts) {
    this.#parts = parts
    const { input, output, prompt } = parts
    // With the output elsewhere a prompt would end up in a file.
    const isInteractive = input.isTTY === true && output.isTTY === true
    this.#readline = isInteractive
      ? readline.createInterface({
          input,
          output,
          prompt,
          terminal: true,
          historySize: historyMax,
          removeHistoryDuplicates: true,
          completer: (line: string) => this.#complete(line),
        })
      : null
    this.#readline?.on('SIGINT', () => parts.interrupted())
  }

  /**
   * Executes line after line, until the input ends. What a line has set going in this turn of the
   * event loop happens before the next line.
   */
  async run(execute: (line: string) => Promise<void> | void): Promise<void> {
    // The iterator comes before the prompt: a line that is typed ahead must not be missed.
    const lines = this.#readline?.[Symbol.asyncIterator]() ?? linesOf(this.#parts.input)
    this.#prompt()
    for await (const line of lines) {
      this.#isPrompting = false
      await execute(line)
      await nextTurn()
      this.#prompt()
    }
    this.#isPrompting = false
  }

  /** An answer: to standard output. */
  write(text: string): void {
    this.#parts.output.write(text)
  }

  /** A diagnostic: one line to standard error. */
  say(line: string): void {
    const { output, errors } = this.#parts
    const isInTheWay = this.#isPrompting && errors.isTTY === true
    if (isInTheWay) {
      readline.cursorTo(output, 0)
      readline.clearLine(output, 0)
    }
    errors.write(`${line}\n`)
    // With what has been typed so far.
    if (isInTheWay) this.#readline?.prompt(true)
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.#isPrompting = false
    this.#readline?.close()
  }

  #prompt(): void {
    if (this.#readline === null) return
    this.#isPrompting = true
    this.#readline.prompt()
  }

  #complete(line: string): [string[], string] {
    return [this.#parts.words.filter((word) => word.startsWith(line)), line]
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
