/**
 * A message as another implementation of the course's wire would send it: with the fields of
 * Listing 1 and none of ours. A request then has no id, and an answer says only yes or no.
 */
import { broken, unreachable } from '../../base/assert.ts'
import {
  appendEntriesAccepted,
  appendEntriesRefused,
  appendEntriesRequest,
  type Message,
  requestVoteRequest,
  requestVoteResponse,
} from '../../raft/index.ts'

/** Marks a message that carries none of our fields. */
const noRequestId = 0

export function asListingOne(message: Message): Message {
  const { from, to, term } = message
  const answered = { from: to, to: from, requestId: noRequestId }
  switch (message.kind) {
    case 'requestVoteRequest': {
      const { lastLogIndex, lastLogTerm } = message
      return requestVoteRequest(from, to, term, lastLogIndex, lastLogTerm, noRequestId)
    }
    case 'requestVoteResponse':
      return requestVoteResponse(answered, term, message.voteGranted)
    case 'appendEntriesRequest': {
      const { prevLogIndex, prevLogTerm, entries, leaderCommit } = message
      return appendEntriesRequest(
        from,
        to,
        term,
        prevLogIndex,
        prevLogTerm,
        entries,
        leaderCommit,
        noRequestId,
      )
    }
    case 'appendEntriesResponse':
      return message.success
        ? appendEntriesAccepted(answered, term, 0)
        : appendEntriesRefused(answered, term, 0, 0)
    case 'installSnapshotRequest':
    case 'installSnapshotResponse':
      return broken('among servers of Listing 1 nobody takes snapshots')
    case 'preVoteRequest':
    case 'preVoteResponse':
    case 'readIndexRequest':
    case 'readIndexResponse':
    case 'timeoutNowRequest':
      return message // Listing 1 has nothing like it: another implementation ignores it.
    default:
      return unreachable(message)
  }
}
