/**
 * Log Matching (Figure 3.2): if two logs contain an entry with the same index and term, then the
 * logs are identical in all entries up through the given index. By induction this says: whatever
 * log an (index, term) stands in, it has the same contents and the same term before it. So each
 * entry is looked at once per log that it is appended to, against all logs that ever were.
 */
import type { ServerId } from '../../raft/index.ts'
import type { KnownEntries } from './known-entries.ts'
import type { LogView } from './log-view.ts'
import type { LogChange } from './seen.ts'

export function checkLogMatching(
  known: KnownEntries,
  seen: { readonly id: ServerId },
  log: LogView,
  change: LogChange,
): void {
  let prevTerm = log.termAt(change.from - 1)
  for (let index = change.from; index <= log.lastIndex; index++) {
    const entry = log.entryAt(index)
    known.see(seen.id, entry, prevTerm)
    prevTerm = entry.term
  }
}
