/**
 * What the others have promised this server, and said to be durable: terms, and entries. A server
 * keeps its promises over a restart (§3.8), so that one which comes back with less has lost
 * something, though its data directory is the one that it had. The core acts on nothing of this; it
 * is for whoever lets servers in. It is forgotten when the process ends.
 */
import { incarnationOf, isMember } from './configuration.ts'
import type { Leader } from './role.ts'
import type { RaftState } from './state.ts'
import type { LogIndex, ServerId, Term } from './types.ts'

export interface Promised {
  /** Of its data directory, by our configuration at that time; null where that did not say. */
  readonly incarnation: number | null
  /** It has been in this term. */
  readonly term: Term
  /** In that term it has acknowledged entries through here; 0 where it has told us of none. */
  readonly matchIndex: LogIndex
  /** It holds entries through here that are committed: they are in every log from then on. */
  readonly committedIndex: LogIndex
}

/** What a server says that it had when it started. */
export interface Kept {
  readonly term: Term
  readonly lastIndex: LogIndex
  /** It has given up its log, and votes only with one that goes this far: see refilling.ts. */
  readonly refillTerm: Term
}

/** A message that leaves only when its term is durable has come from it. */
export function noteTerm(raft: RaftState, id: ServerId, term: Term): void {
  if (isMember(raft.configuration, id)) note(raft, id, { term, matchIndex: 0, committedIndex: 0 })
}

/** The leader leaves its office, and forgets its peers. */
export function noteMatches(raft: RaftState, leader: Leader): void {
  for (const id of leader.peers.keys()) {
    const matched = matchedBy(raft, leader, id)
    if (matched !== null) note(raft, id, matched)
  }
}

/** All that it has promised us; null: nothing. */
export function promisedBy(raft: RaftState, id: ServerId): Promised | null {
  const { role, promised } = raft
  const matched = role.kind === 'leader' ? matchedBy(raft, role, id) : null
  const before = promised.get(id) ?? null
  return matched === null ? before : later(before, { ...matched, incarnation: known(raft, id) })
}

/** What is missing of what was promised; null: nothing. */
export function missingOf(
  { term, matchIndex, committedIndex }: Promised,
  kept: Kept,
): string | null {
  if (kept.term < term) return `term ${term}, and it has only heard of ${kept.term}`
  // It knows that they are gone, and binds itself by what it promised all the same.
  if (kept.refillTerm > term) return null
  // In a later term entries that were not committed may have been taken back.
  const needed = kept.term === term ? Math.max(matchIndex, committedIndex) : committedIndex
  if (kept.lastIndex >= needed) return null
  return `entries through ${needed}, and its log ends with ${kept.lastIndex}`
}

type Matched = Omit<Promised, 'incarnation'>

function matchedBy(raft: RaftState, { peers, term }: Leader, id: ServerId): Matched | null {
  const matchIndex = peers.get(id)?.matchIndex ?? 0
  if (matchIndex === 0) return null
  return { term, matchIndex, committedIndex: Math.min(matchIndex, raft.commitIndex) }
}

function note(raft: RaftState, id: ServerId, promise: Matched): void {
  const before = raft.promised.get(id) ?? null
  raft.promised.set(id, later(before, { ...promise, incarnation: known(raft, id) }))
}

function known(raft: RaftState, id: ServerId): number | null {
  return incarnationOf(raft.configuration, id)
}

/** Both together. Another directory of that name has not promised what the one before has. */
function later(before: Promised | null, promise: Promised): Promised {
  if (before === null || before.incarnation !== promise.incarnation) return promise
  const [low, high] = before.term > promise.term ? [promise, before] : [before, promise]
  const isSameTerm = low.term === high.term
  return {
    incarnation: high.incarnation,
    term: high.term,
    matchIndex: isSameTerm ? Math.max(low.matchIndex, high.matchIndex) : high.matchIndex,
    committedIndex: Math.max(low.committedIndex, high.committedIndex),
  }
}
