/**
 * Two logs side by side. Raft promises that two which have an entry of the same index and term are
 * the same up to there (Log Matching, §3.5): where they part, the terms differ from that index on,
 * and one of the two ends was never committed. Anything else is damage, or a bug.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { Entry, LogIndex } from '../../raft/index.ts'
import type { InspectedLog } from '../../storage/index.ts'

/** One log, as far as it can be compared. */
export type ComparedLog = Pick<InspectedLog, 'entries' | 'lastIndex' | 'lastTerm'>

export type Comparison =
  /** All that both have is the same; they may end, or begin, at different places. */
  | {
      readonly kind: 'same'
      readonly from: LogIndex
      readonly to: LogIndex
    }
  /** Nothing is in both: the one ends before what the other still has of its log. */
  | { readonly kind: 'apart' }
  /** They part at this index. `breaksMatching`: in a way that no two correct servers can. */
  | {
      readonly kind: 'different'
      readonly index: LogIndex
      readonly one: Entry
      readonly other: Entry
      readonly breaksMatching: boolean
    }

export function compareLogs(one: ComparedLog, other: ComparedLog): Comparison {
  const from = Math.max(firstOf(one), firstOf(other))
  const to = Math.min(one.lastIndex, other.lastIndex)
  if (from > to) return { kind: 'apart' }
  const different = firstDifference(one, other, from, to)
  if (different === null) return { kind: 'same', from, to }
  return {
    kind: 'different',
    index: different,
    one: entryAt(one, different),
    other: entryAt(other, different),
    breaksMatching: breaksMatching(one, other, different, to),
  }
}

function firstDifference(
  one: ComparedLog,
  other: ComparedLog,
  from: LogIndex,
  to: LogIndex,
): LogIndex | null {
  for (let index = from; index <= to; index++) {
    if (!isSame(entryAt(one, index), entryAt(other, index))) return index
  }
  return null
}

/** An entry of the same index and term in both, at or after the first difference. */
function breaksMatching(
  one: ComparedLog,
  other: ComparedLog,
  from: LogIndex,
  to: LogIndex,
): boolean {
  for (let index = from; index <= to; index++) {
    if (entryAt(one, index).term === entryAt(other, index).term) return true
  }
  return false
}

function isSame(one: Entry, other: Entry): boolean {
  return (
    one.term === other.term && one.kind === other.kind && bytesEqual(one.command, other.command)
  )
}

function firstOf({ entries, lastIndex }: ComparedLog): LogIndex {
  return entries[0]?.index ?? lastIndex + 1
}

function entryAt({ entries }: ComparedLog, index: LogIndex): Entry {
  return entries[index - (entries[0]?.index ?? 0)] as Entry
}
