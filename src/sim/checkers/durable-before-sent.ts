/**
 * Nothing is sent before it is durable (§3.8): whatever a message promises must be on the sender's
 * disk when it leaves. Compared with what the disk was given and has acknowledged, not with what
 * the driver believes.
 */
import type { Message, ServerId } from '../../raft/index.ts'
import type { DiskBooks } from './disk-books.ts'
import { InvariantError } from './invariant-error.ts'
import type { LogView } from './log-view.ts'

/** `leaderLogOf`: the log of whoever leads in this term at this moment. */
export function checkDurableBeforeSent(
  message: Message,
  books: DiskBooks,
  leaderLogOf: (leaderId: ServerId, term: number) => LogView | null,
): void {
  const { from, to, term } = message
  // Questions: they promise nothing, and nobody believes more of them than that they were asked.
  if (message.kind === 'preVoteRequest' || message.kind === 'readIndexRequest') return
  if (term > books.currentTerm) {
    throw unsaved(message, `its disk is in term ${books.currentTerm}`)
  }
  switch (message.kind) {
    case 'requestVoteRequest': {
      if (!books.bindsVote(term, from)) throw unsaved(message, 'its disk has no vote for itself')
      const { lastLogIndex, lastLogTerm } = message
      if (books.currentTerm > term || books.holds(lastLogIndex, lastLogTerm)) return
      throw unsaved(message, `its disk does not hold ${lastLogIndex}@${lastLogTerm}`)
    }
    case 'requestVoteResponse':
      if (!message.voteGranted || books.bindsVote(term, to)) return
      throw unsaved(message, `its disk has no vote for ${to} in term ${term}`)
    case 'appendEntriesRequest':
    case 'installSnapshotRequest':
      if (books.bindsVote(term, from)) return
      throw unsaved(message, `its disk has no vote for itself in term ${term}`)
    case 'installSnapshotResponse':
    case 'appendEntriesResponse': {
      const proves = message.kind === 'appendEntriesResponse' ? message.success : true
      if (!proves || message.matchIndex === 0) return
      // A leader that is gone cannot count the answer any more.
      const log = leaderLogOf(to, term)
      const { matchIndex } = message
      if (log === null || books.currentTerm > term) return
      if (matchIndex <= log.lastIndex) {
        if (books.holds(matchIndex, log.termAt(matchIndex))) return
      }
      throw unsaved(message, `its disk does not hold entry ${matchIndex} as the leader has it`)
    }
  }
}

function unsaved(message: Message, why: string): InvariantError {
  const { kind, from, to, term } = message
  return new InvariantError(
    'nothing sent before it is durable',
    `${from} sends ${to} a ${kind} of term ${term}, but ${why}`,
  )
}
