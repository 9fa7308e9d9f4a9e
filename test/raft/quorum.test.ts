/**
 * Majorities, joint ones too, against counting by hand, for every size, even ones included.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  emptyConfiguration,
  hasQuorum,
  majorityOf,
  makeConfiguration,
  reachedByMajority,
  reachedByQuorum,
} from '../../src/raft/index.ts'

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

const names = ['s1', 's2', 's3', 's4', 's5', 's6', 's7']
const group = fc.subarray(names, { minLength: 1 })
const groups = fc.record({
  voters: group,
  votersOld: fc.option(group),
  reached: fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }),
})

test('a quorum is a majority of each group, however the groups overlap', () => {
  fc.assert(
    fc.property(groups, fc.subarray(names), ({ voters, votersOld }, agreeing) => {
      const both = makeConfiguration(voters, votersOld, [], new Map())
      const agrees = new Set(agreeing)
      const expected = [voters, votersOld ?? voters].every(
        (servers) => 2 * servers.filter((id) => agrees.has(id)).length > servers.length,
      )
      expect(hasQuorum(both, agrees)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})

test('a quorum has reached what each group has reached', () => {
  fc.assert(
    fc.property(groups, ({ voters, votersOld, reached }) => {
      const both = makeConfiguration(voters, votersOld, [], new Map())
      const valueAt = (id: string) => reached[names.indexOf(id)] as number
      const expected = Math.min(...[voters, votersOld ?? voters].map((g) => naive(g.map(valueAt))))
      expect(reachedByQuorum(both, valueAt)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})

test('learners count for nothing, and where nobody votes nobody decides', () => {
  const learning = makeConfiguration(['s1', 's2', 's3'], null, ['s4', 's5'], new Map())
  expect(hasQuorum(learning, new Set(['s1', 's4', 's5']))).toBe(false)
  expect(hasQuorum(learning, new Set(['s1', 's2']))).toBe(true)
  expect(hasQuorum(emptyConfiguration, new Set(names))).toBe(false)
})
