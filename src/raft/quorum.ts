/**
 * Majorities (§3.4, §3.5) and joint majorities (§4.3): whether enough servers agree, and how far
 * enough of them have come. Learners count nowhere, and neither does a leader that is not among the
 * voters.
 */
import { assert } from '../base/assert.ts'
import type { Configuration } from './configuration.ts'
import type { ServerId } from './types.ts'

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
  sortDescending(values)
  const value = values[majorityOf(values.length) - 1]
  assert(value !== undefined, 'a majority is not larger than the whole')
  return value
}

/** By insertion: of a handful of numbers, after each answer; `sort` would allocate. */
function sortDescending(values: number[]): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number
    let at = i
    for (; at > 0 && (values[at - 1] as number) < value; at--) values[at] = values[at - 1] as number
    values[at] = value
  }
}

/**
 * Whether these servers can decide: a majority of the voters is among them, and in a joint
 * configuration a majority of each group, not of all together. Where nobody votes nobody decides.
 */
export function hasQuorum(configuration: Configuration, servers: ReadonlySet<ServerId>): boolean {
  const { voters, votersOld } = configuration
  return hasMajority(voters, servers) && (votersOld === null || hasMajority(votersOld, servers))
}

function hasMajority(group: readonly ServerId[], servers: ReadonlySet<ServerId>): boolean {
  if (group.length === 0) return false
  let count = 0
  for (const id of group) if (servers.has(id)) count += 1
  return count >= majorityOf(group.length)
}

/**
 * The largest value that a quorum has reached, as `valueAt` says of each voter; in a joint
 * configuration each group has reached it.
 */
export function reachedByQuorum(
  { voters, votersOld }: Configuration,
  valueAt: (id: ServerId) => number,
): number {
  const reached = reachedByGroup(voters, valueAt)
  return votersOld === null ? reached : Math.min(reached, reachedByGroup(votersOld, valueAt))
}

/** Reused by every count: a leader counts after each answer. */
const values: number[] = []

function reachedByGroup(group: readonly ServerId[], valueAt: (id: ServerId) => number): number {
  values.length = 0
  for (const id of group) values.push(valueAt(id))
  return reachedByMajority(values)
}
