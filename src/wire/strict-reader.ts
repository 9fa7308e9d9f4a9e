/**
 * The reader under the generated code: protobufjs's own, made to refuse what proto3 refuses and
 * what JavaScript cannot count. It changes nothing in protobufjs itself, whose settings belong to
 * the whole process.
 */
import protobuf from 'protobufjs/minimal.js'
import { utf8Decode } from '../base/bytes.ts'

/** Why bytes cannot be read at all. */
export type Unreadable = 'malformed' | 'numberTooLarge' | 'notText'

/** Thrown through the generated code, and caught where the reading began. */
export class UnreadableError extends Error {
  readonly code: Unreadable
  override readonly name = 'UnreadableError'

  constructor(code: Unreadable) {
    super(code)
    this.code = code
  }
}

/** A varint has at most ten bytes of seven bits, and the tenth has room for the 64th bit alone. */
const varintBytesMax = 10

/**
 * What protobufjs's types say of a uint64; the code generated with --force-number takes, and hands
 * on, a number where it gets one.
 */
type Uint64 = ReturnType<protobuf.Reader['uint64']>

/** Reads one message; throws where the bytes are not one. */
export class StrictReader extends protobuf.Reader {
  constructor(bytes: Uint8Array) {
    super(bytes)
    // A setting of the process otherwise: somebody else's wish would make us keep what we skip.
    this.discardUnknown = true
  }

  /** A whole number up to 2^53 - 1, made without a `Long` in between. */
  override uint64(): Uint64 {
    let value = 0
    let weight = 1
    for (let i = 0; i < varintBytesMax; i++) {
      const byte = this.#nextByte()
      // Up to here at most 49 bits are set; products and sums stay exact, or far above the bound.
      value += (byte & 0x7f) * weight
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw new UnreadableError('numberTooLarge')
        return value as unknown as Uint64
      }
      weight *= 128
    }
    throw new UnreadableError('malformed')
  }

  /** Text, decoded here and not by the platform, whose decoder may be a lenient one. */
  override stringVerify(): string {
    const text = utf8Decode(this.bytes())
    if (text === null) throw new UnreadableError('notText')
    return text
  }

  /** The same, should the generated code ask for the lenient kind. */
  override string(): string {
    return this.stringVerify()
  }

  /** Skips `length` bytes, or a varint, whose length protobufjs would not bound. */
  override skip(length?: number): this {
    if (length !== undefined) {
      super.skip(length)
      return this
    }
    for (let i = 1; i <= varintBytesMax; i++) {
      const byte = this.#nextByte()
      if (i === varintBytesMax && byte > 1) break
      if (byte < 0x80) return this
    }
    throw new UnreadableError('malformed')
  }

  #nextByte(): number {
    if (this.pos >= this.len) throw new UnreadableError('malformed')
    return this.buf[this.pos++] as number
  }
}
