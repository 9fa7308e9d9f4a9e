/**
 * How long protobuf makes things: varints, and the fields around them. And the writing of a varint.
 */

/** The bytes of `value` as a varint; `value` is a whole number from 0, at most 2^53 - 1. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  let length = 3
  for (let rest = Math.floor(value / 0x20_0000); rest > 0; rest = Math.floor(rest / 128)) length++
  return length
}

/** Writes `value` as a varint at `at`; returns where it ends. There is room for it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let end = at
  let rest = value
  while (rest >= 0x8000_0000) {
    bytes[end++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  while (rest >= 0x80) {
    bytes[end++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[end++] = rest
  return end
}

/** The longest varint there is here: 2^53 - 1. */
export const varintLengthMax: number = varintLength(Number.MAX_SAFE_INTEGER)

/** The bytes of a number field, its tag included; proto3 leaves a 0 out. */
export function numberFieldLength(field: number, value: number): number {
  return value === 0 ? 0 : tagLength(field) + varintLength(value)
}

/** The bytes of a field of `length` bytes (text, bytes, a message), its tag and length included. */
export function bytesFieldLength(field: number, length: number): number {
  return tagLength(field) + varintLength(length) + length
}

/** A tag is the field's number and three bits. */
function tagLength(field: number): number {
  return varintLength(field * 8)
}
