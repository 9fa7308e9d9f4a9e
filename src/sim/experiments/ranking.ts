/**
 * Ranks in the place of randomness (L6): the way that Raft's authors tried first (§3.4 tells why
 * they gave it up). A candidate that hears of a better-ranked one steps back, and the best wins.
 * Beside it stands a milder use of ranks: who ranks lower waits longer, and nobody steps back.
 */
import type { Message, Milliseconds, RaftOptions } from '../../raft/index.ts'
import { type Downtime, measureDowntime } from './downtime.ts'
import { surroundings } from './figure-16.ts'
import type { LabHooks } from './lab.ts'
import type { LabServer } from './lab-server.ts'
import { columns, type ExperimentRun, type Measured, ms, msUpTo, type Report } from './report.ts'
import { cumulative, type Statistics, statisticsOf } from './statistics.ts'

const timeoutMs = 150
const heartbeatIntervalMs = timeoutMs / 2
const { servers } = surroundings
const capMs = 10_000

/** A server's rank is its place: the last is the best. */
interface Way {
  readonly name: string
  readonly timeoutsOf: (place: number) => readonly [Milliseconds, Milliseconds]
  readonly hooks: LabHooks
}

const ways: readonly Way[] = [
  { name: 'random', timeoutsOf: () => [timeoutMs, 2 * timeoutMs], hooks: {} },
  { name: 'ranked', timeoutsOf: () => [timeoutMs, timeoutMs], hooks: { arriving: yieldToBetter } },
  {
    name: 'staggered',
    timeoutsOf: (place) => {
      // The best waits T, the last nearly 2T: a step of T/5, well above the broadcast time.
      const wait = timeoutMs * (1 + (servers - 1 - place) / servers)
      return [wait, wait]
    },
    hooks: {},
  },
]

/** A candidate that is asked for its vote by a better one of its term, or a later, steps back. */
function yieldToBetter(server: LabServer, message: Message): Message {
  const isAsked = message.kind === 'requestVoteRequest' && server.role === 'candidate'
  const rank = Number(message.from.slice(1)) - 1
  if (isAsked && message.term >= server.term && rank > server.place) server.yield()
  return message
}

interface Case {
  readonly name: string
  readonly short: (others: readonly LabServer[]) => readonly LabServer[]
  readonly alsoCrash: (others: readonly LabServer[]) => readonly LabServer[]
}

const cases: readonly Case[] = [
  { name: 'the leader crashes', short: () => [], alsoCrash: () => [] },
  { name: 'and the best of the others', short: () => [], alsoCrash: best },
  { name: 'and the best lacks an entry', short: best, alsoCrash: () => [] },
]

function best(others: readonly LabServer[]): LabServer[] {
  return others.slice(-1)
}

interface Row extends Statistics {
  readonly way: string
  readonly case: string
  readonly withoutLeader: number
  readonly electionsLost: number
  readonly messages: number
}

export const ranking: Measured = {
  kind: 'measured',
  name: 'ranking',
  answers: 'L6',
  question: 'Ranks in the place of randomness: what do they bring, and what do they cost?',
  trials: 300,
  run,
}

function run({ seed, trials, progress }: ExperimentRun): Report {
  const kinds = cases.flatMap((which) => ways.map((way) => ({ way, which })))
  const measured = kinds.map(({ way, which }, i) => {
    const downtimes = Array.from({ length: trials }, (_, trial) => {
      progress((i + trial / trials) / kinds.length)
      return trialOf(`ranking/${seed}/${way.name}/${which.name}/${trial}`, way, which)
    })
    return { row: rowOf(way, which, downtimes), downtimes }
  })
  const rows = measured.map(({ row }) => row)
  return {
    setting: [
      `Five servers, T = ${timeoutMs} ms, ranked by their number. Random: timeouts from [T, 2T]. ` +
        'Ranked: T for all, and a candidate that hears of a better one steps back and waits T. ' +
        'Staggered: T for the best, T/5 more for each rank below, and nobody steps back.',
    ],
    tables: [
      {
        title: 'From the crash of the leader to the next one, in ms',
        columns: columns(
          'what happens',
          ...['how', 'median', 'mean', 'worst', 'over 10 s', 'elections lost', 'messages'],
        ),
        rows: rows.map((row) => [
          row.case,
          row.way,
          msUpTo(capMs, row.median, 0),
          msUpTo(capMs, row.mean, row.withoutLeader),
          msUpTo(capMs, row.max, 0),
          `${row.withoutLeader} of ${row.count}`,
          row.electionsLost.toFixed(1),
          row.messages.toFixed(0),
        ]),
      },
    ],
    findings: findingsOf(rows),
    charts: cases.map(({ name }) => ({
      title: `Ranks and randomness: ${name}`,
      x: { title: 'time without a leader, in ms', scale: 'log' },
      y: { title: 'share of the trials', scale: 'linear' },
      series: measured
        .filter(({ row }) => row.case === name)
        .map(({ row, downtimes }) => ({
          name: row.way,
          points: cumulative(
            downtimes.filter(({ isOver }) => isOver).map((downtime) => downtime.ms),
            row.count,
          ),
          line: 'steps',
        })),
    })),
    data: { capMs, rows },
  }
}

function trialOf(seed: string, { timeoutsOf, hooks }: Way, { short, alsoCrash }: Case): Downtime {
  const raftOf = (place: number): Partial<RaftOptions> => {
    const [electionTimeoutMinMs, electionTimeoutMaxMs] = timeoutsOf(place)
    return { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs }
  }
  const lab = { ...surroundings, raftOf }
  return measureDowntime(seed, { lab, heartbeatIntervalMs, short, capMs, alsoCrash, hooks })
}

function rowOf(way: Way, which: Case, downtimes: readonly Downtime[]): Row {
  const mean = (of: (one: Downtime) => number): number => statisticsOf(downtimes.map(of)).mean
  return {
    way: way.name,
    case: which.name,
    ...statisticsOf(downtimes.map((downtime) => downtime.ms)),
    withoutLeader: downtimes.filter(({ isOver }) => !isOver).length,
    electionsLost: mean(({ electionsLost }) => electionsLost),
    messages: mean(({ messages }) => messages),
  }
}

function findingsOf(rows: readonly Row[]): string[] {
  return cases.map(({ name }) => {
    const here = rows.filter((row) => row.case === name)
    const told = here.map(({ way, median, withoutLeader, count }) =>
      2 * withoutLeader > count ? `${way} never` : `${way} in ${ms(median)} ms`,
    )
    return `${name}: half of the clusters have a new leader ${told.join(', ')}.`
  })
}
