/**
 * A server that has lost its log, and knows a term, `refillTerm`, that is later than any in which
 * it can have voted or acknowledged anything. It is led, and filled, and its acknowledgements
 * count; but it neither votes nor stands until it holds what it may have acknowledged before. That
 * is so once it has an entry of that term or a later one: whoever leads then was elected without
 * its vote, by a majority that shares a server with each that had acknowledged something, so that
 * all of it was in the leader's log (§3.6.3), and comes before that entry (§3.5). Nothing has to be
 * remembered: it follows from the log, and is true again should that be cut off. The proof is in
 * docs/decisions/0009-filled-again.md.
 */
import type { RaftState } from './state.ts'

export function isRefilling({ log, refillTerm }: Pick<RaftState, 'log' | 'refillTerm'>): boolean {
  return log.lastTerm < refillTerm
}
