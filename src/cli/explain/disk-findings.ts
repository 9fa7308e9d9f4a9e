/** What a server's own disk keeps it from, and whether that keeps the cluster from anything. */
import type { ServerStatus } from '../../library/index.ts'
import type { ClusterView } from '../status/cluster-view.ts'
import { type Finding, fault } from './finding.ts'

export function diskFindings(status: ServerStatus, { leader }: ClusterView): Finding[] {
  const { id, disk, savesPending } = status
  switch (disk) {
    case 'full':
      return [fault(id, `disk full: ${whatFullMeans(status, leader)}; make room, and it goes on`)]
    case 'silent':
      return [
        fault(id, `disk hangs: it has saved nothing of late, and ${savesPending} writes wait`),
      ]
    default:
      return []
  }
}

function whatFullMeans({ id, voters }: ServerStatus, leader: ServerStatus | null): string {
  if (leader?.id === id) return 'it leads, refuses commands, and knows nobody with room'
  const full = (leader?.peers ?? []).filter((peer) => peer.diskIsFull && voters.includes(peer.id))
  const most = Math.floor((voters.length - 1) / 2)
  if (leader === null || full.length <= most) return 'it stores no more commands'
  return `it stores no more commands, and so do too many others: ${leader.id} refuses them`
}
