/**
 * What a leader counts must be true: a peer's matchIndex, and its own durableIndex, never stand
 * above what that server's disk holds of the leader's log (§3.5, §10.2.1).
 */
import type { Leader, RaftState, ServerId } from '../../raft/index.ts'
import type { DiskBooks } from './disk-books.ts'
import { InvariantError } from './invariant-error.ts'
import type { LogView } from './log-view.ts'
import type { Seen } from './seen.ts'

/** `seen.durableIndex` is brought up to date. */
export function checkOwnDurableIndex(
  seen: Seen,
  { durableIndex }: RaftState,
  log: LogView,
  books: DiskBooks,
): void {
  if (durableIndex === seen.durableIndex) return
  seen.durableIndex = durableIndex
  if (books.holds(durableIndex, log.termAt(durableIndex))) return
  throw new InvariantError(
    'true durable match',
    `${seen.id} takes its log to be durable through ${durableIndex}@${log.termAt(durableIndex)}, ` +
      `which its disk does not hold`,
  )
}

/** `seen.matchIndex` is brought up to date. */
export function checkMatchIndex(
  seen: Seen,
  state: RaftState,
  leader: Leader,
  log: LogView,
  booksOf: (id: ServerId, incarnation: number | null) => DiskBooks,
): void {
  for (const peer of leader.peers.values()) {
    const { id, matchIndex } = peer
    const before = seen.matchIndex.get(peer) ?? 0
    if (matchIndex !== before) seen.matchIndex.set(peer, matchIndex)
    if (matchIndex === before) continue
    if (matchIndex < before) {
      throw new InvariantError(
        'never backwards',
        `${seen.id}, leader of term ${state.currentTerm}, takes back matchIndex of ${id} from ` +
          `${before} to ${matchIndex}`,
      )
    }
    // It has left, and counts for nothing; whoever has its name may answer.
    if (peer.departsAt !== null) continue
    const books = booksOf(id, peer.incarnation)
    // A peer in a later term may have cut off what it had truthfully acknowledged in this one.
    if (books.currentTerm > state.currentTerm) continue
    if (books.holds(matchIndex, log.termAt(matchIndex))) continue
    throw new InvariantError(
      'true durable match',
      `${seen.id}, leader of term ${state.currentTerm}, has matchIndex ${matchIndex} for ${id}, ` +
        `whose disk does not hold ${matchIndex}@${log.termAt(matchIndex)}`,
    )
  }
}
