/**
 * Who speaks, inside a datagram: LeaderId and CandidateName. Behind a relay everybody knows a
 * server under another address, and so the name has to be changed on the way. All other bytes stay
 * as they are, fields that nobody here knows included.
 */
import { utf8Decode, utf8Encode } from '../../../base/bytes.ts'

/** The member of Raft, and in it the field with the name: LeaderId, CandidateName. */
const places: ReadonlyMap<number, number> = new Map([
  [1, 5],
  [3, 4],
])

interface Field {
  readonly number: number
  /** Where it begins, where its content does, and where it ends. */
  readonly start: number
  readonly content: number
  readonly end: number
  readonly hasLength: boolean
}

/** The datagram with `to` where it names `from`; the same bytes where it does not. */
export function withSpeaker(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return replaced(bytes, (member) => {
    const place = places.get(member.number)
    if (place === undefined || !member.hasLength) return null
    const content = bytes.subarray(member.content, member.end)
    const renamed = replaced(content, (field) => {
      if (field.number !== place || !field.hasLength) return null
      const name = utf8Decode(content.subarray(field.content, field.end))
      return name === from ? utf8Encode(to) : null
    })
    return renamed === content ? null : renamed
  })
}

/** The message with other contents in those fields for which there is one. */
function replaced(bytes: Uint8Array, contentOf: (field: Field) => Uint8Array | null): Uint8Array {
  const parts: Uint8Array[] = []
  let isSame = true
  for (let at = 0; at < bytes.length; ) {
    const field = fieldAt(bytes, at)
    if (field === null) return bytes
    const content = contentOf(field)
    if (content === null) {
      parts.push(bytes.subarray(at, field.end))
    } else {
      isSame = false
      parts.push(Uint8Array.from([...varint(8 * field.number + 2), ...varint(content.length)]))
      parts.push(content)
    }
    at = field.end
  }
  return isSame ? bytes : joined(parts)
}

/** Null where the bytes are no field: whoever gets them will say so. */
function fieldAt(bytes: Uint8Array, start: number): Field | null {
  const tag = varintAt(bytes, start)
  if (tag === null) return null
  const number = Math.floor(tag.value / 8)
  const field = (content: number, length: number, hasLength = false): Field | null => {
    const end = content + length
    return end > bytes.length ? null : { number, start, content, end, hasLength }
  }
  switch (tag.value % 8) {
    case 0: {
      const value = varintAt(bytes, tag.end)
      return value === null ? null : field(tag.end, value.end - tag.end)
    }
    case 1:
      return field(tag.end, 8)
    case 2: {
      const length = varintAt(bytes, tag.end)
      return length === null ? null : field(length.end, length.value, true)
    }
    case 5:
      return field(tag.end, 4)
    default:
      return null
  }
}

function varintAt(bytes: Uint8Array, start: number): { value: number; end: number } | null {
  let value = 0
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    const byte = bytes[at] as number
    value += (byte & 0x7f) * 2 ** (7 * (at - start))
    if (byte < 0x80) return { value, end: at + 1 }
  }
  return null
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))]
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
