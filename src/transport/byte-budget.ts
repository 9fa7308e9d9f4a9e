/**
 * A sum of bytes that many connections share, so that a limit for each of thousands need not be
 * multiplied by thousands.
 */
import { assert } from '../base/assert.ts'

export class ByteBudget {
  readonly bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** What is taken. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes so much, or nothing and returns false where that is too much. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.bytesMax) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    assert(bytes <= this.#bytes, 'what is given back was taken')
    this.#bytes -= bytes
  }
}
