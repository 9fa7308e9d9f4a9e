/** What changed since an earlier run. */
import { columns, figure } from './table.mjs'

export function compare(before, now) {
  const rows = now.map(({ key, value, unit }) => {
    const old = before.find((other) => other.key === key)?.value
    const change = old > 0 ? `${((value / old - 1) * 100).toFixed(1)} %` : 'new'
    return [key, figure(old), figure(value), unit, change]
  })
  const gone = before.filter(({ key }) => !now.some((other) => other.key === key))
  for (const { key, value, unit } of gone) rows.push([key, figure(value), '-', unit, 'not run'])
  return `\n${columns(['compared', 'before', 'now', 'unit', 'change'], rows)}`
}
