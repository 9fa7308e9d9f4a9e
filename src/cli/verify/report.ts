/**
 * What `kontiki verify` says at the end: a table and a verdict for people, or JSON for programs.
 */
import { type Column, type Paint, tableLines } from '../table.ts'
import { commonLength, quoted } from './comparison.ts'
import type { VerifyResult } from './verify.ts'

const columns: readonly Column[] = [
  { title: 'server' },
  { title: 'lines', align: 'right' },
  { title: 'first index', align: 'right' },
  { title: 'last index', align: 'right' },
  { title: 'sha256' },
]

/** Enough of a digest to tell files apart by eye. */
const digestLength = 16

export function reportLines(result: VerifyResult, paint: Paint): string[] {
  const rows = result.comparison.summaries.map((summary) => [
    summary.server,
    String(summary.lines),
    String(summary.firstIndex ?? '-'),
    String(summary.lastIndex ?? '-'),
    summary.digest.slice(0, digestLength),
  ])
  return [
    ...tableLines(columns, rows, paint),
    '',
    ...accountLines(result),
    ...verdict(result, paint),
  ]
}

function accountLines({ account, outages, options, sendingMs }: VerifyResult): string[] {
  const { sent, committed, committedPercent, repeated } = account
  const seconds = (sendingMs / 1000).toFixed(1)
  const lines = [
    `${sent} commands sent in ${seconds} s, ` +
      `${committed} committed (${committedPercent.toFixed(1)} %)`,
  ]
  if (options.faults) {
    lines.push(`${outages.suspensions} suspensions, ${outages.kills} kills, all ended again`)
  }
  if (repeated.length > 0) {
    lines.push(`committed more often than sent: ${repeated.slice(0, 5).join(', ')}`)
  }
  return lines
}

function verdict({ comparison, problems, folder }: VerifyResult, paint: Paint): string[] {
  const lines: string[] = []
  const { difference } = comparison
  if (difference !== null) {
    const position = commonLength(difference)
    lines.push(`the files first differ at line ${difference.line}:`)
    for (const { server, text } of difference.found) {
      lines.push(`  ${server}  ${text === null ? '(the file has ended)' : quoted(text, position)}`)
    }
  }
  if (problems.length === 0) {
    lines.push(`verdict: ${paint('green', 'equal')}`)
  } else {
    lines.push(`verdict: ${paint('red', 'FAILED')}`, ...problems.map((what) => `  ${what}`))
  }
  if (folder !== null) lines.push(`everything is kept in ${folder}`)
  return lines
}

/** The same as one JSON value. */
export function reportJson(result: VerifyResult): string {
  const { options, comparison, account, outages, problems, folder } = result
  return JSON.stringify({
    verdict: problems.length === 0 ? 'equal' : 'failed',
    problems,
    seed: options.seed,
    servers: comparison.summaries,
    firstDifference: comparison.difference,
    sent: account.sent,
    unique: result.uniqueCommands,
    committed: account.committed,
    committedPercent: account.committedPercent,
    repeated: account.repeated,
    suspensions: outages.suspensions,
    kills: outages.kills,
    folder,
  })
}
