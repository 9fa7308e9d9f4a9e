/** Figures as a table of text. */

export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Three digits that count. */
export function figure(value) {
  if (value === null || value === undefined) return '-'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

/** The first column is text, the others are figures: aligned to the right. */
export function columns(head, rows) {
  const lines = [head, ...rows]
  const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at].length)))
  return lines
    .map((line) => {
      return line
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
        .join('  ')
        .trimEnd()
    })
    .map((line) => `${line}\n`)
    .join('')
}

export function table(figures) {
  const rows = figures.map(({ what, inFlight, value, unit, p50Ms, p99Ms, p999Ms, failed }) => [
    what,
    inFlight === undefined ? '' : String(inFlight),
    figure(value),
    unit,
    figure(p50Ms),
    figure(p99Ms),
    figure(p999Ms),
    failed === 0 ? '' : `${failed} failed`,
  ])
  return columns(['what', 'in flight', 'median', 'unit', 'p50 ms', 'p99 ms', 'p99.9 ms', ''], rows)
}
