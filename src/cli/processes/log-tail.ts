/**
 * Follows a server's log file while the server writes it: the lines that are whole, each once. It
 * reads only what is new, so that a long file costs nothing to follow.
 */
import { closeSync, openSync, readSync } from 'node:fs'

const chunkBytes = 64 * 1024

export class LogTail {
  readonly #path: string
  readonly #chunk = Buffer.allocUnsafe(chunkBytes)
  #offset = 0
  /** The beginning of a line whose end is not there yet. */
  #rest = ''
  #lines = 0
  #lastLine: string | null = null

  constructor(path: string) {
    this.#path = path
  }

  /** Whole lines read so far. */
  get lines(): number {
    return this.#lines
  }

  get lastLine(): string | null {
    return this.#lastLine
  }

  /** The lines that have been completed since the last call; none where there is no file yet. */
  read(): string[] {
    const lines = (this.#rest + this.#newText()).split('\n')
    this.#rest = lines.pop() ?? ''
    this.#lines += lines.length
    this.#lastLine = lines[lines.length - 1] ?? this.#lastLine
    return lines
  }

  #newText(): string {
    let file: number
    try {
      file = openSync(this.#path, 'r')
    } catch {
      return ''
    }
    try {
      let text = ''
      for (;;) {
        const length = readSync(file, this.#chunk, 0, chunkBytes, this.#offset)
        if (length === 0) return text
        this.#offset += length
        // Commands are ASCII (C18), so no character is cut in two.
        text += this.#chunk.toString('latin1', 0, length)
      }
    } finally {
      closeSync(file)
    }
  }
}
