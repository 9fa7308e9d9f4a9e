/**
 * `kontiki sim`: seeds of the simulator from the command line. Status 0 where all of them passed, 1
 * at the first that failed, with its story; bad usage is 2, as everywhere.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { alpoFaults } from '../../sim/alpo/index.ts'
import {
  type FaultKind,
  faultKinds,
  faultNames,
  isFaultKind,
  type RunResult,
  replayCommand,
  runSeed,
  Summary,
  tellStory,
  traceHeading,
  traceLine,
  type Wishes,
  type WorkloadKind,
} from '../../sim/index.ts'
import { wholeNumber } from '../number-option.ts'
import { simulateAlpo } from './alpo.ts'
import { jobsMax, runStretches, type Stretch, stretchesOf, stretchesWithoutEnd } from './jobs.ts'

interface SimOptions {
  readonly protocol: 'raft' | 'alpo'
  readonly seed?: number
  readonly seeds: number
  readonly from: number
  readonly soak?: number
  readonly servers?: number
  readonly foreign?: number
  readonly minutes: number
  readonly workload?: WorkloadKind
  readonly faults?: readonly FaultKind[]
  readonly expectKnown?: true
  readonly jobs: number
  readonly trace?: true
  readonly json?: true
}

const kontikiPath = fileURLToPath(new URL('../../../bin/kontiki.js', import.meta.url))

const seedMax = 2 ** 31 - 1

export function simCommand(): Command {
  return new Command('sim')
    .description(
      'Runs whole clusters in a simulated world, one a seed: the real core, driver and log, ' +
        'over a network, disks and clocks that fail as the seed says. Every guarantee is ' +
        `checked after every event. Faults: ${faultNames.join(', ')}.`,
    )
    .addOption(
      new Option('--protocol <name>', 'raft, or its ancestor alpo, which breaks: see docs/alpo.md')
        .choices(['raft', 'alpo'])
        .default('raft'),
    )
    .option('--expect-known', "status 0 where ALPO's three known breaches are what is found")
    .addOption(
      new Option('--seed <seed>', 'run this one seed')
        .argParser(wholeNumber(0, seedMax))
        .conflicts(['seeds', 'from', 'soak']),
    )
    .option('--seeds <count>', 'run so many seeds', wholeNumber(1, 10_000_000), 100)
    .option('--from <seed>', 'the first of them', wholeNumber(0, seedMax), 1)
    .addOption(
      new Option('--soak <seconds>', 'run fresh seeds for so long')
        .argParser(wholeNumber(1, 30_000_000))
        .conflicts(['seeds', 'from']),
    )
    .option('--servers <count>', 'servers of each cluster (default: drawn)', wholeNumber(1, 9))
    .option(
      '--foreign <count>',
      "of them, servers that speak the course's Listing 1 alone (default: drawn)",
      wholeNumber(0, 9),
    )
    .addOption(
      new Option(
        '--workload <kind>',
        'clients with sessions and reads, or the commands of the course (default: drawn)',
      ).choices(['sessions', 'commands']),
    )
    .option('--minutes <minutes>', 'cluster time with faults, a seed', minutesOf, 0.5)
    .option('--faults <list>', 'these kinds of faults only, or none', faultsOf)
    .addOption(
      new Option('--jobs <count>', 'run seeds in so many processes at once')
        .argParser(wholeNumber(1, jobsMax))
        .default(1)
        .conflicts(['seed', 'trace']),
    )
    .option('--trace', 'print every event')
    .option('--json', 'print one JSON object')
    .action(async (options: SimOptions, command: Command) => {
      const { servers, foreign } = options
      if (servers !== undefined && foreign !== undefined && foreign > servers) {
        command.error(`error: --foreign ${foreign} is more than --servers ${servers}`)
      }
      if (options.workload === 'sessions' && (foreign ?? 0) > 0) {
        command.error('error: servers that speak Listing 1 alone know no sessions')
      }
      if (options.protocol === 'alpo') {
        const unknown = options.faults?.find((kind) => !alpoFaults.includes(kind))
        if (unknown !== undefined) command.error(`error: ALPO's world has no fault ${unknown}`)
        if (foreign !== undefined) command.error('error: nobody but ALPO speaks ALPO: no --foreign')
        if (options.jobs > 1) command.error('error: --jobs are for raft')
      } else if (options.expectKnown === true) {
        command.error('error: no breaches of Raft are known to --expect-known')
      }
      process.exitCode = (await simulate(options)) ? 0 : 1
    })
}

function minutesOf(text: string): number {
  const minutes = Number(text)
  if (minutes >= 0.001 && minutes <= 1440) return minutes
  throw new InvalidArgumentError('It must be a number of minutes from 0.001 to 1440.')
}

function faultsOf(text: string): FaultKind[] {
  if (text === 'none') return []
  return text.split(',').map((name) => {
    if (isFaultKind(name)) return name
    const known = Object.keys(faultKinds).join(', ')
    throw new InvalidArgumentError(`There is no fault ${name}; there are: ${known}.`)
  })
}

/** Runs what is asked for and prints what came of it; true where nothing failed. */
async function simulate(options: SimOptions): Promise<boolean> {
  const wishes: Wishes = {
    servers: options.servers ?? null,
    foreign: options.foreign ?? null,
    safetyMs: options.minutes * 60_000,
    faults: options.faults ?? null,
    workload: options.workload ?? null,
  }
  const summary = new Summary()
  const startedAt = performance.now()
  const seconds = (): number => (performance.now() - startedAt) / 1000
  if (options.protocol === 'alpo') {
    return simulateAlpo(seedsOf(options, seconds), wishes, options)
  }
  const failed =
    options.jobs > 1
      ? await runInJobs(options, wishes, summary, seconds)
      : runHere(options, wishes, summary, seconds)
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  report(summary, failed, seconds(), options)
  return failed === null
}

