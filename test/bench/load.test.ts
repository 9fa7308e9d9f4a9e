/** What the benchmarks' figures rest on: percentiles, comparisons, and loops that hide no stall. */
import { describe, expect, test } from 'vitest'

interface Summary {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

interface Loop {
  readonly perSecond: number
  readonly failed: number
  readonly problem: string | null
  readonly latency: Summary
}

interface Figure {
  readonly key: string
  readonly value: number
  readonly unit: string
  readonly p50Ms?: number | null
  readonly p99Ms?: number | null
}

interface OpenSettings {
  readonly perSecond: number
  readonly warmUpMs: number
  readonly measureMs: number
  readonly operation: () => Promise<void>
}

interface ClosedSettings {
  readonly inFlight: number
  readonly warmUpMs: number
  readonly measureMs: number
  readonly operation: () => Promise<void>
}

/** The benchmarks are plain JavaScript. */
async function load<Exported>(name: string): Promise<Exported> {
  return (await import(new URL(`../../bench/load/${name}.mjs`, import.meta.url).href)) as Exported
}

const { closedLoop, openLoop } = await load<{
  closedLoop: (settings: ClosedSettings) => Promise<Loop>
  openLoop: (settings: OpenSettings) => Promise<Loop>
}>('loops')
const { summaryOf } = await load<{ summaryOf: (latenciesMs: readonly number[]) => Summary }>(
  'histogram',
)
const { compare } = await load<{
  compare: (before: readonly Figure[], now: readonly Figure[]) => string
}>('comparison')

test('percentiles are within a hundredth of the truth', () => {
  const latencies = Array.from({ length: 10_000 }, (_, i) => (i + 1) / 100)
  const { count, p50Ms, p99Ms, maxMs } = summaryOf(latencies)
  expect([count, maxMs]).toEqual([10_000, 100])
  expect(Math.abs(p50Ms - 50)).toBeLessThanOrEqual(0.51)
  expect(Math.abs(p99Ms - 99)).toBeLessThanOrEqual(1)
})

function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

describe('an open loop', () => {
  test('counts a stall for every operation that was due in it', async () => {
    let started = 0
    const operation = async () => {
      started += 1
      if (started === 1) block(100)
    }
    const { latency } = await openLoop({ perSecond: 100, warmUpMs: 0, measureMs: 105, operation })
    // Due after 0, 10, 20, ... 100 ms; none but the first could begin before 100 ms were over.
    expect([latency.count, started]).toEqual([11, 11])
    expect(latency.maxMs).toBeGreaterThanOrEqual(100)
    expect(latency.p50Ms).toBeGreaterThanOrEqual(49)
  })

  test('tells what failed, and counts it for no answer', async () => {
    const operation = () => Promise.reject(new Error('no'))
    const result = await openLoop({ perSecond: 1000, warmUpMs: 0, measureMs: 10, operation })
    expect(result).toMatchObject({ perSecond: 0, failed: 10, problem: 'no' })
    expect(result.latency.count).toBe(0)
  })
})

test('a closed loop has as many operations under way as it was told, and no more', async () => {
  let [underWay, most, ended] = [0, 0, 0]
  const operation = async () => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise(setImmediate)
    underWay -= 1
    ended += 1
    if (ended % 2 === 0) throw new Error('every other one')
  }
  const settings = { inFlight: 7, warmUpMs: 0, measureMs: 400, operation }
  const { failed, problem, latency } = await closedLoop(settings)
  expect([most, underWay, problem]).toEqual([7, 0, 'every other one'])
  expect(failed).toBe(Math.floor(ended / 2))
  expect(latency.count).toBeLessThanOrEqual(ended - failed)
})

describe('a comparison', () => {
  const compared = (before: readonly Figure[], now: readonly Figure[]): string[] => {
    const lines = compare(before, now).split('\n')
    return lines.map((line) => line.replace(/ {2,}/g, ' | ')).filter((line) => line !== '')
  }

  test('tells what changed, what is new and what was not run', () => {
    const figure = (key: string, value: number) => ({ key, value, unit: 'commands/s' })
    const before = [figure('a', 100), figure('gone', 5)]
    expect(compared(before, [figure('a', 150), figure('b', 2)])).toEqual([
      'compared | before | now | unit | change',
      'a | 100 | 150 | commands/s | 50.0 % better',
      'b | - | 2 | commands/s | new',
      'gone | 5 | - | commands/s | not run',
    ])
  })

  test.each([
    ['answers/s', 'better', 'worse'],
    ['events/CPU s', 'better', 'worse'],
    ['ms', 'worse', 'better'],
    ['CPU ms', 'worse', 'better'],
    ['us/command', 'worse', 'better'],
    ['MiB', 'worse', 'better'],
  ])('of %s says that more is %s and less %s', (unit, more, less) => {
    const figure = (value: number): Figure => ({ key: 'a', value, unit })
    expect(compared([figure(100)], [figure(110)])[1]).toBe(
      `a | 100 | 110 | ${unit} | 10.0 % ${more}`,
    )
    expect(compared([figure(100)], [figure(90)])[1]).toBe(
      `a | 100 | 90 | ${unit} | -10.0 % ${less}`,
    )
    expect(compared([figure(100)], [figure(100)])[1]).toBe(`a | 100 | 100 | ${unit} | 0.0 %`)
  })

  test('has the latencies where both runs have them, and none twice', () => {
    const rate = { key: 'a', value: 100, unit: 'commands/s' }
    const before = [{ ...rate, p50Ms: 2, p99Ms: 10 }]
    expect(compared(before, [{ ...rate, p50Ms: 1, p99Ms: 15 }]).slice(1)).toEqual([
      'a | 100 | 100 | commands/s | 0.0 %',
      'a p50 | 2 | 1 | ms | -50.0 % better',
      'a p99 | 10 | 15 | ms | 50.0 % worse',
    ])
    expect(compared([rate], [{ ...rate, p50Ms: 1, p99Ms: null }])).toHaveLength(2)
    const time = { key: 'b', value: 3, unit: 'ms', p50Ms: 3, p99Ms: 4 }
    expect(compared([time], [time]).slice(1)).toEqual([
      'b | 3 | 3 | ms | 0.0 %',
      'b p99 | 4 | 4 | ms | 0.0 %',
    ])
  })
})
