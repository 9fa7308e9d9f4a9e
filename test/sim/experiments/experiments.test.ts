/** What the other experiments show, whatever their figures are. */
import { describe, expect, test } from 'vitest'
import { experiments, type Report } from '../../../src/sim/experiments/index.ts'
import { cumulative, statisticsOf } from '../../../src/sim/experiments/statistics.ts'
import { sweep } from '../../../src/sim/experiments/timeout-sweep.ts'

function run(name: string, trials: number): Report {
  const experiment = experiments.find((one) => one.name === name)
  if (experiment?.kind !== 'measured') throw new Error(`there is no experiment ${name}`)
  return experiment.run({ seed: '1', trials, progress: () => {} })
}

test('T against the broadcast time: never a leader far below it, nearly always far above', () => {
  const rows = sweep({ seed: '1', trials: 3, progress: () => {} }, 3)
  const at = (ratio: number) => rows.find((row) => row.ratio === ratio)
  expect(at(0.25)?.withoutLeader).toBe(3)
  expect(at(0.5)?.ledShare).toBeLessThan(0.5)
  expect(at(10)?.ledShare).toBeGreaterThan(0.95)
  expect(at(50)?.firstLeaderMs ?? 0).toBeGreaterThan(at(5)?.firstLeaderMs ?? 0)
})

describe('ranks', () => {
  interface Row {
    readonly case: string
    readonly way: string
    readonly median: number
    readonly messages: number
    readonly electionsLost: number
  }
  const report = run('ranking', 40)
  const rows = report.data.rows as readonly Row[]
  const row = (which: string, way: string) =>
    rows.find((one) => one.case.includes(which) && one.way === way) as Row

  test('are measured in three ways, in three cases', () => {
    expect(rows.length).toBe(9)
    expect(report.charts.length).toBe(3)
  })

  test('lose more elections than randomness, most where the best cannot win', () => {
    for (const which of ['leader crashes', 'best of the others', 'lacks an entry']) {
      expect(row(which, 'ranked').electionsLost).toBeGreaterThan(row(which, 'random').electionsLost)
      expect(row(which, 'ranked').messages).toBeGreaterThan(row(which, 'random').messages)
    }
    const [well, lacking] = [row('leader crashes', 'ranked'), row('lacks an entry', 'ranked')]
    expect(lacking.electionsLost).toBeGreaterThan(well.electionsLost)
  })

  test('as waiting times cost nothing while all is well', () => {
    const staggered = row('leader crashes', 'staggered')
    expect(staggered.electionsLost).toBeLessThan(0.2)
    expect(staggered.median).toBeLessThan(row('lacks an entry', 'staggered').median)
  })
})

describe('without the term rule', () => {
  interface Run {
    readonly seed: string
    readonly twoLeadersAtMs: number | null
    readonly committed: number
  }
  const report = run('no-term', 5)
  const runs = (name: string) => report.data[name] as readonly Run[]

  test('two lead at once, and with it never', () => {
    expect(runs('term rule off').some(({ twoLeadersAtMs }) => twoLeadersAtMs !== null)).toBe(true)
    expect(runs('Raft').every(({ twoLeadersAtMs }) => twoLeadersAtMs === null)).toBe(true)
    for (const { committed } of runs('Raft')) expect(committed).toBeGreaterThan(100)
  })

  test('the first seed is told until two lead', () => {
    const first = runs('term rule off').find(({ twoLeadersAtMs }) => twoLeadersAtMs !== null)
    expect(report.findings[0]).toBe(`The first seed with two leaders is ${first?.seed}:`)
    expect(report.findings.join('\n')).toMatch(/s\d and s\d lead, and every link is whole/)
  })
})

test('statistics of known numbers', () => {
  expect(statisticsOf([4, 1, 3, 2])).toEqual({ count: 4, mean: 2.5, median: 2, p95: 4, max: 4 })
  expect(cumulative([20, 10], 4)).toEqual([
    [10, 0.25],
    [20, 0.5],
  ])
})
