/** After its process has stood still, a server relies on no lease from before (§6.4.1). */
import { describe, expect, test } from 'vitest'
import { accepted, preVote, vote } from '../raft/messages.ts'
import { Rig } from './fakes.ts'

const heartbeatIntervalMs = 50

/** A leader that has just heard of all, with a lease that is good for a second. */
function leased(): Rig {
  const rig = new Rig({
    options: {
      ...{ electionTimeoutMinMs: 1000, electionTimeoutMaxMs: 2000, heartbeatIntervalMs },
      ...{ preVote: true, leaseClockDriftMax: 0 },
    },
  })
  rig.start().ring()
  rig.receive(preVote('s2', { term: 0, requestId: 1 }))
  rig.clock.turn()
  rig.storage.finishAll()
  rig.receive(vote('s2', { term: 1 }))
  rig.clock.turn()
  rig.storage.finishAll()
  rig.receive(...rig.takeMessages('appendEntriesRequest').map(accepted))
  rig.clock.turn()
  for (let i = 0; i < 3; i++) {
    rig.ring()
    rig.receive(...rig.takeMessages('appendEntriesRequest').map(accepted))
    rig.clock.turn()
  }
  expect(readsAtOnce(rig, 1)).toBe(true)
  return rig
}

function readsAtOnce(rig: Rig, readId: number): boolean {
  rig.server.read(readId, 'lease')
  rig.clock.turn()
  return rig.answers.some((answer) => answer.kind === 'readable' && answer.readId === readId)
}

describe('a leader with a lease', () => {
  test('reads by it while its alarms are in time, or late by less than a heartbeat', () => {
    const rig = leased()
    rig.clock.pass(2 * heartbeatIntervalMs - 1)
    expect(readsAtOnce(rig, 2)).toBe(true)
  })

  test.each(['turn first', 'alarm first'] as const)('not after a pause: %s', (order) => {
    const rig = leased()
    // By the clock, the lease is good for another half a second and more.
    rig.clock.time += 4 * heartbeatIntervalMs
    if (order === 'alarm first') rig.clock.pass(0, order)
    expect(readsAtOnce(rig, 2)).toBe(false)
    rig.ring()
    rig.receive(...rig.takeMessages('appendEntriesRequest').map(accepted))
    rig.clock.turn()
    expect(readsAtOnce(rig, 3)).toBe(true)
  })
})
