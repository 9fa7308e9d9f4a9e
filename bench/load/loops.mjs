/**
 * Two ways of putting load on something. A closed loop has a fixed number of operations under way,
 * each followed by the next: it finds the throughput. An open loop starts operations at a fixed rate
 * whatever becomes of them, and counts each latency from when it was due to start: a stall is paid
 * for by everything that should have happened in it (no coordinated omission).
 */
import { performance } from 'node:perf_hooks'
import { Histogram } from './histogram.mjs'

/**
 * Run before the first figure: what the engine has not compiled yet runs many times slower, and one
 * command at a time would not have it compiled for minutes. The peers are compiled beforehand.
 */
export const warming = { inFlight: 256, warmUpMs: 0, measureMs: 5000 }

/**
 * `operation()` returns a promise. Operations that are answered within the measured time count.
 * @returns {Promise<{perSecond: number, failed: number, problem: string | null, latency: object}>}
 */
export async function closedLoop({ inFlight, warmUpMs, measureMs, operation }) {
  const start = performance.now()
  const from = start + warmUpMs
  const until = from + measureMs
  const latency = new Histogram()
  let failed = 0
  let problem = null
  let ran = 0
  const worker = async () => {
    for (;;) {
      const began = performance.now()
      if (began >= until) return
      try {
        await operation()
        const ended = performance.now()
        if (ended >= from && ended < until) latency.record(ended - began)
      } catch (error) {
        failed++
        problem ??= error instanceof Error ? error.message : String(error)
      }
      ran++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const perSecond = latency.count / (measureMs / 1000)
  return { perSecond, ran, failed, problem, latency: latency.summary() }
}

/** `perSecond` operations are started each second, evenly, as far as the timers of Node allow. */
export async function openLoop({ perSecond, warmUpMs, measureMs, operation }) {
  const start = performance.now()
  const from = start + warmUpMs
  const until = from + measureMs
  const latency = new Histogram()
  let due = start
  let answered = 0
  let failed = 0
  let problem = null
  const underWay = new Set()
  const startOne = (at) => {
    const one = operation()
      .then(() => {
        const ended = performance.now()
        if (ended >= from && ended < until) answered++
        if (at >= from && at < until) latency.record(ended - at)
      })
      .catch((error) => {
        failed++
        problem ??= error instanceof Error ? error.message : String(error)
      })
      .then(() => underWay.delete(one))
    underWay.add(one)
  }
  while (due < until) {
    const now = performance.now()
    while (due <= now && due < until) {
      startOne(due)
      due += 1000 / perSecond
    }
    await (due - now > 2 ? new Promise((done) => setTimeout(done, 1)) : new Promise(setImmediate))
  }
  await Promise.all(underWay)
  const rate = answered / (measureMs / 1000)
  return { due: perSecond, perSecond: rate, failed, problem, latency: latency.summary() }
}
