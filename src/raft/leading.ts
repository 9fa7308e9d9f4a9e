/**
 * What a leader does once a batch of inputs, so that whatever arrived together leaves together.
 */
import { quorumDeadline } from './quorum-contact.ts'
import { askForProof, beginReadRound, settleReads } from './reads.ts'
import { replicate } from './replication.ts'
import type { RaftState } from './state.ts'
import { advanceTransfer, leaveFullDisk } from './transfer.ts'

/**
 * A leader without a quorum's contact sends nothing at all, not even what it has just been given:
 * it would only keep those who still hear it from electing another. The next tick deposes it.
 */
export function lead(raft: RaftState): void {
  const { role } = raft
  if (role.kind !== 'leader' || raft.now >= quorumDeadline(raft, role)) return
  settleReads(raft)
  const round = beginReadRound(raft)
  replicate(raft)
  if (round !== null) askForProof(raft, round)
  // Where this server is a majority by itself nobody has to answer.
  if (round !== null) settleReads(raft)
  leaveFullDisk(raft, role)
  advanceTransfer(raft)
}
