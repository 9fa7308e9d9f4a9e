/** A ring of numbers is a map of numbers, whatever the numbers are; a queue is a queue. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { Fifo } from '../../src/base/fifo.ts'
import { NumberRing } from '../../src/base/number-ring.ts'

describe('a ring of numbers', () => {
  test('is a map: ascending numbers, of which some stay for long, and any others', () => {
    const ascending = fc.array(fc.nat(3), { maxLength: 300 }).map((steps) => {
      let number = 0
      return steps.map((step) => {
        number += step + 1
        return number
      })
    })
    const any = fc.uniqueArray(fc.oneof(fc.nat(100), fc.maxSafeNat()), { maxLength: 100 })
    const stays = fc.infiniteStream(fc.integer({ min: 0, max: 9 }))
    fc.assert(
      fc.property(fc.oneof(ascending, any), stays, (numbers, chances) => {
        const ring = new NumberRing<string>()
        const twin = new Map<number, string>()
        for (const number of numbers) {
          ring.set(number, `${number}`)
          twin.set(number, `${number}`)
          for (const other of [...twin.keys()]) {
            if ((chances.next().value as number) > 2) continue
            expect(ring.delete(other)).toBe(twin.delete(other))
            expect(ring.delete(other)).toBe(false)
          }
          expect(ring.size).toBe(twin.size)
          expect(ring.entries().sort(([a], [b]) => a - b)).toEqual(
            [...twin].sort(([a], [b]) => a - b),
          )
          for (const other of numbers) expect(ring.get(other)).toBe(twin.get(other) ?? null)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('one that stays keeps its place, however far the others have gone', () => {
    const ring = new NumberRing<number>()
    ring.set(5, 5)
    for (let number = 6; number < 100_000; number++) {
      ring.set(number, number)
      expect(ring.get(number)).toBe(number)
      expect(ring.delete(number)).toBe(true)
    }
    expect([ring.get(5), ring.get(5 + 4096), ring.size]).toEqual([5, null, 1])
  })

  test('what has grown for many is small again when few are left', () => {
    const ring = new NumberRing<number>()
    for (let number = 1; number <= 2000; number++) ring.set(number, number)
    expect(ring.places).toBe(2048)
    for (let number = 1; number < 2000; number++) ring.delete(number)
    expect(ring.places).toBe(8)
    expect([ring.get(2000), ring.size]).toEqual([2000, 1])
  })

  test('nothing is put in the place of another', () => {
    const ring = new NumberRing<number>()
    ring.set(1, 1)
    expect(() => ring.set(1, 2)).toThrow(AssertionError)
  })
})

test('a queue gives back in order what was put in', () => {
  const queue = new Fifo<number>()
  let [next, first] = [0, 0]
  for (let round = 0; round < 300; round++) {
    for (let i = 0; i < (round * 7) % 50; i++) queue.push(next++)
    for (let i = 0; i < (round * 11) % 50; i++) {
      expect(queue.first).toBe(first < next ? first : undefined)
      expect(queue.shift()).toBe(first < next ? first++ : undefined)
    }
    expect(queue.length).toBe(next - first)
  }
  const rest = Array.from({ length: next - first }, (_, at) => first + at)
  expect(rest.length).toBeGreaterThan(0)
  expect(queue.takeAll()).toEqual(rest)
  expect([queue.length, queue.first, queue.shift()]).toEqual([0, undefined, undefined])
})
