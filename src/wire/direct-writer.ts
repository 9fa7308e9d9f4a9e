/**
 * Writes protobuf fields into bytes whose length was reckoned before: what the generated code
 * makes of the same fields, byte for byte, without an object in between.
 */
import { noBytes } from '../base/bytes.ts'
import { Slab } from '../base/slab.ts'
import { putVarint, varintLength } from './varint.ts'

export class DirectWriter {
  /** For messages on their way out, which leave in this turn or are copied. */
  readonly #slab = new Slab()
  #bytes: Uint8Array = noBytes
  #at = 0

  /** A message of `length` bytes is to be written, in memory that does not live long. */
  begin(length: number): void {
    this.#bytes = this.#slab.piece(length)
    this.#at = 0
  }

  /** A tag, or a length. */
  varint(value: number): void {
    this.#at = putVarint(this.#bytes, this.#at, value)
  }

  /** A number field; proto3 leaves a 0 out. */
  number(tag: number, value: number): void {
    if (value === 0) return
    this.#bytes[this.#at++] = tag
    this.varint(value)
  }

  /** A field of bytes; proto3 leaves it out where there are none. */
  bytes(tag: number, value: Uint8Array): void {
    if (value.length === 0) return
    this.#bytes[this.#at++] = tag
    this.varint(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** True where as much was written as had been reckoned. */
  get isWhole(): boolean {
    return this.#at === this.#bytes.length
  }

  /** What was written; the writer forgets it. */
  finish(): Uint8Array {
    const bytes = this.#bytes
    this.#bytes = noBytes
    return bytes
  }
}

/** The bytes of {@link DirectWriter.number}'s field, whose tag has one byte. */
export function numberLength(value: number): number {
  return value === 0 ? 0 : 1 + varintLength(value)
}

/** The bytes of {@link DirectWriter.bytes}'s field, whose tag has one byte. */
export function bytesLength({ length }: Uint8Array): number {
  return length === 0 ? 0 : 1 + varintLength(length) + length
}
