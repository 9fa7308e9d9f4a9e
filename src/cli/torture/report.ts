/** What `kontiki torture` says at the end: a table and a verdict, or JSON for programs. */
import { type Column, type Paint, tableLines } from '../table.ts'
import type { Count } from './exactly-once.ts'
import type { OperationCounts } from './judgement.ts'
import type { TortureResult } from './torture.ts'

const columns: readonly Column[] = [
  { title: 'operation' },
  ...['done', 'conflict', 'not applied', 'unknown'].map((title) => {
    return { title, align: 'right' } as const
  }),
]

export function reportLines(result: TortureResult, paint: Paint): string[] {
  return [
    ...tableLines(columns, operationRows(result), paint),
    '',
    ...countLines(result),
    ...verdictLines(result, paint),
  ]
}

function operationRows({ judgement }: TortureResult): string[][] {
  const rows = Object.entries(judgement.operations).sort(([a], [b]) => (a < b ? -1 : 1))
  const total = { acknowledged: 0, conflicts: 0, notApplied: 0, unknown: 0 }
  for (const [, counts] of rows) {
    for (const name of Object.keys(total) as (keyof OperationCounts)[]) total[name] += counts[name]
  }
  return [...rows, ['all', total] as const].map(([name, counts]) => {
    const { acknowledged, conflicts, notApplied, unknown } = counts
    return [name, ...[acknowledged - conflicts, conflicts, notApplied, unknown].map(String)]
  })
}

function countLines(result: TortureResult): string[] {
  const { judgement, faults, workedMs, longestGapMs, clientLives, options } = result
  const struck = Object.entries(faults).filter(([, count]) => count > 0)
  const total = struck.reduce((sum, [, count]) => sum + count, 0)
  const list = struck.map(([kind, count]) => `${kind} ${count}`).join(', ')
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  return [
    `${seconds(workedMs)}, ${judgement.keys} keys, ${options.clients} clients ` +
      `with ${clientLives} lives`,
    `${total} faults: ${list === '' ? 'none' : list}`,
    ...churnLines(result),
    `longest time without a successful write: ${seconds(longestGapMs)}`,
    `increments: ${countText(judgement.increments)}`,
    `serial numbers: ${countText(judgement.serials)}`,
    `linearizable: ${judgement.linearizable}`,
  ]
}

function churnLines({ churn, sights }: TortureResult): string[] {
  const { leaders, snapshotsTaken, snapshotsInstalled } = sights
  if (churn === null) return [`${leaders} leaders`]
  const { add, remove, replace, transfer, attemptsFailed } = churn
  const kibi = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`
  return [
    `members: ${add} added, ${remove} removed, ${replace} replaced; ` +
      `${transfer} transfers, ${attemptsFailed} attempts failed; ${leaders} leaders`,
    `snapshots: ${snapshotsTaken} taken, ${snapshotsInstalled} sent to new servers; largest ` +
      `directory ${kibi(sights.directoryBytes)} of ${kibi(sights.directoryBytesMax ?? 0)}`,
  ]
}

function countText(count: Count): string {
  const { acknowledged, unknownApplied, unknownNotApplied, notApplied } = count
  return (
    `${acknowledged} acknowledged, ${unknownApplied + unknownNotApplied} unknown ` +
    `(${unknownApplied} happened), ${notApplied} not applied`
  )
}

function verdictLines({ problems, folder }: TortureResult, paint: Paint): string[] {
  const lines =
    problems.length === 0
      ? [`verdict: ${paint('green', 'passed')}`]
      : [`verdict: ${paint('red', 'FAILED')}`, ...problems.map((what) => `  ${what}`)]
  if (folder !== null) lines.push(`everything is kept in ${folder}`)
  return lines
}

/** The same as one JSON value. */
export function reportJson(result: TortureResult): string {
  const { options, judgement, faults, churn, sights } = result
  const { workedMs, longestGapMs, clientLives } = result
  const { operations, keys, linearizable, increments, serials } = judgement
  return JSON.stringify({
    verdict: result.problems.length === 0 ? 'passed' : 'failed',
    problems: result.problems,
    seed: options.seed,
    ...{ workedMs, longestGapMs, clientLives, faults, churn, sights },
    ...{ operations, keys, linearizable, increments, serials },
    folder: result.folder,
  })
}
