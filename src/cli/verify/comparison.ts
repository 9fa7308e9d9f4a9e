/**
 * Compares log files (C15, C20): the same sequence in each, line by line, and each file sound in
 * itself. Pure: texts in, findings out; whoever calls has read the files.
 */
import { createHash } from 'node:crypto'

/** One server's log file, whole. */
export interface LogFile {
  readonly server: string
  readonly text: string
}

/** What a file consists of; what is no line of a log file has no index. */
export interface LogSummary {
  readonly server: string
  readonly lines: number
  readonly firstIndex: number | null
  readonly lastIndex: number | null
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string
}

/** The first line that is not the same in every file; null stands for a file that has ended. */
export interface Difference {
  /** Counted from 1. */
  readonly line: number
  readonly found: readonly { readonly server: string; readonly text: string | null }[]
}

export interface Comparison {
  readonly summaries: readonly LogSummary[]
  readonly difference: Difference | null
  /** What is wrong inside single files, the first of each file. */
  readonly faults: readonly string[]
  /** The commands in the order of the longest file. */
  readonly commands: readonly string[]
}

interface Line {
  readonly term: number
  readonly index: number
  readonly command: string
}

export function compareLogs(files: readonly LogFile[]): Comparison {
  const split = files.map((file) => ({ ...file, lines: linesOf(file.text) }))
  const longest = split.reduce<readonly string[]>(
    (best, { lines }) => (lines.length > best.length ? lines : best),
    [],
  )
  return {
    summaries: split.map(summary),
    difference: firstDifference(split),
    faults: files.flatMap(({ server, text }) => faultIn(text).map((what) => `${server}: ${what}`)),
    commands: longest.flatMap((text) => parseLine(text)?.command ?? []),
  }
}

/** The whole lines, and at the end what is left of an unfinished one. */
function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  return lines
}

function summary(file: LogFile & { readonly lines: readonly string[] }): LogSummary {
  const { server, text, lines } = file
  const indexOf = (line: string | undefined): number | null =>
    line === undefined ? null : (parseLine(line)?.index ?? null)
  return {
    server,
    lines: lines.length,
    firstIndex: indexOf(lines[0]),
    lastIndex: indexOf(lines[lines.length - 1]),
    digest: createHash('sha256').update(text).digest('hex'),
  }
}

function firstDifference(
  files: readonly { readonly server: string; readonly lines: readonly string[] }[],
): Difference | null {
  const length = Math.max(0, ...files.map(({ lines }) => lines.length))
  const first = files[0]
  for (let i = 0; i < length; i++) {
    if (files.every(({ lines }) => lines[i] === first?.lines[i])) continue
    return {
      line: i + 1,
      found: files.map(({ server, lines }) => ({ server, text: lines[i] ?? null })),
    }
  }
  return null
}

/**
 * The first thing that no log file of one server may hold: an index twice or going back, a term
 * going back, an empty command (no-ops are not written), a last line without its end.
 */
function faultIn(text: string): string[] {
  let last: Line = { term: 0, index: 0, command: '' }
  for (const [i, content] of linesOf(text).entries()) {
    const line = parseLine(content)
    const place = `line ${i + 1}`
    if (line === null) return [`${place} is not term,index,command: ${quoted(content)}`]
    if (line.index === last.index) return [`${place} repeats index ${line.index}`]
    if (line.index < last.index) {
      return [`${place} goes back from index ${last.index} to ${line.index}`]
    }
    if (line.term < last.term) {
      return [`${place} goes back from term ${last.term} to ${line.term}`]
    }
    last = line
  }
  return text === '' || text.endsWith('\n') ? [] : ['the last line has no end']
}

function parseLine(text: string): Line | null {
  const match = /^([1-9]\d*),([1-9]\d*),(.+)$/.exec(text)
  if (match === null) return null
  const [, term, index, command] = match
  return { term: Number(term), index: Number(index), command: command as string }
}

/** Of a line so much is shown; a command may be a thousand letters long. */
const quotedLengthMax = 80

/** What is shown of a line that may be anything; of a long one the part around `position`. */
export function quoted(text: string, position = 0): string {
  const start = Math.max(0, Math.min(position - quotedLengthMax / 2, text.length - quotedLengthMax))
  const end = start + quotedLengthMax
  const shown = JSON.stringify(text.slice(start, end))
  return `${start > 0 ? '...' : ''}${shown}${end < text.length ? '...' : ''}`
}

/** Where the lines of a difference part: how many characters they all begin with. */
export function commonLength({ found }: Difference): number {
  const texts = found.flatMap(({ text }) => text ?? [])
  const [first = ''] = texts
  let length = 0
  while (length < first.length && texts.every((text) => text[length] === first[length])) length++
  return length
}
