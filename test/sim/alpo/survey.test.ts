/** ALPO in the simulated world: it breaks in the ways that are known, and in no others. */
import { describe, expect, test } from 'vitest'
import { AlpoSurvey, expectedBreaches, runAlpoSeed } from '../../../src/sim/alpo/index.ts'
import type { Wishes } from '../../../src/sim/index.ts'

const wishes: Wishes = { servers: null, foreign: null, safetyMs: 30_000, faults: null }

/** More than enough: each of the three breaks in one seed of fifty, or more often. */
const seedsMax = 1500

test('all three known breaches are found, and nothing unknown', () => {
  const survey = new AlpoSurvey()
  for (let seed = 1; seed <= seedsMax && (seed <= 100 || !survey.isAsKnown); seed++) {
    survey.add(runAlpoSeed(seed, wishes))
    if (survey.unknown.length > 0) break
  }
  expect(survey.unknown).toEqual([])
  expect(survey.findings.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining([...expectedBreaches]),
  )
  for (const { story, detail } of survey.findings) {
    expect(story.length).toBeGreaterThan(5)
    expect(detail).not.toBe('')
  }
  expect(survey.whole).toBeGreaterThan(0)
})

describe('what each breach needs', () => {
  function broken(of: Wishes, seeds: number): string[] {
    const names: string[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const { breach, kind } = runAlpoSeed(seed, of)
      if (breach !== null) names.push(kind?.name ?? `${breach.invariant}: ${breach.detail}`)
    }
    return [...new Set(names)]
  }

  test('without any fault nothing breaks, and commands are committed', () => {
    expect(broken({ ...wishes, faults: [] }, 40)).toEqual([])
    expect(runAlpoSeed(1, { ...wishes, faults: [] }).committed).toBeGreaterThan(20)
  })

  test('as long as no process ends nobody votes twice', () => {
    const faults = ['partitions', 'oneWayCuts', 'linkCuts', 'detours'] as const
    const names = broken({ ...wishes, faults }, 300)
    expect(names.length).toBeGreaterThan(0)
    for (const name of names)
      expect(['committed entry lost', 'nobody can be elected']).toContain(name)
  })
})

test('a seed is a run: the same one gives the same events to the last', () => {
  const lines = (seed: number): string[] => {
    const told: string[] = []
    runAlpoSeed(seed, wishes, (line) => told.push(line))
    return told
  }
  const first = lines(42)
  expect(first.length).toBeGreaterThan(100)
  expect(lines(42)).toEqual(first)
  expect(lines(43)).not.toEqual(first)
})
