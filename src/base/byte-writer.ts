/**
 * Writes small binary records: numbers as varints (seven bits a byte, the lowest first), bytes and
 * texts with their length before them. What it writes, a ByteReader reads.
 */
import { broken } from './assert.ts'
import { utf8Encode } from './bytes.ts'

export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  /** Room for `expectedBytes` at first; it grows where that was too little. */
  constructor(expectedBytes: number = 64) {
    this.#bytes = new Uint8Array(expectedBytes)
  }

  /** The bytes written so far. */
  get length(): number {
    return this.#length
  }

  /** One byte, 0 to 255. */
  byte(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) broken(`${value} is a whole number from 0 up`)
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
    return this
  }

  /** Bytes, after their length. */
  bytes(value: Uint8Array): this {
    return this.number(value.length).raw(value)
  }

  /** A text in UTF-8, after its length in bytes. */
  text(value: string): this {
    return this.bytes(utf8Encode(value))
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
