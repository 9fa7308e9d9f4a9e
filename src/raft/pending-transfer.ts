/**
 * A transfer of leadership that is under way (§3.10), and its one answer. It outlives the role: the
 * old leader is a follower by the time it hears who leads.
 */
import type { TransferRefusal } from './effects.ts'
import type { TransferId } from './input.ts'
import type { RaftState } from './state.ts'
import type { Milliseconds, ServerId, Term } from './types.ts'

export interface PendingTransfer {
  /** Null where nobody has asked: the leader's own disk is full. */
  readonly transferId: TransferId | null
  readonly to: ServerId
  /** The old leader's term. */
  readonly term: Term
  /** When it is given up. */
  readonly deadline: Milliseconds
  /** When TimeoutNow was last sent; null while the successor's log is not complete. */
  askedAt: Milliseconds | null
}

/** The leader is handing over, and takes no proposals meanwhile. */
export function isTransferring(raft: RaftState): boolean {
  const { transfer, role, currentTerm } = raft
  return transfer !== null && role.kind === 'leader' && transfer.term === currentTerm
}

/** `leaderId` leads a term that came after the transfer began. */
export function leaderIsKnown(raft: RaftState, leaderId: ServerId): void {
  const { transfer, outbox, currentTerm } = raft
  if (transfer === null || currentTerm === transfer.term) return
  if (transfer.to !== leaderId) {
    giveUpTransfer(raft, 'otherLeader', leaderId)
    return
  }
  raft.transfer = null
  const { transferId } = transfer
  if (transferId === null) return
  outbox.answers.push({ kind: 'transferred', transferId, leaderId, term: currentTerm })
}

export function giveUpTransfer(
  raft: RaftState,
  refusal: TransferRefusal,
  leaderId: ServerId | null,
): void {
  const { transfer, outbox } = raft
  if (transfer === null) return
  raft.transfer = null
  const { transferId } = transfer
  if (transferId === null) return
  outbox.answers.push({ kind: 'transferRefused', transferId, refusal, leaderId })
}
