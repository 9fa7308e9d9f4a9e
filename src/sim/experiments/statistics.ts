/** What is said of many measurements of one thing. */
import { assert } from '../../base/assert.ts'

export interface Statistics {
  readonly count: number
  readonly mean: number
  readonly median: number
  readonly p95: number
  readonly max: number
}

/** Of at least one number. */
export function statisticsOf(values: readonly number[]): Statistics {
  assert(values.length > 0, 'there is something to sum up')
  const sorted = [...values].sort((a, b) => a - b)
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max: sorted[sorted.length - 1] as number,
  }
}

/** Of sorted numbers: the smallest that at least this share is no larger than. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
}

/** How large a share of the values is no larger than x, as points of a rising line. */
export function cumulative(values: readonly number[], total: number): [number, number][] {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.map((value, i) => [value, (i + 1) / total])
}
