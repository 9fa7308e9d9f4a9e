/**
 * Majorities against counting by hand, for every size that a cluster has, even ones included.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { majorityOf, reachedByMajority } from '../../src/raft/index.ts'

test('a majority is the smallest number of which any two groups share a member', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(majorityOf)).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6])
  for (let voters = 1; voters <= 1000; voters++) {
    const majority = majorityOf(voters)
    expect(2 * majority).toBeGreaterThan(voters)
    expect(2 * (majority - 1)).toBeLessThanOrEqual(voters)
  }
})

/** The largest of the values that at least a majority of them reach, by trying each. */
function naive(values: readonly number[]): number {
  const reached = values.filter((candidate) => {
    const holders = values.filter((value) => value >= candidate).length
    return 2 * holders > values.length
  })
  return Math.max(...reached)
}

test('what a majority has reached is what counting says', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.double({ noNaN: true, min: 0 }))
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 11 }), (values) => {
      expect(reachedByMajority([...values])).toBe(naive(values))
    }),
    { numRuns: 2000 },
  )
})

test('of four servers that is the third, not the second', () => {
  expect(reachedByMajority([9, 9, 1, 1])).toBe(1)
  expect(reachedByMajority([1, 9, 9, 9])).toBe(9)
  expect(reachedByMajority([4, 3, 2, 1])).toBe(2)
  expect(reachedByMajority([3, 2, 1])).toBe(2)
  // Numbers, not texts.
  expect(reachedByMajority([10, 9, 100])).toBe(10)
})
