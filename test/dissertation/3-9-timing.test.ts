/**
 * §3.9, timing and availability (R11): safety does not depend on timing, and a steady leader stays
 * as long as broadcasts take much less than an election timeout.
 */
import { describe, expect, test } from 'vitest'
import { defaultOptions, OptionError, raftOptions } from '../../src/raft/index.ts'
import { Cluster } from '../raft/cluster.ts'
import { Bench } from '../raft/harness.ts'
import { accepted, appendEntries } from '../raft/messages.ts'

describe('the timing requirement', () => {
  test('by default timeouts are 150 to 300 ms, and heartbeats fit in several times', () => {
    const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = defaultOptions
    expect([electionTimeoutMinMs, electionTimeoutMaxMs]).toEqual([150, 300])
    expect(heartbeatIntervalMs * 2).toBeLessThan(electionTimeoutMinMs)
  })

  test('heartbeats that are no more frequent than elections are refused as an option', () => {
    expect(() => raftOptions({ heartbeatIntervalMs: 150 })).toThrow(OptionError)
    expect(() => raftOptions({ heartbeatIntervalMs: 149 })).not.toThrow()
  })

  test('a leader that is heard keeps its followers from elections, for good', () => {
    const cluster = new Cluster([[], [], []]).elect('s1').settle()
    for (let i = 0; i < 200; i++) {
      for (const id of ['s2', 's3']) cluster.at(id, (s) => s.elapse(50))
      cluster.at('s1', (s) => s.elapse(50)).settle()
    }
    expect(cluster.properties.elections).toBe(1)
    expect(cluster.leader.id).toBe('s1')
  })

  /** How long a leader stays whose every request is answered, after `delayMs`. */
  function reignMs(delayMs: number): number {
    const bench = new Bench().lead()
    const start = bench.now
    const answers: { at: number; answer: ReturnType<typeof accepted> }[] = []
    while (bench.state.role.kind === 'leader' && bench.now < start + 5000) {
      for (const request of bench.takeSent('appendEntriesRequest')) {
        answers.push({ at: bench.now + delayMs, answer: accepted(request) })
      }
      const next = answers[0]
      if (next !== undefined && next.at <= bench.raft.nextDeadline) {
        bench.elapse(Math.max(0, next.at - bench.now))
        answers.shift()
        if (bench.state.role.kind === 'leader') bench.receive(next.answer)
      } else {
        bench.wake()
      }
    }
    return bench.now - start
  }

  for (const delayMs of [0, 5, 49, 51, 100, 140, 200, 240]) {
    test(`a leader stays whose heartbeats are all answered, ${delayMs} ms later`, () => {
      expect(reignMs(delayMs)).toBeGreaterThanOrEqual(5000)
    })
  }

  test('a leader whose answers take longer than an election timeout gives up', () => {
    expect(reignMs(400)).toBeLessThan(1000)
  })
})

describe('safety does not depend on timing', () => {
  test('a server that wakes far too late, or often for nothing, only stands for election', () => {
    const bench = new Bench({ log: [1, 1] })
    for (let i = 0; i < 20; i++) bench.step({ kind: 'tick' })
    expect(bench.state).toMatchObject({ currentTerm: 1, role: { kind: 'follower' } })
    bench.now += 1_000_000
    bench.step({ kind: 'tick' })
    expect(bench.state).toMatchObject({ currentTerm: 2, role: { kind: 'candidate' } })
    expect(bench.logTerms).toEqual([1, 1])
  })

  test('after a pause a message that is waiting is heard before the clock', () => {
    const bench = new Bench({ currentTerm: 1 })
    bench.now += 1_000_000
    bench.batch(() => bench.receive(appendEntries('s2', { term: 1 })).step({ kind: 'tick' }))
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
    expect(bench.state.currentTerm).toBe(1)
  })

  test('a clock that goes back is a fault of the driver, not a matter of Raft', () => {
    const bench = new Bench().elapse(100).step({ kind: 'tick' })
    bench.now = 99
    expect(() => bench.step({ kind: 'tick' })).toThrow('time does not go back')
  })
})
