/** The time a leader puts on session entries: what has elapsed while it led, and no more. */
import { describe, expect, test } from 'vitest'
import { ClusterClock } from '../../src/state-machine/index.ts'

const leap = 1000

describe('a cluster clock', () => {
  test('goes on from what was applied, by what has elapsed since the election', () => {
    const clock = new ClusterClock()
    clock.lead(5000, 100_000)
    expect(clock.read(100_000, leap)).toBe(5000)
    expect(clock.read(100_300, leap)).toBe(5300)
    expect(clock.read(100_300.9, leap)).toBe(5300)
    expect(clock.read(100_301.2, leap)).toBe(5301)
  })

  test('counts no time in which this server did not lead', () => {
    const clock = new ClusterClock()
    clock.lead(0, 0)
    expect(clock.read(500, leap)).toBe(500)
    clock.lead(700, 900_000)
    expect(clock.read(900_010, leap)).toBe(710)
  })

  test('makes no leap, however long nobody looked', () => {
    const clock = new ClusterClock()
    clock.lead(0, 0)
    expect(clock.read(3_600_000, leap)).toBe(leap)
    expect(clock.read(3_600_010, leap)).toBe(leap + 10)
  })

  test('never goes back, whatever the clock does, and adds up no time twice', () => {
    const clock = new ClusterClock()
    clock.lead(0, 1000)
    expect(clock.read(1500, leap)).toBe(500)
    expect(clock.read(1200, leap)).toBe(500)
    expect(clock.read(1600, leap)).toBe(600)
  })

  test('catches up with entries of leaders before', () => {
    const clock = new ClusterClock()
    clock.lead(0, 0)
    clock.applied(400)
    expect(clock.read(10, leap)).toBe(410)
    clock.applied(100)
    expect(clock.read(20, leap)).toBe(420)
  })
})
