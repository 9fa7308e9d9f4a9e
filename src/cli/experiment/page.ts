/** A report as a page that stands by itself, and its charts in one SVG file. */
import type { Measured, Report, Table } from '../../sim/experiments/index.ts'
import { escapeText, svgOf } from './plot.ts'

const style = `
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
  background: #ffffff; color: #1d232b; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
th, td { white-space: nowrap; padding: .15rem .8rem; text-align: left;
  border-bottom: 1px solid #d5d9de; }
.right { text-align: right; }
pre { white-space: pre-wrap; }
code { background: #f0f1ee; padding: .1rem .3rem; }
`

export function pageOf({ name, question }: Measured, report: Report, command: string): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeText(name)}</title><style>${style}</style></head><body>`,
    `<h1>${escapeText(question)}</h1>`,
    `<p><code>${escapeText(command)}</code></p>`,
    ...report.setting.map((line) => `<p>${escapeText(line)}</p>`),
    ...report.tables.map(tableOf),
    ...report.charts.map(svgOf),
    `<pre>${escapeText(report.findings.join('\n'))}</pre>`,
    '</body></html>',
    '',
  ].join('\n')
}

function tableOf({ title, columns, rows }: Table): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    columns
      .map(({ align }, i) => `<${tag} class="${align}">${escapeText(row[i] ?? '')}</${tag}>`)
      .join('')
  const lines = rows.map((row) => `<tr>${cells('td', row)}</tr>`)
  const titles = columns.map((column) => column.title)
  return [
    `<h2>${escapeText(title)}</h2><table><tr>${cells('th', titles)}</tr>`,
    ...lines,
    '</table>',
  ].join('\n')
}

/** All charts, one below the other. */
export function picturesOf({ charts }: Report): string {
  const [width, height] = [760, 420]
  const shown = charts.map(
    (chart, i) => `<g transform="translate(0 ${i * height})">\n${svgOf(chart)}\n</g>`,
  )
  const whole = charts.length * height
  const box = `viewBox="0 0 ${width} ${whole}" width="${width}" height="${whole}"`
  return [`<svg xmlns="http://www.w3.org/2000/svg" ${box}>`, ...shown, '</svg>', ''].join('\n')
}
