/**
 * Who could still win an election. A server needs the votes of a majority of the cluster map, and
 * one whose log is larger in either item refuses for good; so this is decided by the logs alone,
 * and logs do not change while nobody leads.
 */
import { type AlpoState, isCompleteEnough, type ServerId } from '../../alpo/index.ts'

/** Of the servers that are running, those that a majority of all would vote for. */
export function electable(running: readonly AlpoState[]): ServerId[] {
  return running.filter((state) => isElectable(state, running)).map(({ serverId }) => serverId)
}

function isElectable({ log, clusterMap }: AlpoState, running: readonly AlpoState[]): boolean {
  const candidate = { lastLogId: log.lastId, lastTerm: log.lastTerm }
  const voters = running.filter((voter) => isCompleteEnough(candidate, voter.log))
  return 2 * voters.length > clusterMap.length
}

/**
 * A majority is running, nobody leads the latest term, and nobody can ever be elected: however well
 * the network is from here on, there will be no leader.
 */
export function isStuck(running: readonly AlpoState[]): boolean {
  const [first] = running
  if (first === undefined || 2 * running.length <= first.clusterMap.length) return false
  const latest = Math.max(...running.map(({ currentTerm }) => currentTerm))
  const isLed = running.some(
    ({ role, currentTerm }) => role.kind === 'leader' && currentTerm === latest,
  )
  return !isLed && electable(running).length === 0
}

/** `s1 ends at 3@2, s2 at 2@3`: why they refuse each other. */
export function lastEntries(running: readonly AlpoState[]): string {
  return running
    .map(({ serverId, log }) => `${serverId}'s log ends at ${log.lastId}@${log.lastTerm}`)
    .join(', ')
}
