/**
 * From a breach to a short play. Our code breaks nothing, so the breach is a made-up guarantee:
 * that server 2 never leads.
 */
import { describe, expect, test } from 'vitest'
import type { RaftState } from '../../src/raft/index.ts'
import { InvariantError } from '../../src/sim/index.ts'
import { parseScenario, runScenario } from '../../src/sim/scenario/index.ts'
import { type Observe, unobserved } from '../../src/sim/scenario/observer.ts'
import { defaultHunt, hunt, play, shrink, writeScenario } from '../../src/sim/shrink/index.ts'

const leads = (state: RaftState | null): boolean => state?.role.kind === 'leader'

const twoNeverLeads: Observe = (views) => ({
  ...unobserved,
  afterEvent: (id) => {
    const view = views.find((one) => one.id === '2')
    if (id === '2' && view !== undefined && leads(view.state)) {
      throw new InvariantError('election safety', 'server 2 leads')
    }
  },
})

describe('a hunt', () => {
  test('finds a play and shrinks it to what matters', () => {
    const broken = hunt(1, { ...defaultHunt, observe: twoNeverLeads })
    expect(broken?.performed.breach?.detail).toBe('server 2 leads')
    // Its timeout, its request to another, and the answer: nothing else is needed.
    expect(broken?.performed.lines.length).toBeLessThanOrEqual(4)
    expect(broken?.performed.lines).toContain('timeout 2')
  })

  test('finds nothing where nothing breaks', () => {
    expect(hunt(1, { ...defaultHunt, playsMax: 30 })).toBeNull()
  })

  test('gives a scenario that passes on code that keeps the guarantee', () => {
    const broken = hunt(2, { ...defaultHunt, observe: twoNeverLeads })
    const text = writeScenario(broken as NonNullable<typeof broken>)
    expect(text).toContain('expect invariants')
    expect(runScenario(parseScenario(text)).failure).toBeNull()
    expect(runScenario(parseScenario(text), twoNeverLeads).failure?.code).toBe('INVARIANT')
  })
})

test('shrinking leaves out servers and lines that nothing hangs on', () => {
  const ids = ['1', '2', '3', '4', '5']
  const lines = [
    'timeout 1',
    'deliver',
    'propose 1 "x"',
    'deliver',
    'timeout 2',
    'deliver',
    'heartbeat 2',
  ]
  const performed = play(ids, lines, twoNeverLeads)
  const { performed: shrunk, ids: left } = shrink({ ids, performed }, twoNeverLeads)
  expect(left).toHaveLength(3)
  expect(shrunk.lines.length).toBeLessThan(performed.lines.length)
  expect(shrunk.breach?.detail).toBe('server 2 leads')
})

test('a line that cannot be done is passed over', () => {
  const { lines, breach } = play(['1', '2', '3'], ['heartbeat 1', 'timeout 1', 'crash 1'])
  expect(lines).toEqual(['servers 1 2 3', 'timeout 1', 'crash 1'])
  expect(breach).toBeNull()
})
