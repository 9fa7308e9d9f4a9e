/** Figure 16, measured anew: with the figures that §9.3 names. */
import { beforeAll, describe, expect, test } from 'vitest'
import { capMs, figure16, type MeasuredRow } from '../../../src/sim/experiments/figure-16.ts'

const trials = 300

describe('the time without a leader', () => {
  const rows = new Map<string, MeasuredRow>()

  beforeAll(() => {
    for (const row of figure16({ seed: '1', trials, progress: () => {} })) {
      rows.set(row.timeouts.join('-'), row)
    }
  })

  const row = (name: string): MeasuredRow => rows.get(name) as MeasuredRow

  test('has ten rows of as many trials as are asked for', () => {
    expect(rows.size).toBe(10)
    for (const { count, times } of rows.values()) {
      expect(count).toBe(trials)
      expect(times.length).toBe(trials)
    }
  })

  test('150-155 ms: the median is within a quarter of the published 287 ms', () => {
    expect(row('150-155').median).toBeGreaterThan(0.75 * 287)
    expect(row('150-155').median).toBeLessThan(1.25 * 287)
  })

  test('12-24 ms: the mean is within half of the published 35 ms', () => {
    expect(row('12-24').mean).toBeGreaterThan(0.5 * 35)
    expect(row('12-24').mean).toBeLessThan(1.5 * 35)
  })

  test('150-150 ms: over 10 s in most trials; with any randomness in hardly one', () => {
    expect(row('150-150').withoutLeader).toBeGreaterThan(trials / 2)
    for (const [name, { withoutLeader }] of rows) {
      if (name !== '150-150') expect(withoutLeader).toBeLessThan(trials / 20)
    }
  })

  test('is at least half a timeout, since the leader falls between two heartbeats', () => {
    for (const { timeouts, times } of rows.values()) {
      expect(Math.min(...times)).toBeGreaterThan(timeouts[0] / 2)
      expect(Math.max(...times)).toBeLessThanOrEqual(capMs)
    }
  })

  test('more randomness costs fewer elections', () => {
    const lost = ['150-151', '150-155', '150-175'].map((name) => row(name).electionsLost)
    expect(lost).toEqual([...lost].sort((a, b) => b - a))
  })
})

test('the same seed gives the same figures, another one others', () => {
  const times = (seed: string) =>
    figure16({ seed, trials: 3, progress: () => {} }).flatMap((row) => row.times)
  expect(times('a')).toEqual(times('a'))
  expect(times('a')).not.toEqual(times('b'))
})
