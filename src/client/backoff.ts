/**
 * How long to wait before another try: exponential with full jitter, so that many clients that were
 * turned away together do not come back together.
 */
import type { Random } from '../base/random.ts'
import type { Milliseconds } from '../raft/index.ts'

export interface BackoffLimits {
  /** The longest first wait. */
  readonly firstMs: Milliseconds
  /** The longest wait of all. */
  readonly mostMs: Milliseconds
}

/** The wait after `failures` of them in a row: anything between nothing and a doubling bound. */
export function backoff(random: Random, limits: BackoffLimits, failures: number): Milliseconds {
  const bound = Math.min(limits.mostMs, limits.firstMs * 2 ** Math.min(failures - 1, 30))
  return random.between(0, bound)
}
