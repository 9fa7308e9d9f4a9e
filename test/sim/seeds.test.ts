/**
 * Seeds of the simulator: some that never change, so that a change of behaviour is seen where it
 * was made, and some that were never run before. A failure tells its story and its replay.
 */
import { describe, expect, test } from 'vitest'
import { type RunResult, runSeed, tellStory, traceLine, type Wishes } from '../../src/sim/index.ts'

const wishes: Wishes = { servers: null, foreign: null, safetyMs: 10_000, faults: null }

function passes(seed: number, of: Wishes = wishes): RunResult {
  const result = runSeed(seed, of)
  if (result.failure !== null) throw new Error(tellStory(result, null))
  return result
}

describe('seeds pass', () => {
  test.each([1, 101, 201, 301])('ten from %i on', (first) => {
    for (let seed = first; seed < first + 10; seed++) passes(seed)
  })

  test('ten that were never run before', () => {
    const first = Date.now() % 2 ** 31
    for (let seed = first; seed < first + 10; seed++) passes(seed)
  })

  test.each(['sessions', 'commands'] as const)('ten with %s for a workload', (workload) => {
    for (let seed = 1; seed <= 10; seed++) passes(seed, { ...wishes, workload })
  })

  test('ten among servers of which one speaks Listing 1 alone', () => {
    for (let seed = 1; seed <= 10; seed++) passes(seed, { ...wishes, servers: 3, foreign: 1 })
  })

  test('without faults a good part of what is proposed, to whomever, is committed', () => {
    const sum = { committed: 0, proposals: 0 }
    for (let seed = 1; seed <= 10; seed++) {
      const result = passes(seed, { ...wishes, servers: 3, faults: [], workload: 'commands' })
      expect(result.elections).toBeGreaterThan(0)
      sum.committed += result.committed
      sum.proposals += result.proposals
    }
    expect(sum.proposals).toBeGreaterThan(100)
    expect(sum.committed).toBeGreaterThan(sum.proposals / 5)
  })
})

describe('a seed is a run', () => {
  function traceOf(seed: number): string {
    const lines: string[] = []
    const result = runSeed(seed, { ...wishes, servers: 3 }, (event) => lines.push(traceLine(event)))
    return `${lines.join('\n')}\n${result.fingerprint}`
  }

  test('the same seed gives the same trace byte for byte; another does not', () => {
    const trace = traceOf(42)
    expect(trace.length).toBeGreaterThan(5000)
    expect(traceOf(42)).toBe(trace)
    expect(traceOf(43)).not.toBe(trace)
  })
})
