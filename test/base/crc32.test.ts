/** CRC-32 in plain code is zlib's: a log written with one is read with the other. */
import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import { crc32 } from '../../src/base/crc32.ts'

test('the check value of the standard', () => {
  expect(crc32(utf8Encode('123456789'), 0)).toBe(0xcbf43926)
})

test('nothing changes nothing', () => {
  expect(crc32(new Uint8Array(0), 0)).toBe(0)
  expect(crc32(new Uint8Array(0), 0xdeadbeef)).toBe(0xdeadbeef)
})

test('is what zlib gives, from any start', () => {
  const start = fc.integer({ min: 0, max: 0xffff_ffff })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), start, (bytes, previous) => {
      expect(crc32(bytes, previous)).toBe(zlibCrc32(bytes, previous))
    }),
    { numRuns: 1000 },
  )
})

test('of the first bytes alone', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
      const length = at % (bytes.length + 1)
      expect(crc32(bytes, 5, length)).toBe(crc32(bytes.slice(0, length), 5))
    }),
  )
})

test('in parts is what it is at once', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
      const cut = at % (bytes.length + 1)
      const parts = crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut), 0))
      expect(parts).toBe(crc32(bytes, 0))
    }),
  )
})
