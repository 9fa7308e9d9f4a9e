/**
 * The paper's Figure 16 (the dissertation's §9.3): how long a cluster of five is without a leader
 * when its leader crashes, for ten choices of the election timeout. The published figures are those
 * that the text of §9.3 names; the rest of them is only drawn there.
 */
import type { Milliseconds } from '../../raft/index.ts'
import { type Downtime, measureDowntime } from './downtime.ts'
import type { LabOptions } from './lab.ts'
import { type Chart, columns, type ExperimentRun, msUpTo, type Table } from './report.ts'
import { cumulative, type Statistics, statisticsOf } from './statistics.ts'

interface Row {
  readonly timeouts: readonly [Milliseconds, Milliseconds]
  /** §9.3's words about it. */
  readonly published: string
}

const rows: readonly Row[] = [
  { timeouts: [12, 24], published: 'mean 35, worst 152' },
  { timeouts: [25, 50], published: '' },
  { timeouts: [50, 100], published: '' },
  { timeouts: [100, 200], published: '' },
  { timeouts: [150, 150], published: 'over 10000' },
  { timeouts: [150, 151], published: '' },
  { timeouts: [150, 155], published: 'median 287' },
  { timeouts: [150, 175], published: '' },
  { timeouts: [150, 200], published: 'worst 513' },
  { timeouts: [150, 300], published: '' },
]

/** What has no leader by then is counted as such: the published axis ends a little later. */
export const capMs = 10_000

/**
 * A local network, and disks that are mostly quick and sometimes not, so that the slowest of four
 * voters is heard about 14 ms after an election began; there it was roughly 15. Here a candidate
 * saves its own vote before it asks (§3.8), and the voters save theirs: two saves, one after the
 * other.
 */
export const surroundings: Pick<LabOptions, 'servers' | 'network' | 'disk'> = {
  servers: 5,
  network: { delay: 'even', delayMinMs: 0.1, delayMeanMs: 0.2 },
  disk: { syncMinMs: 0.5, syncMeanMs: 4 },
}

export interface MeasuredRow extends Statistics {
  readonly timeouts: readonly [Milliseconds, Milliseconds]
  readonly published: string
  readonly withoutLeader: number
  readonly electionsLost: number
  readonly times: readonly Milliseconds[]
}

/** Every row, each with so many trials. */
export function figure16({ seed, trials, progress }: ExperimentRun): MeasuredRow[] {
  return rows.map((row, i) => {
    const downtimes = Array.from({ length: trials }, (_, trial) => {
      progress((i + trial / trials) / rows.length)
      return trialOf(row.timeouts, `figure 16/${seed}/${row.timeouts.join('-')}/${trial}`)
    })
    return measured(row, downtimes)
  })
}

function trialOf(
  [electionTimeoutMinMs, electionTimeoutMaxMs]: readonly [Milliseconds, Milliseconds],
  seed: string,
): Downtime {
  const heartbeatIntervalMs = electionTimeoutMinMs / 2
  const raft = { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs }
  return measureDowntime(seed, {
    lab: { ...surroundings, raftOf: () => raft },
    heartbeatIntervalMs,
    short: (others, random) => random.shuffle(others).slice(0, 2),
    capMs,
    alsoCrash: () => [],
  })
}

function measured({ timeouts, published }: Row, downtimes: readonly Downtime[]): MeasuredRow {
  const times = downtimes.map((downtime) => downtime.ms)
  return {
    timeouts,
    published,
    ...statisticsOf(times),
    withoutLeader: downtimes.filter(({ isOver }) => !isOver).length,
    electionsLost: statisticsOf(downtimes.map(({ electionsLost }) => electionsLost)).mean,
    times,
  }
}

export function figure16Table(measurements: readonly MeasuredRow[]): Table {
  const titles = ['median', 'mean', '95 %', 'worst', 'over 10 s', 'elections lost', 'published']
  return {
    title: 'From the crash of the leader to the next one, in ms (Figure 16; §9.3)',
    columns: columns('timeouts', ...titles),
    rows: measurements.map((row) => [
      nameOf(row),
      msUpTo(capMs, row.median, 0),
      msUpTo(capMs, row.mean, row.withoutLeader),
      msUpTo(capMs, row.p95, 0),
      msUpTo(capMs, row.max, 0),
      `${row.withoutLeader} of ${row.count}`,
      row.electionsLost.toFixed(1),
      row.published,
    ]),
  }
}

export function figure16Charts(measurements: readonly MeasuredRow[]): Chart[] {
  const chart = (title: string, isShown: (row: MeasuredRow) => boolean): Chart => ({
    title,
    x: { title: 'time without a leader, in ms', scale: 'log' },
    y: { title: 'share of the trials', scale: 'linear' },
    series: measurements.filter(isShown).map((row) => ({
      name: nameOf(row),
      points: cumulative(
        row.times.filter((time) => time < capMs),
        row.count,
      ),
      line: 'steps',
    })),
  })
  return [
    chart('More or less randomness (Figure 16, above)', ({ timeouts }) => timeouts[0] === 150),
    chart(
      'Shorter or longer timeouts (Figure 16, below)',
      ({ timeouts: [low, high] }) => high === 2 * low,
    ),
  ]
}

function nameOf({ timeouts: [low, high] }: MeasuredRow): string {
  return `${low}-${high} ms`
}
