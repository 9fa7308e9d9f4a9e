/**
 * What log and snapshot amount to together after a start. A crash may have come between the moment
 * when a snapshot was durable and those when the log was trimmed or replaced: then the log still
 * begins before the snapshot's end, or ends before it, or disagrees with it. Then the snapshot
 * rules, since it covers only what is committed. A log that begins after it has lost something.
 */
import type { Recovered } from '../ports/index.ts'
import type { Snapshot } from '../raft/index.ts'
import { StorageError } from './errors.ts'
import type { RecoveredLog } from './recovery.ts'
import { segmentName } from './segment.ts'

export interface Reconciled {
  readonly recovered: Recovered
  /** The snapshot, where the log on disk has still to give way to it. */
  readonly replacedBy: Snapshot | null
}

export function reconcile(path: string, log: RecoveredLog, snapshot: Snapshot | null): Reconciled {
  const { ledger, entries, removedThrough } = log
  const { baseIndex } = ledger
  const { currentTerm, votedFor } = ledger
  const needed = Math.max(baseIndex, removedThrough)
  if (needed > (snapshot?.lastIndex ?? 0)) throw lost(path, needed, snapshot)
  if (snapshot === null) {
    return { recovered: { currentTerm, votedFor, entries, snapshot }, replacedBy: null }
  }
  const { lastIndex, lastTerm } = snapshot
  if (ledger.termAt(lastIndex) === lastTerm) {
    const rest = entries.slice(lastIndex - baseIndex)
    const recovered = { currentTerm, votedFor, entries: rest, snapshot }
    return { recovered, replacedBy: null }
  }
  // It was put in force before the term in which it came was saved: a later term forgets no vote.
  const isBehind = currentTerm < lastTerm
  const recovered = {
    currentTerm: isBehind ? lastTerm : currentTerm,
    votedFor: isBehind ? null : votedFor,
    entries: [],
    snapshot,
  }
  return { recovered, replacedBy: snapshot }
}

function lost(path: string, baseIndex: number, snapshot: Snapshot | null): StorageError {
  const has =
    snapshot === null ? 'there is no snapshot' : `the snapshot ends with ${snapshot.lastIndex}`
  const name = segmentName(1)
  return new StorageError(
    'LOST',
    `${path}/${name} is missing and with it entries through ${baseIndex}: ${has}; this server ` +
      'has lost what it promised; nothing was changed; put the file back, or let the server ' +
      'join again as a new one in an empty directory',
    name,
  )
}