/** One after the other; the first that failed, if one did. */
function runHere(
  options: SimOptions,
  wishes: Wishes,
  summary: Summary,
  seconds: () => number,
): RunResult | null {
  for (const seed of seedsOf(options, seconds)) {
    const result = run(seed, wishes, options)
    summary.add(result)
    if (result.failure !== null) return result
    progress(summary, seconds())
  }
  return null
}

/** Several at once; the first that failed is run again here, for its story. */
async function runInJobs(
  options: SimOptions,
  wishes: Wishes,
  summary: Summary,
  seconds: () => number,
): Promise<RunResult | null> {
  const { from, seeds, soak, jobs } = options
  const stretches =
    soak === undefined ? stretchesOf(from, seeds, jobs) : stretchesWithoutEnd(freshSeed())
  const isOver = (): boolean => soak !== undefined && seconds() >= soak
  const inTime = { next: () => (isOver() ? { done: true, value: undefined } : stretches.next()) }
  const failedSeed = await runStretches(
    inTime as Iterator<Stretch>,
    jobs,
    [process.execPath, kontikiPath, 'sim', ...argumentsOf(options)],
    ({ counts }) => {
      summary.addCounts(counts)
      progress(summary, seconds())
    },
  )
  if (failedSeed === null) return null
  const result = runSeed(failedSeed, wishes)
  if (result.failure === null) throw new Error(`seed ${failedSeed} failed, and does not here`)
  return result
}

/** What each of the processes is told of the wishes. */
function argumentsOf({ servers, foreign, minutes, workload, faults }: SimOptions): string[] {
  const given: [string, string | undefined][] = [
    ['--servers', servers?.toString()],
    ['--foreign', foreign?.toString()],
    ['--minutes', String(minutes)],
    ['--workload', workload],
    ['--faults', faults === undefined ? undefined : faults.join(',') || 'none'],
  ]
  return given.flatMap(([option, value]) => (value === undefined ? [] : [option, value]))
}

/** Another each time, and far enough from the last there is; a soak can be told by its first. */
function freshSeed(): number {
  return Date.now() % 2 ** 30
}

function* seedsOf(options: SimOptions, seconds: () => number): Generator<number> {
  const { seed, from, seeds, soak } = options
  if (seed !== undefined) {
    yield seed
  } else if (soak !== undefined) {
    for (let at = freshSeed(); seconds() < soak; at++) yield at
  } else {
    for (let at = from; at < from + seeds; at++) yield at
  }
}

function run(seed: number, wishes: Wishes, { trace, json }: SimOptions): RunResult {
  if (trace === undefined || json !== undefined) return runSeed(seed, wishes)
  let isFirst = true
  return runSeed(seed, wishes, (event) => {
    if (isFirst) console.log(traceHeading(Array.from({ length: 9 }, (_, i) => `s${i + 1}`)))
    isFirst = false
    console.log(traceLine(event))
  })
}

function progress(summary: Summary, seconds: number): void {
  if (!process.stderr.isTTY) return
  const hours = (summary.clusterMs / 3_600_000).toFixed(2)
  process.stderr.write(`\r${summary.seeds} seeds, ${hours} cluster hours, ${seconds.toFixed(0)} s`)
}

function report(
  summary: Summary,
  failed: RunResult | null,
  seconds: number,
  { json }: SimOptions,
): void {
  if (json === undefined) {
    if (failed !== null) console.log(`${tellStory(failed, commit())}\n`)
    for (const line of summary.lines(seconds)) console.log(line)
    console.log(failed === null ? 'passed' : `FAILED at seed ${failed.seed}`)
    return
  }
  const { marks, ...counts } = summary
  const failure =
    failed === null
      ? null
      : { seed: failed.seed, ...failed.failure, replay: replayCommand(failed), commit: commit() }
  const hit = { hit: marks.hitNames, missed: marks.missedNames }
  console.log(JSON.stringify({ seconds, ...counts, marks: hit, failure }))
}

/** The commit that is checked out where this program lies, where that can be told. */
function commit(): string | null {
  const directory = new URL('.', import.meta.url)
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: directory })
  return git.status === 0 ? git.stdout.toString().trim() : null
}
