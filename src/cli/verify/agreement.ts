/**
 * When a run has come to rest: the log files are as long as each other and grow no more, and the
 * servers themselves say that one leads and all have committed the same.
 */
import { sleep } from '../processes/waiting.ts'
import type { Cluster } from './cluster.ts'

/** So long nothing may be written; an election and its first commit take less. */
const quietMs = 1000

const lookEveryMs = 50

/** False when the servers have not come to rest in time, or can no longer. */
export async function awaitAgreement(
  cluster: Cluster,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  let last = ''
  let changedAt = performance.now()
  while (performance.now() < deadline) {
    // A server that has ended by itself does not come back.
    if (cluster.up().length < cluster.size) return false
    const counts = cluster.lineCounts()
    const now = performance.now()
    if (counts.join() !== last) {
      last = counts.join()
      changedAt = now
    }
    const isLevel = counts.every((count) => count === counts[0])
    if (isLevel && now - changedAt >= quietMs && agree(await cluster.prints())) return true
    await sleep(lookEveryMs, signal)
  }
  return false
}

/**
 * Whether these answers to `print` tell of one leader, all others following, and one commitIndex.
 */
export function agree(prints: readonly (readonly string[])[]): boolean {
  const fields = prints.map(fieldsOf)
  const leaders = fields.filter((field) => field.get('state') === 'leader')
  const followers = fields.filter((field) => field.get('state') === 'follower')
  const commitIndexes = new Set(fields.map((field) => field.get('commitIndex')))
  const isApplied = fields.every((field) => field.get('lastApplied') === field.get('commitIndex'))
  return (
    leaders.length === 1 &&
    followers.length === fields.length - 1 &&
    commitIndexes.size === 1 &&
    isApplied
  )
}

function fieldsOf(print: readonly string[]): Map<string, string> {
  return new Map(
    print.map((line) => {
      const end = line.indexOf(': ')
      return [line.slice(0, end), line.slice(end + 2)]
    }),
  )
}
