/**
 * The dice: fixed vectors, so that a seed never silently names another run, and as much of
 * fairness as a generator of known quality needs shown of the code around it.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { Random } from '../../src/base/random.ts'

describe('a seed names a run for ever', () => {
  const vectors: [number | string, number[]][] = [
    [0, [2262961102, 4056314076, 2963655602, 1907771380]],
    [1, [3397111866, 3835656869, 2621735416, 831565752]],
    [-1, [2442094744, 1845296331, 229887419, 700998633]],
    [2 ** 53 - 1, [288600302, 3081282409, 915307972, 2155896937]],
    ['', [253282715, 3668989135, 2640804036, 3632956219]],
    ['seed/server-1', [3248223697, 2740828135, 2547421594, 846546370]],
    ['ö', [2596911869, 359531158, 1053943254, 1710056042]],
  ]
  for (const [seed, expected] of vectors) {
    test(`${JSON.stringify(seed)}`, () => {
      const random = new Random(seed)
      expect(expected.map(() => random.uint32())).toEqual(expected)
    })
  }

  test('every kind of draw', () => {
    const random = new Random('draws')
    expect([
      random.float(),
      random.integer(1, 6),
      random.integer(-5, 5),
      random.between(150, 300),
      random.chance(0.5),
      random.pick(['a', 'b', 'c']),
      random.shuffle([1, 2, 3, 4, 5, 6]),
      random.fork('x').uint32(),
      random.uint32(),
    ]).toEqual([
      0.45815006643533707,
      2,
      5,
      229.2397597921081,
      true,
      'b',
      [2, 6, 5, 3, 4, 1],
      1843198629,
      497051442,
    ])
  })

  test('a number and its text are one seed', () => {
    expect(new Random(42).uint32()).toBe(new Random('42').uint32())
  })
})

describe('seeds', () => {
  test('that differ give sequences that differ, also where they differ little', () => {
    const firsts = Array.from({ length: 20_000 }, (_, seed) => new Random(seed).uint32())
    // By chance 20,000 draws of 2^32 collide about 0.05 times.
    expect(new Set(firsts).size).toBeGreaterThan(19_995)
  })

  test('a fork is a generator of its own', () => {
    const random = new Random('parent')
    const fork = random.fork('child')
    const next = random.uint32()
    const again = new Random('parent')
    again.fork('another child')
    expect(again.uint32()).toBe(next)
    const forked = Array.from({ length: 8 }, () => fork.uint32())
    const other = new Random('parent').fork('another child')
    expect(Array.from({ length: 8 }, () => other.uint32())).not.toEqual(forked)
  })
})

describe('draws stay in their range', () => {
  test('whatever the range', () => {
    const bound = fc.integer({ min: -1_000_000, max: 1_000_000 })
    fc.assert(
      fc.property(fc.string(), bound, bound, (seed, a, b) => {
        const random = new Random(seed)
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        for (let i = 0; i < 50; i++) {
          const integer = random.integer(low, high)
          expect(Number.isInteger(integer) && integer >= low && integer <= high).toBe(true)
          const between = random.between(low, high + 1)
          expect(between >= low && between < high + 1).toBe(true)
          const float = random.float()
          expect(float >= 0 && float < 1).toBe(true)
        }
      }),
    )
  })

  test('and reach both ends of it', () => {
    const random = new Random('ends')
    const drawn = new Set(Array.from({ length: 1000 }, () => random.integer(1, 6)))
    expect([...drawn].sort()).toEqual([1, 2, 3, 4, 5, 6])
    expect(random.integer(7, 7)).toBe(7)
  })

  test('a chance of 0 never comes, of 1 always', () => {
    const random = new Random('chance')
    for (let i = 0; i < 1000; i++) {
      expect(random.chance(0)).toBe(false)
      expect(random.chance(1)).toBe(true)
    }
  })

  test('nothing can be drawn from nothing', () => {
    expect(() => new Random(1).pick([])).toThrow(AssertionError)
    expect(() => new Random(1).integer(2, 1)).toThrow(AssertionError)
  })
})

/** How often each of the numbers below `size` comes, of as many draws as there are given. */
function countsOf(size: number, draws: number, draw: (i: number) => number): number[] {
  const counts = new Array<number>(size).fill(0)
  for (let i = 0; i < draws; i++) {
    const drawn = draw(i)
    counts[drawn] = (counts[drawn] ?? Number.NaN) + 1
  }
  return counts
}

/** The chi-squared statistic of counts that should be equal. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
}

describe('draws are uniform', () => {
  // With 99 degrees of freedom 148 is exceeded once in a thousand seeds; these seeds are fixed.
  const limit = 148

  test('floats, by hundredths', () => {
    const random = new Random('floats')
    const counts = countsOf(100, 100_000, () => Math.floor(random.float() * 100))
    expect(chiSquared(counts)).toBeLessThan(limit)
  })

  test('integers, and the first draws of neighbouring seeds', () => {
    const random = new Random('integers')
    const drawn = countsOf(100, 100_000, () => random.integer(0, 99))
    const first = countsOf(100, 100_000, (seed) => new Random(seed).integer(0, 99))
    expect(chiSquared(drawn)).toBeLessThan(limit)
    expect(chiSquared(first)).toBeLessThan(limit)
  })

  test('shuffles: every order of four is as likely', () => {
    const random = new Random('shuffles')
    const counts = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const order = random.shuffle([1, 2, 3, 4]).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // 23 degrees of freedom: 49.7 is exceeded once in a thousand seeds.
    expect(chiSquared([...counts.values()])).toBeLessThan(49.7)
  })
})

test('a shuffle keeps what it shuffles, and leaves the list alone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = [...items]
      const shuffled = new Random(seed).shuffle(items)
      expect(items).toEqual(before)
      expect([...shuffled].sort()).toEqual([...items].sort())
    }),
  )
})
