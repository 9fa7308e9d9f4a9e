/**
 * When a cluster that is left alone has come to rest: one leads, the others follow it, and all have
 * applied the same log to the same state.
 */
import type { ServerStatus } from '../../library/index.ts'

/** Why the cluster is not at rest; null where it is. */
export function unrest(statuses: readonly (ServerStatus | null)[]): string | null {
  const known = statuses.flatMap((status) => (status === null ? [] : [status]))
  if (known.length < statuses.length) {
    return `${statuses.length - known.length} of ${statuses.length} servers say nothing`
  }
  const leaders = known.filter(({ role }) => role === 'leader')
  const [leader] = leaders
  if (leader === undefined || leaders.length > 1) return `${leaders.length} servers lead`
  for (const { id, term, leaderId, lastApplied, lastLogIndex } of known) {
    if (leaderId !== leader.id || term !== leader.term) {
      return `${id} does not follow ${leader.id} in term ${leader.term}`
    }
    if (lastApplied !== leader.lastLogIndex || lastLogIndex !== leader.lastLogIndex) {
      return `${id} has applied ${lastApplied} of ${leader.lastLogIndex} entries`
    }
  }
  const parted = known.find(({ digest }) => digest !== leader.digest)
  return parted === undefined ? null : `the states of ${parted.id} and ${leader.id} differ`
}
