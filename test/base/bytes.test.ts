/** UTF-8 against the platform's own, over text, noise and the sequences that decoders get wrong. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesEqual, noBytes, utf8Decode, utf8Encode, utf8Length } from '../../src/base/bytes.ts'

/** What the platform says: the text, or null for bytes that are not UTF-8. */
function platformDecode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

const platformEncode = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('encoding', () => {
  test('is what TextEncoder does, over all of Unicode', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect([...utf8Encode(text)]).toEqual([...platformEncode(text)])
        expect(utf8Length(text)).toBe(platformEncode(text).length)
      }),
      { numRuns: 500 },
    )
  })

  test('also of lone surrogates, which become U+FFFD', () => {
    const unit = fc.integer({ min: 0xd7f0, max: 0xe00f })
    const text = fc.array(unit, { maxLength: 10 }).map((units) => String.fromCharCode(...units))
    fc.assert(
      fc.property(text, (given) => {
        expect([...utf8Encode(given)]).toEqual([...platformEncode(given)])
      }),
      { numRuns: 500 },
    )
  })

  test('at the borders of each length', () => {
    for (const codePoint of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff]) {
      const text = String.fromCodePoint(codePoint)
      expect([...utf8Encode(text)]).toEqual([...platformEncode(text)])
      expect(utf8Decode(utf8Encode(text))).toBe(text)
    }
  })

  test('gives bytes that hold no more than the text', () => {
    const bytes = utf8Encode('ö')
    expect(bytes.buffer.byteLength).toBe(2)
  })
})

describe('decoding', () => {
  test('gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(utf8Decode(utf8Encode(text))).toBe(text)
      }),
    )
  })

  test('is what a fatal TextDecoder does, over random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(utf8Decode(bytes)).toBe(platformDecode(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  test('over bytes that are nearly UTF-8', () => {
    // Mostly leading and continuation bytes at the borders of what is allowed.
    const critical = fc.constantFrom(
      ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
      ...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff],
    )
    fc.assert(
      fc.property(fc.array(critical, { maxLength: 8 }), (given) => {
        const bytes = Uint8Array.from(given)
        expect(utf8Decode(bytes)).toBe(platformDecode(bytes))
      }),
      { numRuns: 5000 },
    )
  })

  test('over every pair of a leading byte and what follows', () => {
    for (let first = 0x80; first <= 0xff; first++) {
      for (let second = 0; second <= 0xff; second++) {
        for (const rest of [[], [0x80], [0x80, 0x80]]) {
          const bytes = Uint8Array.from([first, second, ...rest])
          if (utf8Decode(bytes) !== platformDecode(bytes)) {
            expect([[...bytes], utf8Decode(bytes)]).toEqual([[...bytes], platformDecode(bytes)])
          }
        }
      }
    }
  })

  test('keeps a byte order mark, which is a character like any other', () => {
    expect(utf8Decode(Uint8Array.from([0xef, 0xbb, 0xbf]))).toBe('\ufeff')
  })

  test('of nothing is the empty text', () => {
    expect(utf8Decode(noBytes)).toBe('')
  })
})

test('bytes are equal where they are the same, byte for byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
      expect(bytesEqual(a, a.slice())).toBe(true)
      expect(bytesEqual(a, b)).toBe(Buffer.compare(a, b) === 0)
    }),
    { numRuns: 500 },
  )
  expect(bytesEqual(Uint8Array.from([1]), Uint8Array.from([1, 0]))).toBe(false)
})
