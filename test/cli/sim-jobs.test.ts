/** Stretches of seeds in processes of their own: their order, the first failure, wrong ends. */
import { describe, expect, test } from 'vitest'
import {
  runStretches,
  type StretchReport,
  stretchesOf,
  stretchesWithoutEnd,
} from '../../src/cli/sim/jobs.ts'

/** A program in place of `kontiki sim`: `from` and `seeds` are what it is told. */
function program(code: string): readonly [string, ...string[]] {
  const told = 'const [, from, , seeds] = process.argv.slice(1).map(Number);'
  const said = 'const say = (failure) => console.log(JSON.stringify({ seeds, failure }));'
  return [process.execPath, '-e', `${told}${said}${code}`, '--']
}

async function run(
  stretches: Iterator<{ from: number; seeds: number }>,
  jobs: number,
  code: string,
): Promise<{ failedSeed: number | null; seeds: number }> {
  const heard: StretchReport[] = []
  const failedSeed = await runStretches(stretches, jobs, program(code), (report) => {
    heard.push(report)
  })
  return { failedSeed, seeds: heard.reduce((sum, { counts }) => sum + counts.seeds, 0) }
}

test.each([
  [1, 1, 1],
  [1, 3, 8],
  [100, 7, 2],
  [0, 1000, 2],
  [5, 1001, 64],
])('stretches from %i cover %i seeds, each once, for %i processes', (from, seeds, jobs) => {
  const covered = [...stretchesOf(from, seeds, jobs)].flatMap((stretch) => {
    expect(stretch.seeds).toBeLessThanOrEqual(20)
    return Array.from({ length: stretch.seeds }, (_, i) => stretch.from + i)
  })
  expect(covered).toEqual(Array.from({ length: seeds }, (_, i) => from + i))
})

describe('runStretches', () => {
  test('hears of every stretch where none fails', async () => {
    expect(await run(stretchesOf(1, 9, 2), 2, 'say(null)')).toEqual({ failedSeed: null, seeds: 9 })
  })

  test('ends at a failure, and names the lowest seed whichever failed first', async () => {
    const code = `
      const fails = (seed) => { say({ seed }); process.exitCode = 1 }
      if (from === 5) fails(7)
      else setTimeout(() => fails(3), 300)`
    const { failedSeed, seeds } = await run(stretchesWithoutEnd(0), 2, code)
    expect([failedSeed, seeds]).toEqual([3, 10])
  })

  test('tells in one line how a process ended that should not have', async () => {
    const broken = run(stretchesOf(7, 1, 1), 1, 'console.error("no such\\nthing"); process.exit(2)')
    await expect(broken).rejects.toThrow('the process of seeds from 7 has ended with 2: no such')
    await expect(run(stretchesOf(7, 1, 1), 1, 'console.log("{")')).rejects.toThrow(/JSON/)
    await expect(runStretches(stretchesOf(1, 1, 1), 1, ['/no/program'], () => {})).rejects.toThrow(
      /ENOENT/,
    )
  })
})
