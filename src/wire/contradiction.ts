/**
 * What no correct server can say, whoever it is: checked on every message that leaves (a broken one
 * is our bug) and on every message that arrives (then it is somebody else's, and is dropped). The
 * bounds of single fields are proto/raft.proto's; what contradicts the receiver's own state is the
 * core's to judge.
 */
import { unreachable } from '../base/assert.ts'
import {
  type AppendEntriesRequest,
  type AppendEntriesResponse,
  decodeConfiguration,
  type InstallSnapshotRequest,
  type Message,
  type Term,
} from '../raft/index.ts'

/** What a message says that cannot be. */
export type Contradiction =
  | 'termZero'
  | 'prevLogContradiction'
  | 'lastLogContradiction'
  | 'entriesContradiction'
  | 'responseContradiction'
  | 'snapshotContradiction'
  | 'requestIdZero'

/** The first contradiction in `message`, or null where there is none. */
export function contradictionIn(message: Message): Contradiction | null {
  // Whoever is asked for a pre-vote may know of no term yet.
  if (message.term === 0 && message.kind !== 'preVoteResponse') return 'termZero'
  switch (message.kind) {
    case 'appendEntriesRequest':
      return inAppendEntriesRequest(message)
    case 'appendEntriesResponse':
      return inAppendEntriesResponse(message)
    case 'requestVoteRequest':
      return isPlace(message.lastLogIndex, message.lastLogTerm, message.term)
        ? null
        : 'lastLogContradiction'
    case 'requestVoteResponse':
    case 'timeoutNowRequest':
      return null
    case 'installSnapshotRequest':
      return inInstallSnapshotRequest(message)
    case 'installSnapshotResponse':
      return message.requestId === 0 ? 'responseContradiction' : null
    case 'preVoteRequest':
      if (message.requestId === 0) return 'requestIdZero'
      return isPlace(message.lastLogIndex, message.lastLogTerm, message.term - 1)
        ? null
        : 'lastLogContradiction'
    case 'preVoteResponse':
    case 'readIndexRequest':
      return message.requestId === 0 ? 'requestIdZero' : null
    case 'readIndexResponse':
      if (message.requestId === 0) return 'requestIdZero'
      return message.success === message.index > 0 ? null : 'responseContradiction'
    default:
      return unreachable(message)
  }
}

function inAppendEntriesRequest(message: AppendEntriesRequest): Contradiction | null {
  const { term, prevLogIndex, prevLogTerm, entries } = message
  if (!isPlace(prevLogIndex, prevLogTerm, term)) return 'prevLogContradiction'
  let index = prevLogIndex
  let entryTerm = prevLogTerm
  for (const entry of entries) {
    index++
    if (entry.index !== index || !Number.isSafeInteger(index)) return 'entriesContradiction'
    if (entry.term === 0 || entry.term < entryTerm || entry.term > term) {
      return 'entriesContradiction'
    }
    entryTerm = entry.term
  }
  return null
}

function inAppendEntriesResponse(message: AppendEntriesResponse): Contradiction | null {
  const { term, success, matchIndex, hintIndex, hintTerm } = message
  if (success) return hintIndex === 0 && hintTerm === 0 ? null : 'responseContradiction'
  // Without an index, the term is that of the request, and it is over.
  const hintIsFine = isPlace(hintIndex, hintTerm, term) || (hintIndex === 0 && hintTerm < term)
  return matchIndex === 0 && hintIsFine ? null : 'responseContradiction'
}

/** A snapshot covers something, a chunk lies inside it, and it says who takes part. */
function inInstallSnapshotRequest(message: InstallSnapshotRequest): Contradiction | null {
  const { term, snapshot, offset, data, requestId } = message
  const { lastIndex, lastTerm, configuration, size } = snapshot
  const isFine =
    requestId > 0 &&
    lastIndex > 0 &&
    isPlace(lastIndex, lastTerm, term) &&
    offset + data.length <= size &&
    (data.length > 0 || size === 0) &&
    decodeConfiguration(configuration) !== null
  return isFine ? null : 'snapshotContradiction'
}

/** True of an entry's index and term, and of 0 and 0; the term is not above the speaker's. */
function isPlace(index: number, entryTerm: Term, term: Term): boolean {
  return (index === 0) === (entryTerm === 0) && entryTerm <= term
}
