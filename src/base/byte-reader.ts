/**
 * Reads what a ByteWriter wrote, from bytes that anybody may have sent. Nothing is thrown: the
 * first thing that is not as it should be makes all that follows read as 0 or empty, and
 * `isComplete` false; it is asked once, at the end.
 */
import { noBytes, utf8Decode } from './bytes.ts'

export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0
  #hasFailed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** True where everything was read, and all of it was well-formed. */
  get isComplete(): boolean {
    return !this.#hasFailed && this.#at === this.#bytes.length
  }

  /** True where something was missing or ill-formed. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** The bytes that are still to be read; 0 after a failure. */
  get remaining(): number {
    return this.#hasFailed ? 0 : this.#bytes.length - this.#at
  }

  byte(): number {
    if (this.remaining === 0) return this.fail()
    return this.#bytes[this.#at++] as number
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = this.byte()
      if (this.#hasFailed) return 0
      value += (byte & 0x7f) * factor
      if (!Number.isSafeInteger(value)) return this.fail()
      if (byte < 0x80) return byte === 0 && factor > 1 ? this.fail() : value
      factor *= 0x80
    }
  }

  /** Bytes with their length before them; a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.number()
    if (length > this.remaining) this.fail()
    if (this.#hasFailed) return noBytes
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** A text in UTF-8 with its length before it. */
  text(): string {
    const length = this.number()
    if (length > this.remaining) this.fail()
    if (this.#hasFailed) return ''
    this.#at += length
    const text = utf8Decode(this.#bytes, this.#at - length, this.#at)
    if (text !== null) return text
    this.fail()
    return ''
  }

  /** What was read is not what it should be: the caller's own check. */
  fail(): 0 {
    this.#hasFailed = true
    return 0
  }
}
