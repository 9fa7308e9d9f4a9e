/**
 * Majorities: arithmetic on numbers only (§3.4, §3.5). Who is counted is the configuration's
 * affair.
 */
import { assert } from '../base/assert.ts'

/** The fewest of `voters` servers of which any two groups share a member. */
export function majorityOf(voters: number): number {
  assert(voters >= 1, 'a configuration has a voter')
  return Math.floor(voters / 2) + 1
}

/**
 * The largest value that a majority has reached: sorts `values` in place, descending, and takes
 * the one at the majority's place. Of four servers that is the third, not the second.
 */
export function reachedByMajority(values: number[]): number {
  values.sort((a, b) => b - a)
  const value = values[majorityOf(values.length) - 1]
  assert(value !== undefined, 'a majority is not larger than the whole')
  return value
}
