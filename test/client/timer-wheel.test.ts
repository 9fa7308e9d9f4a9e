/** Timers on one alarm: each rings once, never early, at most a slot late. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Alarm, TimerWheel } from '../../src/client/timer-wheel.ts'
import { World } from './world.ts'

const latenessMaxMs = 8

describe('the timer wheel', () => {
  test('whatever is set, set anew and unset: the others ring in time', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            at: fc.integer({ min: 0, max: 9000 }),
            due: fc.integer({ min: 0, max: 9000 }),
            fate: fc.constantFrom('rings', 'unset', 'moved'),
            fateAt: fc.integer({ min: 0, max: 9000 }),
          }),
          { maxLength: 60 },
        ),
        (plans) => {
          const world = new World()
          const wheel = new TimerWheel(world.clock())
          const begin = world.now
          const rung: number[][] = plans.map(() => [])
          const expected: (number | null)[] = plans.map(() => null)
          for (const [i, plan] of plans.entries()) {
            const alarm = new Alarm(() => rung[i]?.push(world.now))
            world.at(begin + plan.at, () => {
              const due = world.now + plan.due
              expected[i] = due
              wheel.set(alarm, due)
            })
            if (plan.fate === 'rings') continue
            world.at(begin + plan.at + plan.fateAt, () => {
              if (!alarm.isSet) return
              expected[i] = plan.fate === 'unset' ? null : world.now + plan.due
              if (plan.fate === 'unset') wheel.unset(alarm)
              else wheel.set(alarm, world.now + plan.due)
            })
          }
          world.run(60_000)
          for (const [i, due] of expected.entries()) {
            expect(rung[i]).toHaveLength(due === null ? 0 : 1)
            if (due === null) continue
            expect(rung[i]?.[0]).toBeGreaterThanOrEqual(due)
            expect(rung[i]?.[0]).toBeLessThanOrEqual(due + latenessMaxMs)
          }
          expect(wheel.size).toBe(0)
        },
      ),
    )
  })

  test('a timer may set itself, and unset another of the same time', () => {
    const world = new World()
    const wheel = new TimerWheel(world.clock())
    const rung: string[] = []
    const second = new Alarm(() => rung.push('second'))
    const first = new Alarm(() => {
      rung.push('first')
      wheel.unset(second)
      wheel.unset(third)
      if (rung.length < 3) wheel.set(first, world.now)
    })
    const third = new Alarm(() => rung.push('third'))
    const due = world.now + 100
    wheel.set(third, due)
    wheel.set(first, due)
    wheel.set(second, due)
    world.run(1000)
    const others = rung.filter((name) => name !== 'first')
    expect(rung.filter((name) => name === 'first').length).toBeGreaterThanOrEqual(2)
    expect(others.length).toBeLessThanOrEqual(1)
  })

  test('nothing that is set for ever rings, and nothing after a stop', () => {
    const world = new World()
    const wheel = new TimerWheel(world.clock())
    let rings = 0
    const endless = new Alarm(() => rings++)
    const stopped = new Alarm(() => rings++)
    wheel.set(endless, Number.POSITIVE_INFINITY)
    expect(wheel.size).toBe(0)
    wheel.set(stopped, world.now + 10)
    wheel.stop()
    world.run(10_000)
    expect(rings).toBe(0)
  })
})
