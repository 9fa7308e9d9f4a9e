/**
 * A snapshot as a stream of bytes that may be cut anywhere on its way, and come out in the chunks
 * that went in: each frame has its length before it, plus one, and a 0 ends a section.
 */
import { ByteWriter } from '../base/byte-writer.ts'
import { noBytes } from '../base/bytes.ts'

/** Bytes that are no snapshot, or one of another version; the server cannot start from them. */
export class SnapshotError extends Error {
  readonly code = 'BAD_SNAPSHOT'
  override readonly name = 'SnapshotError'
}

/** The frames of one section, and its end. */
export function* writeSection(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    yield new ByteWriter(8).number(chunk.length + 1).finish()
    if (chunk.length > 0) yield chunk
  }
  yield Uint8Array.of(0)
}

export class SectionReader {
  readonly #source: Iterator<Uint8Array>
  #chunk: Uint8Array = noBytes
  #at = 0

  constructor(chunks: Iterable<Uint8Array>) {
    this.#source = chunks[Symbol.iterator]()
  }

  /**
   * The chunks of the section that is next; they must be taken before the next section's. Whoever
   * stops in the middle may go on later: the iterator cannot be closed.
   */
  section(): Iterable<Uint8Array> {
    let isOver = false
    const next = (): IteratorResult<Uint8Array, undefined> => {
      const length = isOver ? 0 : this.#number()
      isOver = length === 0
      return isOver ? { done: true, value: undefined } : { value: this.#take(length - 1) }
    }
    return { [Symbol.iterator]: () => ({ next }) }
  }

  /** No section follows. */
  get isAtEnd(): boolean {
    return !this.#fill()
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#fill()) throw new SnapshotError('the snapshot goes on after its end')
  }

  #number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      if (!this.#fill()) throw tooShort()
      const byte = this.#chunk[this.#at++] as number
      value += (byte & 0x7f) * factor
      if (!Number.isSafeInteger(value)) throw new SnapshotError('a length is out of bounds')
      if (byte < 0x80) return value
    }
  }

  #take(length: number): Uint8Array {
    if (length <= this.#chunk.length - this.#at) return this.#slice(length)
    const parts: Uint8Array[] = []
    for (let missing = length; missing > 0; ) {
      if (!this.#fill()) throw tooShort()
      const part = this.#slice(Math.min(missing, this.#chunk.length - this.#at))
      parts.push(part)
      missing -= part.length
    }
    const whole = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }

  #slice(length: number): Uint8Array {
    this.#at += length
    return this.#chunk.subarray(this.#at - length, this.#at)
  }

  /** True where a byte is at hand; the source is asked for more where there was none. */
  #fill(): boolean {
    while (this.#at === this.#chunk.length) {
      const next = this.#source.next()
      if (next.done === true) return false
      this.#chunk = next.value
      this.#at = 0
    }
    return true
  }
}

function tooShort(): SnapshotError {
  return new SnapshotError('the snapshot ends too early')
}
