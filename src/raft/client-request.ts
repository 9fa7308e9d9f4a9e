/**
 * What a client wants replicated (§3.5): the leader appends it; everyone else says who leads
 * (§6.2). Reads are in reads.ts.
 */
import { hasRoomToPropose } from './disk-space.ts'
import type { Refusal } from './effects.ts'
import type { Propose } from './input.ts'
import { isTransferring } from './pending-transfer.ts'
import { leaderIdOf } from './role.ts'
import type { RaftState } from './state.ts'
import { entry } from './types.ts'

/** raft.tla's ClientRequest. */
export function clientRequest(raft: RaftState, proposal: Propose): void {
  const { role, currentTerm, log, outbox } = raft
  const { proposalId, entryKind, command } = proposal
  const refusal = refusalOf(raft, command)
  if (refusal !== null || role.kind !== 'leader') {
    const leaderId = leaderIdOf(raft)
    outbox.answers.push({ kind: 'refused', proposalId, refusal: refusal ?? 'notLeader', leaderId })
    return
  }
  const index = log.lastIndex + 1
  log.append(entry(index, currentTerm, entryKind, command))
  role.uncommittedBytes += command.length
  outbox.answers.push({ kind: 'accepted', proposalId, index, term: currentTerm })
}

function refusalOf(raft: RaftState, command: Uint8Array): Refusal | null {
  const { role, options } = raft
  if (role.kind !== 'leader') return 'notLeader'
  if (isTransferring(raft)) return 'transferring'
  if (command.length > options.commandBytesMax) return 'tooLarge'
  if (!hasRoomToPropose(raft, role)) return 'diskFull'
  if (role.uncommittedBytes + command.length > options.uncommittedBytesMax) return 'overloaded'
  return null
}
