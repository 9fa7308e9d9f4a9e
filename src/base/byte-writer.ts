/**
 * Writes small binary records: numbers as varints (seven bits a byte, the lowest first), bytes and
 * texts with their length before them. What it writes, a ByteReader reads.
 */
import { broken } from './assert.ts'
import { utf8Encode } from './bytes.ts'
import type { Slab } from './slab.ts'

/**
 * Memory of writers that have finished, for the next ones: an allocation costs more than most of
 * what is written. A writer takes one for itself, so that writers may be under way side by side.
 */
const idle: Uint8Array[] = []
const idleMax = 16
const idleBytes = 4096

/** Up to here a loop copies faster than a call of `set`, with the view that it needs. */
const loopBytesMax = 64

/** A text of so many units has a length in bytes that stands in one byte, whatever it holds. */
const shortText = 42

export class ByteWriter {
  #bytes: Uint8Array | null
  #length = 0

  /** Room for `expectedBytes` at first; it grows where that was too little. */
  constructor(expectedBytes: number = 64) {
    this.#bytes =
      expectedBytes > idleBytes
        ? new Uint8Array(expectedBytes)
        : (idle.pop() ?? new Uint8Array(idleBytes))
  }

  /** The bytes written so far. */
  get length(): number {
    return this.#length
  }

  /** One byte, 0 to 255. */
  byte(value: number): this {
    this.#reserve(1)[this.#length++] = value
    return this
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) broken(`${value} is a whole number from 0 up`)
    const bytes = this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    bytes[this.#length++] = rest
    return this
  }

  /** Bytes, after their length. */
  bytes(value: Uint8Array): this {
    return this.number(value.length).raw(value)
  }

  /** A text in UTF-8, after its length in bytes. */
  text(value: string): this {
    const { length } = value
    if (length > shortText) return this.bytes(utf8Encode(value))
    const bytes = this.#reserve(1 + length)
    let at = this.#length
    bytes[at++] = length
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      // Nothing is written yet as far as anybody knows: the length says so.
      if (unit >= 0x80) return this.bytes(utf8Encode(value))
      bytes[at++] = unit
    }
    this.#length = at
    return this
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length).set(value, this.#length)
    this.#length += value.length
    return this
  }

  /** What was written, in memory of its own. The writer's last word. */
  finish(): Uint8Array {
    return this.#takeMemory() ?? this.#copyInto(new Uint8Array(this.#length))
  }

  /** The same as a piece of a slab, which is for its kind. */
  finishIn(slab: Slab): Uint8Array {
    return this.#takeMemory() ?? this.#copyInto(slab.piece(this.#length))
  }

  /** The same without a copy: `read` must not keep what it is given. */
  use<T>(read: (written: Uint8Array) => T): T {
    const bytes = this.#reserve(0)
    this.#bytes = null
    const result = read(bytes.subarray(0, this.#length))
    giveBack(bytes)
    return result
  }

  /**
   * Hands over the memory itself, whose first `length` bytes were written and which is not to be
   * kept, and begins anew: for a writer that is used over and over.
   */
  useAndClear<T>(read: (memory: Uint8Array, length: number) => T): T {
    const length = this.#length
    this.#length = 0
    return read(this.#reserve(0), length)
  }

  /** What is long stays where it was written, if that is not much more; null where it is copied. */
  #takeMemory(): Uint8Array | null {
    const bytes = this.#reserve(0)
    if (bytes.length === idleBytes || bytes.length > 2 * this.#length) return null
    this.#bytes = null
    return bytes.subarray(0, this.#length)
  }

  #copyInto(target: Uint8Array): Uint8Array {
    const bytes = this.#reserve(0)
    const length = this.#length
    this.#bytes = null
    if (length > loopBytesMax) target.set(bytes.subarray(0, length))
    else for (let i = 0; i < length; i++) target[i] = bytes[i] as number
    giveBack(bytes)
    return target
  }

  /** The memory, with room for so many more bytes. */
  #reserve(count: number): Uint8Array {
    const bytes = this.#bytes ?? broken('a writer that has finished writes no more')
    const needed = this.#length + count
    if (needed <= bytes.length) return bytes
    const grown = new Uint8Array(Math.max(needed, 2 * bytes.length))
    grown.set(bytes.subarray(0, this.#length))
    this.#bytes = grown
    return grown
  }
}

function giveBack(bytes: Uint8Array): void {
  if (bytes.length === idleBytes && idle.length < idleMax) idle.push(bytes)
}
