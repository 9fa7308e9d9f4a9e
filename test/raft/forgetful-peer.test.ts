/**
 * Followers that lose their logs in the middle of a term, as servers without a disk do when they
 * are started again. Raft promises them nothing (§3.8), but the leader heals what it can: once the
 * network is calm they are sent everything again.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { divergentLogs, type Move, moves, OneLeader } from './one-leader.ts'

const kinds: Move['kind'][] = ['deliver', 'deliver', 'deliver', 'lose', 'propose', 'heartbeat']

/** Calm rounds until every follower holds the leader's log. */
function roundsToHeal(world: OneLeader): number {
  for (let rounds = 0; rounds < 20; rounds++) {
    if (world.isHealed) return rounds
    world.calmRound()
  }
  return Number.POSITIVE_INFINITY
}

for (const [kind, roundsMax] of [
  // Bare refusals are believed late, and go back by doubling steps.
  ['foreign', 12],
  ['ours', 4],
] as const) {
  test(`followers that are ${kind} and were emptied are sent everything again`, () => {
    fc.assert(
      fc.property(divergentLogs, moves(kinds), fc.nat(), (logs, script, at) => {
        const world = new OneLeader(kind, logs)
        const emptied = at % (script.length + 1)
        for (const move of script.slice(0, emptied)) world.make(move)
        world.emptyFollowers()
        for (const move of script.slice(emptied)) world.make(move)
        expect(roundsToHeal(world)).toBeLessThanOrEqual(roundsMax)
        assert(world.leader.state.role.kind === 'leader', 'the leader still leads')
      }),
      { numRuns: 500 },
    )
  })
}
