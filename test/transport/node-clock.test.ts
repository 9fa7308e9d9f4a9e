/** The real clock: one alarm, never early, never from inside a call, and the input first. */
import { afterEach, describe, expect, test } from 'vitest'
import { NodeClock, type NodeClockOptions } from '../../src/transport/index.ts'
import { turn, until } from '../ports/until.ts'

const clocks: NodeClock[] = []

function clock(options: Partial<NodeClockOptions> = {}): NodeClock {
  const made = new NodeClock(options)
  clocks.push(made)
  return made
}

afterEach(() => {
  for (const made of clocks.splice(0)) made.cancel()
})

/** When the alarm went off. */
function alarm(it: NodeClock, deadline: number): Promise<number> {
  return new Promise((resolve) => it.wakeAt(deadline, () => resolve(it.now())))
}

describe('an alarm', () => {
  test('is never early, whatever the fraction', async () => {
    const it = clock()
    for (let i = 0; i < 100; i++) {
      const deadline = it.now() + (i % 10) * 0.37
      expect(await alarm(it, deadline)).toBeGreaterThanOrEqual(deadline)
    }
  })

  test('whose time has passed comes soon, but not at once', async () => {
    const it = clock()
    let fired = 0
    it.wakeAt(it.now() - 1000, () => fired++)
    it.wakeAt(Number.NEGATIVE_INFINITY, () => fired++)
    expect(fired).toBe(0)
    await until('the alarm', () => fired > 0)
    await turn()
    expect(fired).toBe(1)
  })

  test('replaces the one before, earlier or later', async () => {
    const it = clock()
    const fired: string[] = []
    const set = (name: string, deadline: number): void =>
      it.wakeAt(deadline, () => fired.push(name))
    const now = it.now()
    set('first', now + 2)
    set('later', now + 20)
    set('sooner', now + 10)
    await until('the alarm', () => fired.length > 0)
    expect(it.now()).toBeGreaterThanOrEqual(now + 10)
    expect(await alarm(it, now + 30)).toBeGreaterThanOrEqual(now + 30)
    expect(fired).toEqual(['sooner'])
  })

  test('that was due, and is put off before it went off, is put off', async () => {
    const it = clock()
    let early = 0
    it.wakeAt(it.now() - 1, () => early++)
    const deadline = it.now() + 5
    expect(await alarm(it, deadline)).toBeGreaterThanOrEqual(deadline)
    expect(early).toBe(0)
  })

  test('may be set again from within', async () => {
    const it = clock()
    let fired = 0
    const wake = (): void => {
      if (++fired < 3) it.wakeAt(it.now(), wake)
    }
    it.wakeAt(it.now(), wake)
    await until('three alarms', () => fired === 3)
  })

  test('that is cancelled does not come, however near it was', async () => {
    const it = clock()
    let fired = 0
    it.wakeAt(it.now() + 1, () => fired++)
    it.cancel()
    it.wakeAt(it.now() - 1, () => fired++)
    it.cancel()
    await alarm(clock(), it.now() + 5)
    expect(fired).toBe(0)
  })

  test('that is cancelled keeps nothing running', () => {
    const running = (): number =>
      process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate/.test(name)).length
    const before = running()
    const it = clock()
    it.wakeAt(it.now() + 1e6, () => undefined)
    expect(running()).toBe(before + 1)
    it.cancel()
    expect(running()).toBe(before)
    it.wakeAt(it.now() - 1, () => undefined)
    expect(running()).toBe(before + 1)
    it.cancel()
    expect(running()).toBe(before)
  })

  test.each([2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY])('in %d ms is waited for', async (ms) => {
    const warnings: Error[] = []
    const listen = (warning: Error): number => warnings.push(warning)
    process.on('warning', listen)
    const it = clock()
    let fired = 0
    it.wakeAt(it.now() + ms, () => fired++)
    await alarm(clock(), it.now() + 5)
    process.off('warning', listen)
    // Node takes such a time for 1 ms, and warns.
    expect([fired, warnings]).toEqual([0, []])
    expect(await alarm(it, it.now())).toBeGreaterThan(0)
  })
})

describe('input first', () => {
  test('what is soon comes after what is waiting now, and not at once', async () => {
    const order: string[] = []
    clock().soon(() => order.push('soon'))
    process.nextTick(() => order.push('waiting'))
    order.push('now')
    await until('it', () => order.length === 3)
    expect(order).toEqual(['now', 'waiting', 'soon'])
  })

  test('a late alarm waits while there is input, for so many turns', async () => {
    let count = 0
    const it = clock({ inputCount: () => count++, lateMs: 10, catchUpTurnsMax: 7 })
    await alarm(it, it.now() - 1000)
    // Looked at before and after each of the first turn and seven more.
    expect(count).toBe(16)
  })

  test('a late alarm that finds none waits one turn', async () => {
    let looks = 0
    const inputCount = (): number => {
      looks++
      return 0
    }
    const it = clock({ inputCount, lateMs: 10, catchUpTurnsMax: 7 })
    await alarm(it, it.now() - 1000)
    expect(looks).toBe(2)
  })

  test('an alarm in time does not wait for input that goes on coming', async () => {
    let count = 0
    const it = clock({ inputCount: () => count++, lateMs: 1e9, catchUpTurnsMax: 7 })
    await alarm(it, it.now() - 1000)
    expect(count).toBe(2)
  })
})
