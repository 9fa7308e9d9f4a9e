/** How the election timeout is to be chosen: L5 by a sweep, L10 by Figure 16. */
import { capMs, figure16, figure16Charts, figure16Table, type MeasuredRow } from './figure-16.ts'
import { type ExperimentRun, type Measured, ms, percent, type Report } from './report.ts'
import {
  broadcastMs,
  type SweepRow,
  sweep,
  sweepCharts,
  sweepTable,
  sweepTrials,
} from './timeout-sweep.ts'

/** How much of the work the sweep is, for the bar. */
const sweepShare = 0.4

export const electionTimeout: Measured = {
  kind: 'measured',
  name: 'election-timeout',
  answers: 'L5, L10',
  question: 'What if T is near the broadcast time? How long does it take to replace a leader?',
  trials: 1000,
  run,
}

function run({ seed, trials, progress }: ExperimentRun): Report {
  const swept = sweep(
    { seed, trials, progress: (share) => progress(sweepShare * share) },
    Math.min(trials, sweepTrials),
  )
  const rows = figure16({
    seed,
    trials,
    progress: (share) => progress(sweepShare + (1 - sweepShare) * share),
  })
  return {
    setting: [
      'Five servers: the real core and driver in a simulated network. First whole clusters are ' +
        'started and watched; then leaders are crashed at random between two heartbeats, ' +
        'the last of which reached all others together, with two of them lacking an entry.',
    ],
    tables: [sweepTable(swept), figure16Table(rows)],
    findings: findingsOf(swept, rows),
    charts: [...sweepCharts(swept), ...figure16Charts(rows)],
    data: {
      broadcastMs,
      capMs,
      sweep: swept,
      figure16: rows.map(({ times: _times, ...row }) => row),
    },
  }
}

function findingsOf(swept: readonly SweepRow[], rows: readonly MeasuredRow[]): string[] {
  const at = (ratio: number): string =>
    percent(swept.find((row) => row.ratio === ratio)?.ledShare ?? Number.NaN)
  const row = (low: number, high: number): MeasuredRow | undefined =>
    rows.find(({ timeouts }) => timeouts[0] === low && timeouts[1] === high)
  const none = row(150, 150)
  return [
    `With 2T half the broadcast time there was a leader for ${at(0.25)} of the time, with T ` +
      `equal to it for ${at(1)}, with T ten times it for ${at(10)}.`,
    `Without randomness ${none?.withoutLeader} of ${none?.count} clusters had no leader after ` +
      `10 s; 5 ms of it bring the median to ${ms(row(150, 155)?.median ?? Number.NaN)} ms.`,
  ]
}
