/**
 * Bytes and text. The pure folders have no TextEncoder (it belongs to the platform, not to the
 * language), and the wire needs a UTF-8 decoder that refuses what proto3 refuses, so both live
 * here.
 */

/** The UTF-8 bytes of a text. A lone surrogate becomes U+FFFD, as TextEncoder does. */
export function utf8Encode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return encodeBeyondAscii(text)
    bytes[i] = unit
  }
  return bytes
}

function encodeBeyondAscii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      bytes[length++] = unit
      continue
    }
    const codePoint = text.codePointAt(i) as number
    if (codePoint > 0xffff) i++
    length = putCodePoint(bytes, length, isSurrogate(codePoint) ? 0xfffd : codePoint)
  }
  return bytes.slice(0, length)
}

/** How many bytes {@link utf8Encode} makes of a text. */
export function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return utf8Encode(text).length
  }
  return text.length
}

function putCodePoint(bytes: Uint8Array, at: number, codePoint: number): number {
  let length = at
  if (codePoint < 0x800) {
    bytes[length++] = 0xc0 | (codePoint >> 6)
  } else if (codePoint < 0x1_0000) {
    bytes[length++] = 0xe0 | (codePoint >> 12)
    bytes[length++] = 0x80 | ((codePoint >> 6) & 0x3f)
  } else {
    bytes[length++] = 0xf0 | (codePoint >> 18)
    bytes[length++] = 0x80 | ((codePoint >> 12) & 0x3f)
    bytes[length++] = 0x80 | ((codePoint >> 6) & 0x3f)
  }
  bytes[length++] = 0x80 | (codePoint & 0x3f)
  return length
}

/**
 * The text of UTF-8 bytes, or null where they are not valid UTF-8 (RFC 3629); of those from `start`
 * to `end`.
 */
export function utf8Decode(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): string | null {
  let text = ''
  let i = start
  while (i < end) {
    const first = bytes[i] as number
    if (first < 0x80) {
      // Each addition makes a new text: four characters at a time, most texts being ASCII.
      const second = i + 3 < end ? (bytes[i + 1] as number) : 0x80
      const third = bytes[i + 2] as number
      const fourth = bytes[i + 3] as number
      if ((second | third | fourth) < 0x80) {
        text += String.fromCharCode(first, second, third, fourth)
        i += 4
      } else {
        text += String.fromCharCode(first)
        i++
      }
      continue
    }
    const length = sequenceLength(first)
    if (length === 0 || i + length > end) return null
    const codePoint = readCodePoint(bytes, i, length)
    if (codePoint === null) return null
    text += String.fromCodePoint(codePoint)
    i += length
  }
  return text
}

function sequenceLength(first: number): number {
  if (first >= 0xc2 && first < 0xe0) return 2
  if (first >= 0xe0 && first < 0xf0) return 3
  if (first >= 0xf0 && first < 0xf5) return 4
  return 0
}

function readCodePoint(bytes: Uint8Array, at: number, length: number): number | null {
  let codePoint = (bytes[at] as number) & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] as number
    if ((next & 0xc0) !== 0x80) return null
    codePoint = (codePoint << 6) | (next & 0x3f)
  }
  const shortest = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x1_0000
  if (codePoint < shortest || codePoint > 0x10ffff || isSurrogate(codePoint)) return null
  return codePoint
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff
}

/** True where both hold the same bytes. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** No bytes at all; shared, so never write to it (it has no room anyway). */
export const noBytes: Uint8Array = new Uint8Array(0)
