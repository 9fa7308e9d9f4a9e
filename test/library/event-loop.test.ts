/** That an event loop which stands still is measured and told, alone and in a server. */
import { afterEach, describe, expect, test } from 'vitest'
import { EventLoopWatch } from '../../src/library/event-loop.ts'
import { openServer } from '../../src/library/index.ts'
import { waitFor } from '../harness/waiting.ts'
import { Counter } from './machines.ts'

let watch: EventLoopWatch | null = null
afterEach(() => {
  watch?.stop()
  watch = null
})

const ms = new Int32Array(new SharedArrayBuffer(4))

/** As an application that computes, or a process that is stopped. */
function standStill(timeMs: number): void {
  Atomics.wait(ms, 0, 0, timeMs)
}

function watching(options: Partial<ConstructorParameters<typeof EventLoopWatch>[0]> = {}): {
  readonly told: string[]
  readonly loop: EventLoopWatch
} {
  const told: string[] = []
  const all = { pauseMs: 100, everyMs: 5, quietMs: 60_000, windowMs: 60_000, ...options }
  const loop = new EventLoopWatch(all, (text) => told.push(text))
  watch = loop
  loop.start()
  return { told, loop }
}

describe('an event loop', () => {
  test('that stands still is measured, and told with how long', async () => {
    const { told, loop } = watching()
    standStill(300)
    await waitFor('it to be told', () => told.length > 0)
    expect(told[0]).toMatch(/^the event loop stood still for \d{3} ms, .*heartbeat \(100 ms\): /)
    expect(loop.status.longestDelayMs).toBeGreaterThanOrEqual(290)
    expect(loop.status.pauses).toBeGreaterThanOrEqual(1)
  })

  test('that does so again and again is told of now and then, with how often', async () => {
    const { told, loop } = watching({ quietMs: 700 })
    let pauses = 0
    await waitFor('it to be told twice', () => {
      if (loop.status.pauses > pauses || pauses === 0) standStill(200)
      pauses = Math.max(pauses, loop.status.pauses)
      return told.length === 2
    })
    expect(told[0]).not.toContain('more since')
    expect(told[1]).toMatch(/; [1-9]\d* more since the last time/)
    expect(loop.status.pauses).toBeGreaterThanOrEqual(3)
  })

  test('that is well again is so after a while, and what was is counted', async () => {
    const { loop } = watching({ windowMs: 300 })
    standStill(250)
    await waitFor('the pause to be seen', () => loop.status.longestDelayMs >= 240)
    await waitFor('it to be forgotten', () => loop.status.longestDelayMs < 240)
    expect(loop.status.pauses).toBeGreaterThanOrEqual(1)
  })
})

test('a server tells of its own, and has it in its status', async () => {
  const server = await openServer({
    id: 'a',
    servers: { a: '127.0.0.1:0' },
    storage: 'memory',
    stateMachine: new Counter(),
  })
  try {
    const told: string[] = []
    server.on('warning', ({ code }) => told.push(code))
    standStill(400)
    await waitFor('it to be told', () => told.includes('EVENT_LOOP'))
    const { eventLoop } = server.status()
    expect(eventLoop?.longestDelayMs).toBeGreaterThanOrEqual(300)
    expect(eventLoop?.pauses).toBeGreaterThanOrEqual(1)
  } finally {
    await server.close()
  }
})
