/**
 * Small text tables for people, and colour where it is wanted: on a terminal, and not where
 * NO_COLOR is set (util.styleText looks at both). A table is plain lines without borders, so that
 * it can be cut, sorted and pasted.
 */
import { stripVTControlCharacters, styleText } from 'node:util'

export interface Column {
  readonly title: string
  /** Numbers stand to the right, under each other; the default is left. */
  readonly align?: 'left' | 'right'
}

export type Format = Parameters<typeof styleText>[0]

/** Colours text for one stream, or leaves it as it is. */
export type Paint = (format: Format, text: string) => string

export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (format, text) => styleText(format, text, { stream })
}

/** For what is never looked at by a person: files, JSON, tests. */
export const noPaint: Paint = (_format, text) => text

const gap = '  '

/** The lines of a table; a row may have fewer cells than there are columns. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint = noPaint,
): string[] {
  const titles = columns.map((column) => column.title)
  const widths = columns.map((_, i) =>
    Math.max(...[titles, ...rows].map((cells) => printedLength(cells[i] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => padded(cells[i] ?? '', widths[i] ?? 0, column.align ?? 'left'))
      .join(gap)
      .trimEnd()
  return [paint('bold', line(titles)), ...rows.map(line)]
}

function padded(cell: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - printedLength(cell)))
  return align === 'left' ? cell + blanks : blanks + cell
}

/** Colour takes no room on the screen. */
function printedLength(cell: string): number {
  return stripVTControlCharacters(cell).length
}
