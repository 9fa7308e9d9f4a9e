/** The set of placed operations and the cache of configurations, against simple twins. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ConfigurationCache,
  type MemoryBudget,
} from '../../src/linearizability/configuration-cache.ts'
import { LinearizedSet } from '../../src/linearizability/linearized-set.ts'

const answeredCount = 100
const unansweredCount = 40

function setOf(operations: Iterable<number>): LinearizedSet {
  const set = new LinearizedSet(answeredCount, unansweredCount)
  for (const operation of operations) set.add(operation)
  return set
}

const operations = fc.uniqueArray(fc.nat(answeredCount + unansweredCount - 1), { maxLength: 140 })

describe('the set', () => {
  test('has what was added and not removed, whatever the order', () => {
    fc.assert(
      fc.property(operations, fc.nat(140), (added, removedCount) => {
        const set = setOf(added)
        const removed = [...added].reverse().slice(0, removedCount)
        for (const operation of removed) set.remove(operation)
        const left = added.filter((operation) => !removed.includes(operation))
        for (let i = 0; i < answeredCount + unansweredCount; i++) {
          expect(set.has(i)).toBe(left.includes(i))
        }
        // The same as if the rest had never been there.
        const { hash, low, high } = setOf([...left].sort((a, b) => b - a))
        expect([set.hash, set.low, set.high]).toEqual([hash, low, high])
      }),
    )
  })

  test('knows its full and its empty words', () => {
    const set = setOf(Array.from({ length: 70 }, (_, i) => i))
    expect([set.low, set.high]).toEqual([2, 3])
    set.remove(5)
    expect([set.low, set.high]).toEqual([0, 3])
    set.add(5)
    for (let i = 64; i < 70; i++) set.remove(i)
    expect([set.low, set.high]).toEqual([2, 2])
  })
})

describe('the cache', () => {
  const roomy = (): MemoryBudget => ({ bytesLeft: 1e9 })

  test('tells new configurations from those that are as good as known', () => {
    const answered = fc.uniqueArray(fc.constantFrom(0, 1, 33, 99), { maxLength: 3 })
    const spent = fc.uniqueArray(fc.constantFrom(0, 1, 31, 32, 39), { maxLength: 3 })
    const configuration = fc.record({
      answered,
      spent,
      state: fc.nat(1),
      expired: fc.constantFrom(0, 1, 32, 33),
    })
    fc.assert(
      fc.property(fc.array(configuration, { maxLength: 60 }), (configurations) => {
        const cache = new ConfigurationCache(roomy())
        const known: typeof configurations = []
        for (const one of configurations) {
          const set = setOf([...one.answered, ...one.spent.map((i) => answeredCount + i)])
          const isKnown = known.some(
            (other) =>
              other.state === one.state &&
              other.answered.length === one.answered.length &&
              other.answered.every((i) => one.answered.includes(i)) &&
              other.expired <= one.expired &&
              other.spent.every((i) => i < one.expired || one.spent.includes(i)),
          )
          expect(cache.add(set, one.state, one.expired)).toBe(!isKnown)
          if (!isKnown) known.push(one)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('keeps many configurations apart while it grows', () => {
    const cache = new ConfigurationCache(roomy())
    const add = (i: number): boolean => {
      const bits = [...i.toString(2)].flatMap((bit, place) => (bit === '1' ? [place * 7] : []))
      return cache.add(setOf(bits), i % 5, 0)
    }
    const numbers = Array.from({ length: 1000 }, (_, i) => 1024 + i)
    for (const i of numbers) expect(add(i)).toBe(true)
    for (const i of numbers) expect(add(i)).toBe(false)
  })

  test('is not misled by equal hashes', () => {
    const cache = new ConfigurationCache(roomy())
    const [one, another] = [setOf([3]), setOf([4])]
    another.hash = one.hash
    expect(cache.add(one, 0, 0)).toBe(true)
    expect(cache.add(another, 0, 0)).toBe(true)
    // The hash of a configuration mixes in the state; this makes up for it.
    another.remove(4)
    another.add(3)
    another.hash = one.hash ^ Math.imul(1, 0x9e3779b1) ^ Math.imul(2, 0x9e3779b1)
    expect(cache.add(another, 1, 0)).toBe(true)
    expect(cache.add(one, 0, 0)).toBe(false)
  })

  test('keeps within its budget, and gives it back', () => {
    const budget = { bytesLeft: 10_000 }
    const cache = new ConfigurationCache(budget)
    const other = new ConfigurationCache(budget)
    const before = budget.bytesLeft
    expect(cache.isFull).toBe(false)
    for (let i = 0; !cache.isFull; i++) {
      expect(i).toBeLessThan(1000)
      cache.add(setOf([i % answeredCount]), i, 0)
    }
    expect(other.isFull).toBe(true)
    cache.release()
    expect(other.isFull).toBe(false)
    expect(budget.bytesLeft).toBeGreaterThan(before)
  })
})
