/** What a ByteWriter writes, a ByteReader reads; and it reads nothing else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../src/base/byte-reader.ts'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { bytesEqual } from '../../src/base/bytes.ts'
import { ownCopy, Slab } from '../../src/base/slab.ts'

const slab = new Slab()

const numbers = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER),
)

describe('numbers, bytes and texts', () => {
  test('come back as they went', () => {
    fc.assert(
      fc.property(
        numbers,
        fc.uint8Array(),
        fc.string({ unit: 'binary' }),
        (number, bytes, text) => {
          const written = new ByteWriter(0)
            .number(number)
            .bytes(bytes)
            .text(text)
            .byte(255)
            .finish()
          const reader = new ByteReader(written)
          expect(reader.number()).toBe(number)
          expect(reader.bytes()).toEqual(bytes)
          expect(reader.text()).toBe(text)
          expect(reader.isComplete).toBe(false)
          expect(reader.byte()).toBe(255)
          expect(reader.isComplete).toBe(true)
        },
      ),
    )
  })

  test('cut short they are refused, wherever the cut is', () => {
    const written = new ByteWriter()
      .number(300)
      .bytes(Uint8Array.of(1, 2, 3))
      .text('é')
      .finish()
    for (let length = 0; length < written.length; length++) {
      const reader = new ByteReader(written.subarray(0, length))
      reader.number()
      reader.bytes()
      reader.text()
      expect(reader.isComplete).toBe(false)
      expect(reader.hasFailed).toBe(true)
      expect([reader.number(), reader.byte(), reader.bytes().length]).toEqual([0, 0, 0])
    }
  })

  test('a number has one form, and is below 2^53', () => {
    for (const bytes of [
      [0x80, 0x00],
      [0xff, 0x80, 0x00],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ]) {
      const reader = new ByteReader(Uint8Array.from(bytes))
      expect(reader.number()).toBe(0)
      expect(reader.hasFailed).toBe(true)
    }
    const greatest = new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f))
    expect(greatest.number()).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('a text is UTF-8', () => {
    const reader = new ByteReader(Uint8Array.of(1, 0xff))
    expect(reader.text()).toBe('')
    expect(reader.hasFailed).toBe(true)
  })
})

test('a record that does not live long is the same, and shares with no other', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 40 }), (values) => {
      const records = values.map((value) => {
        return [
          new ByteWriter().bytes(value).finish(),
          new ByteWriter().bytes(value).finishIn(slab),
        ]
      })
      for (const [at, value] of values.entries()) {
        const expected = [value.length, ...value]
        for (const record of records[at] as Uint8Array[]) expect([...record]).toEqual(expected)
      }
    }),
  )
})

test('a long record is not copied, nor kept with much room that it does not need', () => {
  const [long, other] = [new Uint8Array(50_000).fill(1), new Uint8Array(50_000).fill(2)]
  const records = [long, other].flatMap((value) => {
    return [
      new ByteWriter(50_010).bytes(value).finish(),
      new ByteWriter().bytes(value).finishIn(slab),
    ]
  })
  for (const [at, record] of records.entries()) {
    expect(record.length).toBe(50_003)
    expect(bytesEqual(record.subarray(3), at < 2 ? long : other)).toBe(true)
    expect(record.buffer.byteLength).toBeLessThanOrEqual(2 * record.length)
  }
  expect(new ByteWriter(50_000).byte(7).finish().buffer.byteLength).toBe(1)
})

test('a writer that is used over and over begins anew each time', () => {
  const writer = new ByteWriter()
  const take = (memory: Uint8Array, length: number): number[] => [...memory.subarray(0, length)]
  expect(writer.number(300).text('ab').useAndClear(take)).toEqual([0xac, 2, 2, 97, 98])
  expect(writer.length).toBe(0)
  expect(writer.byte(7).useAndClear(take)).toEqual([7])
})

test('pieces of memory lie side by side, and those that are long alone', () => {
  const pieces = [65, 100, 2048, 65, 2048, 3000, 16_000, 65].map((length) => slab.piece(length))
  for (const [at, piece] of pieces.entries()) piece.fill(at + 1)
  for (const [at, piece] of pieces.entries()) {
    expect(piece.every((byte) => byte === at + 1)).toBe(true)
  }
  expect(pieces.map(({ length }) => length)).toEqual([65, 100, 2048, 65, 2048, 3000, 16_000, 65])
  expect(slab.piece(1).buffer.byteLength).toBe(1)
  expect(slab.piece(3000).buffer.byteLength).toBe(3000)
  const piece = slab.piece(100).fill(7)
  expect(piece.buffer.byteLength).toBeGreaterThan(100)
  expect(ownCopy(piece).buffer.byteLength).toBe(100)
  expect(ownCopy(piece)).toEqual(piece)
  const long = new Uint8Array(5000)
  expect(ownCopy(long)).toBe(long)
})

test('what is no whole number cannot be written', () => {
  for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(() => new ByteWriter().number(value)).toThrow('whole number')
  }
})
