/**
 * Lines out and lines in. On a terminal there is a prompt with history and completion, and what
 * happens meanwhile is written above it, without garbling what is being typed; otherwise lines are
 * read as they come and nothing but output is written.
 */
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from 'node:readline'

const historyMax = 500

export interface ScreenOptions {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly complete: (line: string) => string[]
  readonly signal: AbortSignal
}

export class Screen {
  readonly isTerminal: boolean
  readonly #options: ScreenOptions
  #prompt: Interface | null = null

  constructor(options: ScreenOptions) {
    this.#options = options
    this.isTerminal = options.input.isTTY === true && options.output.isTTY === true
  }

  /** Writes lines; above the prompt where there is one. */
  write(...lines: readonly string[]): void {
    const { output } = this.#options
    const prompt = this.#prompt
    if (prompt !== null) {
      moveCursor(output, 0, -prompt.getCursorPos().rows)
      cursorTo(output, 0)
      clearScreenDown(output)
    }
    output.write(lines.map((line) => `${line}\n`).join(''))
    prompt?.prompt(true)
  }

  /** The lines of the input, one after the other, until it ends or the signal is given. */
  async *lines(): AsyncGenerator<string> {
    const { input, output, complete, signal } = this.#options
    if (!this.isTerminal) {
      yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal })
      return
    }
    const prompt = createInterface({
      ...{ input, output, signal },
      terminal: true,
      prompt: '> ',
      historySize: historyMax,
      removeHistoryDuplicates: true,
      completer: (line: string) => [complete(line), line],
    })
    // In raw mode the terminal sends no signal of itself.
    prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    prompt.once('close', () => {
      this.#prompt = null
    })
    this.#prompt = prompt
    prompt.prompt()
    for await (const line of prompt) {
      yield line
      this.#prompt?.prompt()
    }
  }
}
