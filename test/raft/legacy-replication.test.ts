/**
 * A whole leader against followers of another implementation, whose answers say only `Success`:
 * what it credits them with is never more than they hold, however the network loses, delays and
 * reorders; and when the network is calm again, everything is committed soon. The same for our own
 * followers, whose answers carry ids and whose network may repeat messages, too.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Message } from '../../src/raft/index.ts'
import { ForeignFollower } from './foreign-follower.ts'
import { Bench } from './harness.ts'
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
  /**
   * Requests until all is settled, after `heartbeats` were lost, and a command with every tenth.
   */
  function requestsAfterAbsence(commands: 'before' | 'meanwhile', heartbeats: number): number {
    const world = new OneLeader('foreign', [[1], [1]])
    world.calmRound()
    for (let i = 0; i < heartbeats; i++) {
      if (i < 20 && commands === 'before') world.make({ kind: 'propose', which: i })
      if (i % 10 === 0 && commands === 'meanwhile') world.make({ kind: 'propose', which: i })
      world.make({ kind: 'heartbeat', which: 0 })
      world.network = [] // lost
    }
    const before = world.requests
    expect(roundsToSettle(world, 3)).toBeLessThanOrEqual(3)
    return world.requests - before
  }

  test('that was away for long while nothing new came is back with few requests', () => {
    // What was said to it meanwhile was about the last entry, so that each answer proves much.
    expect(requestsAfterAbsence('before', 1000)).toBeLessThan(60)
  })

  test('that was away while commands came answers once for each request that was lost', () => {
    expect(requestsAfterAbsence('meanwhile', 1000)).toBeLessThan(1100)
  })
})

describe('under steady load', () => {
  /** Requests in each second, with a command a millisecond; `lossPercent` of all is lost. */
  function requestsPerSecond(roundTripMs: number, lossPercent: number): number[] {
    const random = new Random(`${roundTripMs} ${lossPercent}`)
    const leader = new Bench({ voters: 2 }).lead()
    const follower = new ForeignFollower('s2', [])
    let network: { at: number; message: Message }[] = []
    const send = (messages: readonly Message[]) => {
      for (const message of messages) {
        const at = leader.now + (roundTripMs / 2) * random.between(0.8, 1.2)
        if (!random.chance(lossPercent / 100)) network.push({ at, message })
      }
    }
    const seconds: number[] = []
    for (let second = 0; second < 20; second++) {
      let requests = 0
      for (let ms = 0; ms < 1000; ms++) {
        leader.elapse(1).propose('x')
        const due = network.filter(({ at }) => at <= leader.now)
        network = network.filter(({ at }) => at > leader.now)
        for (const { message } of due) {
          if (message.kind === 'appendEntriesRequest') follower.receive(message)
          else leader.receive(message)
        }
        const sent = leader.takeSent('appendEntriesRequest')
        requests += sent.length
        send(sent)
        send(follower.answers.splice(0))
      }
      seconds.push(requests)
    }
    expect(leader.state.role.kind).toBe('leader')
    return seconds
  }

  for (const roundTripMs of [2, 10, 40, 80]) {
    for (const lossPercent of [0, 5]) {
      test(`round trips of ${roundTripMs} ms, ${lossPercent} % lost: requests are bounded`, () => {
        const seconds = requestsPerSecond(roundTripMs, lossPercent)
        // One after the other, and a dozen more in a heartbeat interval where round trips vary.
        const most = (1000 / roundTripMs) * 1.3 + 12 * (1000 / 50)
        expect(Math.max(...seconds)).toBeLessThan(most)
      })
    }
  }
})
