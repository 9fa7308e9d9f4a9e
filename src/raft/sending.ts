/**
 * The one place where an AppendEntries leaves, so that its books are kept in one place: what is on
 * its way to a peer, and what an answer to it would prove.
 */
import { appendEntriesRequest } from './message.ts'
import { sendNow } from './outbox.ts'
import type { Peer } from './peer.ts'
import type { RaftState } from './state.ts'
import type { Entry, LogIndex } from './types.ts'

/** One AppendEntries, remembered until it is answered. */
export function sendAppendEntries(
  raft: RaftState,
  peer: Peer,
  prevLogIndex: LogIndex,
  entries: readonly Entry[],
): void {
  const { id, currentTerm, log, commitIndex, options } = raft
  const requestId = peer.nextRequestId++
  const prevLogTerm = log.termAt(prevLogIndex)
  sendNow(
    raft,
    appendEntriesRequest(
      id,
      peer.id,
      currentTerm,
      prevLogIndex,
      prevLogTerm,
      entries,
      commitIndex,
      requestId,
    ),
  )
  const cover = prevLogIndex + entries.length
  let bytes = 0
  for (const entry of entries) bytes += options.sizeOfEntry(entry)
  peer.remember(
    { requestId, cover, bytes, sentAt: raft.now, leaderCommit: commitIndex },
    options.inflightMessagesMax,
  )
  if (peer.echoes !== true) peer.credit.sent(cover)
  peer.latestCover = cover
  peer.latestSentAt = raft.now
  peer.latestWasHeartbeat = false
  peer.unanswered += 1
}
