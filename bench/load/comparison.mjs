/** What changed since an earlier run: the figures, and the latencies where both runs have them. */
import { columns, figure } from './table.mjs'

const percentiles = { p50: 'p50Ms', p99: 'p99Ms' }

export function compare(before, now) {
  const rows = []
  for (const row of now) {
    const old = before.find((other) => other.key === row.key)
    rows.push(compared(row.key, old?.value, row.value, row.unit))
    if (old !== undefined) rows.push(...latencies(old, row))
  }
  const gone = before.filter(({ key }) => !now.some((other) => other.key === key))
  for (const { key, value, unit } of gone) rows.push([key, figure(value), '-', unit, 'not run'])
  return `\n${columns(['compared', 'before', 'now', 'unit', 'change'], rows)}`
}

function latencies(old, now) {
  return (
    Object.entries(percentiles)
      .filter(([, name]) => Number.isFinite(old[name]) && Number.isFinite(now[name]))
      // Some figures are such a percentile themselves.
      .filter(([, name]) => !(now.unit === 'ms' && now.value === now[name]))
      .map(([what, name]) => compared(`${now.key} ${what}`, old[name], now[name], 'ms'))
  )
}

function compared(key, old, value, unit) {
  return [key, figure(old), figure(value), unit, old > 0 ? changeOf(value / old, unit) : 'new']
}

/** Of times and of memory less is better, of rates more; of what is only counted neither. */
function changeOf(ratio, unit) {
  const percent = `${((ratio - 1) * 100).toFixed(1)} %`
  const isRate = unit.endsWith('/s') || unit.endsWith('/CPU s')
  const isCost = /^(us|ms|CPU ms|MiB|bytes)(\/|$)/.test(unit)
  if (!(isRate || isCost) || ratio === 1) return percent
  return `${percent} ${ratio > 1 === isRate ? 'better' : 'worse'}`
}
