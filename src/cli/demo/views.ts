/** What the demo shows of its servers: the table of `status`, and their logs side by side. */
import { type Column, type Paint, tableLines } from '../table.ts'
import type { Condition } from './cluster.ts'

/** One server as `status` shows it. */
export interface ServerView {
  readonly server: number
  readonly id: string
  readonly condition: Condition
  /** Its answer to `print`; null where it gives none. */
  readonly print: readonly string[] | null
  readonly lastLine: string | null
}

const statusColumns: readonly Column[] = [
  { title: 'server', align: 'right' },
  { title: 'address' },
  { title: 'state' },
  { title: 'term', align: 'right' },
  { title: 'commitIndex', align: 'right' },
  { title: 'last line' },
]

/** So much of a command is shown where it shares a line with others. */
const shownLengthMax = 40

export function statusLines(views: readonly ServerView[], paint: Paint): string[] {
  const rows = views.map(({ server, id, condition, print, lastLine }) => [
    String(server),
    id,
    stateCell(condition, field(print, 'state'), paint),
    field(print, 'currentTerm') ?? '-',
    field(print, 'commitIndex') ?? '-',
    shortened(lastLine ?? '-'),
  ])
  return tableLines(statusColumns, rows, paint)
}

/** What the server says it is, or else what was done to it. */
function stateCell(condition: Condition, state: string | null, paint: Paint): string {
  if (state === 'leader') return paint('green', state)
  if (state === 'failed') return paint('yellow', 'failed')
  return state ?? paint('red', condition)
}

/** The value of a `name: value` line. */
function field(print: readonly string[] | null, name: string): string | null {
  const line = print?.find((text) => text.startsWith(`${name}: `))
  return line === undefined ? null : line.slice(name.length + 2)
}

/** Rows of the table of logs; `log N` shows a server's whole log. */
export const logRowsMax = 20

/** One server's answer to `log`: `term,index,command` lines from index 1 on. */
export interface LogView {
  readonly server: number
  readonly lines: readonly string[]
}

export function logTableLines(views: readonly LogView[], paint: Paint): string[] {
  const last = Math.max(0, ...views.map(({ lines }) => lines.length))
  if (last === 0) return ['no server has an entry']
  const first = Math.max(1, last - logRowsMax + 1)
  const columns: Column[] = [
    { title: 'index', align: 'right' },
    ...views.map(({ server }) => ({ title: `server ${server}` })),
  ]
  const rows = Array.from({ length: last - first + 1 }, (_, i) => [
    String(first + i),
    ...views.map(({ lines }) => entryCell(lines[first + i - 1])),
  ])
  const omitted = first === 1 ? [] : [`(entries 1 to ${first - 1} are not shown; see log N)`]
  return [...omitted, ...tableLines(columns, rows, paint)]
}

/** `term command`, since the index stands at the beginning of the row. */
function entryCell(line: string | undefined): string {
  if (line === undefined) return '-'
  const [term = '', , ...command] = line.split(',')
  const text = command.join(',')
  return `${term} ${text === '' ? '(no-op)' : shortened(text)}`
}

function shortened(text: string): string {
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}...` : text
}
