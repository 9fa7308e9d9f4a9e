/**
 * How long protobuf makes things, without making them: varints and the fields around them.
 */

/** The bytes of `value` as a varint; `value` is a whole number from 0, at most 2^53 - 1. */
export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
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
