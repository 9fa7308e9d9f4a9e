/**
 * Reads protobuf fields that stand as our own writers put them: in ascending order, each once, no
 * number longer than it need be. Whatever stands otherwise is not an error but none of this
 * reader's: the generated code judges it.
 */
import { noBytes } from '../base/bytes.ts'

/** Up to here a loop copies faster than a call that needs a view. */
const loopBytesMax = 64

export class DirectReader {
  #bytes: Uint8Array = noBytes
  #at = 0
  #isOrdinary = false

  begin(bytes: Uint8Array, at: number): void {
    this.#bytes = bytes
    this.#at = at
    this.#isOrdinary = true
  }

  /** True where everything was read, and all of it stood as it is written. */
  get isWhole(): boolean {
    return this.#isOrdinary && this.#at === this.#bytes.length
  }

  /** True where exactly the rest of the bytes has this length. */
  isRest(length: number): boolean {
    return this.#isOrdinary && length === this.#bytes.length - this.#at
  }

  varint(): number {
    const bytes = this.#bytes
    let at = this.#at
    let byte = at < bytes.length ? (bytes[at++] as number) : 0x80
    let value = byte & 0x7f
    for (let weight = 128; byte >= 0x80; weight *= 128) {
      byte = at < bytes.length ? (bytes[at++] as number) : 0
      value += (byte & 0x7f) * weight
      // Ended by a zero: cut off, or longer than it need be; or no number that is safe.
      if (byte === 0 || value > Number.MAX_SAFE_INTEGER) {
        this.#isOrdinary = false
        return 0
      }
    }
    this.#at = at
    return value
  }

  /** A number field, 0 where it is left out. */
  number(tag: number): number {
    if (this.#bytes[this.#at] !== tag) return 0
    this.#at++
    const value = this.varint()
    if (value === 0) this.#isOrdinary = false
    return value
  }

  /** Skips a field of bytes: its length, 0 where it is left out. They end where it stands then. */
  bytes(tag: number): number {
    if (this.#bytes[this.#at] !== tag) return 0
    this.#at++
    const length = this.varint()
    if (length === 0 || length > this.#bytes.length - this.#at) {
      this.#isOrdinary = false
      return 0
    }
    this.#at += length
    return length
  }

  /** The last `length` bytes that were read: a view. */
  view(length: number): Uint8Array {
    if (length === 0) return noBytes
    const { buffer, byteOffset } = this.#bytes
    return new Uint8Array(buffer, byteOffset + this.#at - length, length)
  }

  /** The same in memory of their own. */
  copy(length: number): Uint8Array {
    if (length === 0) return noBytes
    if (length > loopBytesMax) return this.view(length).slice()
    const copy = new Uint8Array(length)
    const start = this.#at - length
    for (let i = 0; i < length; i++) copy[i] = this.#bytes[start + i] as number
    return copy
  }

  /** Lets go of the bytes. */
  end(): void {
    this.#bytes = noBytes
  }
}
