/**
 * Whether a torture with churn has had any: members that changed, logs that were cut, servers that
 * began with another's snapshot, leaders that followed on each other. A run without them would pass
 * and show nothing.
 */
import type { ChurnCounts } from './churn.ts'
import type { Sights } from './observation.ts'

/** From here on all of it must have happened; wishes wait for faults, and shorter runs have few. */
export const churnExpectedAfterSeconds = 60

/** What should have happened and has not. `sights`: as they were when clients ended their work. */
export function idleChurnProblems(
  churn: ChurnCounts | null,
  sights: Sights,
  workedMs: number,
): string[] {
  // Rounded: a timer may be a little early.
  const seconds = Math.round(workedMs / 1000)
  if (churn === null || seconds < churnExpectedAfterSeconds) return []
  const happened = {
    'no server was added': churn.add,
    'no server was removed': churn.remove,
    'no server was replaced': churn.replace,
    'no snapshot was taken': sights.snapshotsTaken,
    'no server began with a snapshot of another': sights.snapshotsInstalled,
    'leadership never moved': sights.leaders - 1,
  }
  return Object.entries(happened)
    .filter(([, count]) => count <= 0)
    .map(([what]) => `${what} within ${seconds} s of churn`)
}
