/**
 * Text that comes in pieces, as lines: ended by a line feed, with or without a carriage return
 * before it, or by the end of the text. The bytes are UTF-8; what is not becomes U+FFFD.
 */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** What is kept of one line; the rest of a longer one is dropped, and it then ends with U+2026. */
export const lineCharactersMax: number = 1024 * 1024

const cutMark = '\u2026'

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #charactersMax: number
  /** The beginning of a line whose end has not come. */
  #rest = ''
  #isCut = false

  constructor(charactersMax: number = lineCharactersMax) {
    this.#charactersMax = charactersMax
  }

  /** The lines that end in this piece. */
  push(piece: Uint8Array): string[] {
    const parts = this.#decoder.write(piece).split('\n')
    return parts.flatMap((part, i) => {
      this.#extend(part)
      return i === parts.length - 1 ? [] : [this.#take()]
    })
  }

  /** The last line, where the text did not end with a line feed. */
  end(): string[] {
    this.#extend(this.#decoder.end())
    return this.#rest === '' ? [] : [this.#take()]
  }

  #extend(part: string): void {
    const room = this.#charactersMax - this.#rest.length
    if (part.length > room) this.#isCut = true
    this.#rest += part.length > room ? part.slice(0, room) : part
  }

  #take(): string {
    const line = this.#isCut ? this.#rest + cutMark : this.#rest.replace(/\r$/, '')
    this.#rest = ''
    this.#isCut = false
    return line
  }
}

/** The lines of a stream, read no faster than they are taken. */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  const splitter = new LineSplitter()
  for await (const piece of input) yield* splitter.push(piece as Uint8Array)
  yield* splitter.end()
}
