/** Ours against a peer, or against the floor, at each number of operations in flight. */
import { columns, figure } from './table.mjs'

/** Ours, then what it is held against. */
const pairs = [
  ['propose', 'hashicorp'],
  ['propose', 'floor'],
  ['kv put', 'etcd put'],
  ['kv get', 'etcd get'],
]

/** Empty where there is no such pair among the figures. */
export function ratios(figures) {
  const rows = []
  for (const [ours, theirs] of pairs) {
    for (const mine of figures.filter(({ what }) => what === ours)) {
      const other = figures.find(
        ({ what, inFlight }) => what === theirs && inFlight === mine.inFlight,
      )
      if (other === undefined || !(other.value > 0)) continue
      const ratio = figure(mine.value / other.value)
      rows.push([`${ours} / ${theirs}`, String(mine.inFlight), ratio])
    }
  }
  return rows.length === 0 ? '' : `\n${columns(['ratio', 'in flight', 'median'], rows)}`
}
