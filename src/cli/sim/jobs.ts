/**
 * Seeds in several processes at once, for machines with several cores: each process is a `kontiki
 * sim --json` of its own with a few seeds in a row, and what they count is summed up. A seed says
 * the same wherever it runs, so whoever wants the story of one that failed runs it again.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { SummaryCounts } from '../../sim/index.ts'

/** More processes than any machine has use for: each takes 200 MB. */
export const jobsMax = 64

/** Seeds of one process: enough for its start not to matter, few enough to end together. */
const seedsPerProcessMax = 20

/** Where time is up at some moment: a process that has begun then is waited for. */
const seedsPerProcessOfSoak = 5

/** Seeds in a row. */
export interface Stretch {
  readonly from: number
  readonly seeds: number
}

/** What a process prints. */
export interface StretchReport {
  readonly counts: SummaryCounts
  readonly failedSeed: number | null
}

/** So many seeds, cut up for so many processes. */
export function* stretchesOf(from: number, seeds: number, jobs: number): Generator<Stretch> {
  const length = Math.min(seedsPerProcessMax, Math.max(1, Math.floor(seeds / (4 * jobs))))
  for (let at = 0; at < seeds; at += length) {
    yield { from: from + at, seeds: Math.min(length, seeds - at) }
  }
}

/** Fresh stretches without end, for as long as somebody asks. */
export function* stretchesWithoutEnd(from: number): Generator<Stretch> {
  const seeds = seedsPerProcessOfSoak
  for (let at = from; ; at += seeds) yield { from: at, seeds }
}

/**
 * Runs them, `jobs` at a time and in their order, until one has failed. `command` is a program and
 * its arguments: `kontiki sim` with the wishes. Resolves with the lowest seed that failed, or null;
 * rejects where a process ends otherwise than it should.
 */
export async function runStretches(
  stretches: Iterator<Stretch>,
  jobs: number,
  command: readonly [string, ...string[]],
  heard: (report: StretchReport) => void,
): Promise<number | null> {
  const children = new Set<ChildProcess>()
  const endAll = (): void => {
    for (const child of children) child.kill('SIGKILL')
  }
  process.once('exit', endAll)
  let failedSeed: number | null = null
  const work = async (): Promise<void> => {
    while (failedSeed === null) {
      const { value, done } = stretches.next()
      if (done === true) return
      const report = await runStretch(value, command, children)
      heard(report)
      // Stretches are begun in their order: those before this one have been begun, and are ended.
      if (report.failedSeed !== null) {
        failedSeed = Math.min(failedSeed ?? report.failedSeed, report.failedSeed)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: jobs }, work))
    return failedSeed
  } finally {
    endAll()
    process.off('exit', endAll)
  }
}

async function runStretch(
  { from, seeds }: Stretch,
  [program, ...args]: readonly [string, ...string[]],
  children: Set<ChildProcess>,
): Promise<StretchReport> {
  const range = ['--from', String(from), '--seeds', String(seeds), '--json']
  const child = spawn(program, [...args, ...range], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  const [out, errors] = [textOf(child.stdout), textOf(child.stderr)]
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (status === 0 || status === 1) return reportIn(out())
    throw new Error(`the process of seeds from ${from} has ended with ${signal ?? status}`)
  } catch (error) {
    const said = errors().trim().split('\n')[0] ?? ''
    throw new Error(`${(error as Error).message}${said === '' ? '' : `: ${said}`}`)
  } finally {
    children.delete(child)
  }
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (piece: string) => {
    text += piece
  })
  return () => text
}

function reportIn(text: string): StretchReport {
  const { failure, ...counts } = JSON.parse(text) as SummaryCounts & {
    readonly failure: { readonly seed: number } | null
  }
  return { counts, failedSeed: failure?.seed ?? null }
}
