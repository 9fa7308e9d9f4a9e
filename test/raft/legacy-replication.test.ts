/**
 * A whole leader against followers of another implementation, whose answers say only `Success`:
 * what it credits them with is never more than they hold, however the network loses, delays and
 * reorders; and when the network is calm again, everything is committed soon. The same for our own
 * followers, whose answers carry ids and whose network may repeat messages, too.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { divergentLogs, type Move, moves, OneLeader } from './one-leader.ts'

/** Weighted by repetition: most of the time something arrives. */
const foreignMoves: Move['kind'][] = [
  'deliver',
  'deliver',
  'deliver',
  'lose',
  'propose',
  'heartbeat',
]
const ourMoves: Move['kind'][] = [...foreignMoves, 'repeat', 'save']

function play(world: OneLeader, script: readonly Move[]): void {
  for (const move of script) world.make(move)
}

/** Calm rounds until all is settled. */
function roundsToSettle(world: OneLeader, roundsMax: number): number {
  for (let rounds = 0; rounds <= roundsMax; rounds++) {
    if (world.isSettled) return rounds
    world.calmRound()
  }
  return Number.POSITIVE_INFINITY
}

for (const [kind, kinds] of [
  ['foreign', foreignMoves],
  ['ours', ourMoves],
] as const) {
  describe(`followers that are ${kind}`, () => {
    test('are never credited with more than they hold', () => {
      fc.assert(
        fc.property(divergentLogs, moves(kinds), (logs, script) => {
          play(new OneLeader(kind, logs), script)
        }),
        { numRuns: 400 },
      )
    })

    test('hold everything, and the leader knows, within few calm rounds', () => {
      fc.assert(
        fc.property(divergentLogs, moves(kinds), (logs, script) => {
          const world = new OneLeader(kind, logs)
          play(world, script)
          expect(roundsToSettle(world, 4)).toBeLessThanOrEqual(4)
        }),
        { numRuns: 200 },
      )
    })
  })
}

describe('a foreign follower', () => {
  test('that was away for long costs few requests when it is back', () => {
    const world = new OneLeader('foreign', [[1], [1]])
    world.calmRound()
    for (let i = 0; i < 1000; i++) {
      if (i % 10 === 0) world.make({ kind: 'propose', which: i })
      world.make({ kind: 'heartbeat', which: 0 })
      world.network = [] // lost
    }
    const before = world.requests
    expect(roundsToSettle(world, 3)).toBeLessThanOrEqual(3)
    // It has to answer once more than heartbeats of lower cover were lost, and no more than that.
    expect(world.requests - before).toBeLessThan(1100)
  })
})
