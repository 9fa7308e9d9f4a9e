/**
 * Election timeouts from a quarter of the broadcast time to fifty times it: how long a cluster
 * takes to find its first leader, and for what share of the time it has one (§3.9: broadcastTime
 * must be far below electionTimeout).
 */
import type { Milliseconds } from '../../raft/index.ts'
import { Lab } from './lab.ts'
import { type Chart, columns, type ExperimentRun, ms, percent, type Table } from './report.ts'
import { statisticsOf } from './statistics.ts'

/** T as a multiple of the broadcast time; timeouts are drawn from [T, 2T]. */
const ratios: readonly number[] = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 50]

/** A request and its answer, on average. What counts is only how T compares with it. */
export const broadcastMs = 15

/** How long each cluster is watched, in the larger of T and the broadcast time. */
const watchedFor = 200

/** A ratio is a matter of many elections within a trial: it needs fewer of them than a downtime. */
export const sweepTrials = 20

export interface SweepRow {
  readonly ratio: number
  /** To the first leader; where there was none, the time watched. */
  readonly firstLeaderMs: Milliseconds
  readonly withoutLeader: number
  readonly ledShare: number
  readonly elections: number
  readonly trials: number
}

interface Watched {
  readonly firstLeaderMs: Milliseconds | null
  readonly ledShare: number
  readonly elections: number
}

export function sweep({ seed, progress }: ExperimentRun, trials: number): SweepRow[] {
  return ratios.map((ratio, i) => {
    const watched = Array.from({ length: trials }, (_, trial) => {
      progress((i + trial / trials) / ratios.length)
      return watch(`sweep/${seed}/${ratio}/${trial}`, ratio)
    })
    const mean = (of: (one: Watched) => number): number => statisticsOf(watched.map(of)).mean
    return {
      ratio,
      firstLeaderMs: mean(({ firstLeaderMs }) => firstLeaderMs ?? watchedMs(ratio)),
      withoutLeader: watched.filter(({ firstLeaderMs }) => firstLeaderMs === null).length,
      ledShare: mean(({ ledShare }) => ledShare),
      elections: mean(({ elections }) => elections),
      trials,
    }
  })
}

function watchedMs(ratio: number): Milliseconds {
  return watchedFor * Math.max(1, ratio) * broadcastMs
}

function watch(seed: string, ratio: number): Watched {
  const timeoutMs = ratio * broadcastMs
  const raft = {
    electionTimeoutMinMs: timeoutMs,
    electionTimeoutMaxMs: 2 * timeoutMs,
    heartbeatIntervalMs: timeoutMs / 2,
  }
  let elections = 0
  const lab = new Lab(
    seed,
    {
      servers: 5,
      raftOf: () => raft,
      network: {
        delay: 'exponential',
        delayMinMs: broadcastMs / 4,
        delayMeanMs: broadcastMs / 4,
      },
      disk: { syncMinMs: 0, syncMeanMs: broadcastMs / 100 },
    },
    {
      noticed: (_server, notice) => {
        if (notice.kind === 'roleChanged' && notice.role === 'candidate') elections += 1
      },
    },
  )
  lab.start(timeoutMs)
  let firstLeaderMs: Milliseconds | null = null
  let ledMs = 0
  let ledSince: Milliseconds | null = null
  lab.runUntil(watchedMs(ratio), () => {
    const isLed = hasLeader(lab)
    if (isLed) firstLeaderMs ??= lab.now
    if (isLed && ledSince === null) ledSince = lab.now
    if (!isLed && ledSince !== null) {
      ledMs += lab.now - ledSince
      ledSince = null
    }
    return false
  })
  if (ledSince !== null) ledMs += lab.now - ledSince
  return { firstLeaderMs, ledShare: ledMs / watchedMs(ratio), elections }
}

/** One whose term a majority is still in: a leader of fewer can commit nothing. */
function hasLeader({ servers }: Lab): boolean {
  return servers.some(
    ({ role, term }) =>
      role === 'leader' &&
      2 * servers.filter((server) => server.term === term).length > servers.length,
  )
}

export function sweepTable(rows: readonly SweepRow[]): Table {
  return {
    title: `T against a broadcast time of ${broadcastMs} ms; timeouts from [T, 2T]`,
    columns: columns(
      'T : broadcast',
      'first leader, ms',
      'none',
      'time with a leader',
      'elections',
    ),
    rows: rows.map(({ ratio, firstLeaderMs, withoutLeader, ledShare, elections, trials }) => [
      String(ratio),
      withoutLeader === trials ? `> ${ms(firstLeaderMs)}` : ms(firstLeaderMs),
      `${withoutLeader} of ${trials}`,
      percent(ledShare),
      elections.toFixed(1),
    ]),
  }
}

export function sweepCharts(rows: readonly SweepRow[]): Chart[] {
  const x = { title: 'T in broadcast times', scale: 'log' } as const
  return [
    {
      title: 'Time with a leader',
      x,
      y: { title: 'share of the time', scale: 'linear' },
      series: [
        {
          name: 'time with a leader',
          points: rows.map(({ ratio, ledShare }) => [ratio, ledShare] as const),
          line: 'straight',
        },
      ],
    },
    {
      title: 'Time to the first leader',
      x,
      y: { title: 'ms', scale: 'log' },
      series: [
        {
          name: 'time to the first leader',
          points: rows.map(({ ratio, firstLeaderMs }) => [ratio, firstLeaderMs] as const),
          line: 'straight',
        },
      ],
    },
  ]
}
