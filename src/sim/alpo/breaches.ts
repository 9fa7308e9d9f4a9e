/**
 * The ways in which ALPO is known to break, and which of them a breach is an instance of. A breach
 * that is none of these is a fault of ours, or a way that nobody has written down yet.
 */
import type { AlpoWorld } from './world.ts'

export interface BreachKind {
  readonly name: string
  /** What breaks, in a sentence. */
  readonly what: string
  /** What of ALPO's page brings it about. */
  readonly because: string
  /** What Raft has in its place. */
  readonly raft: string
  /** The play that was made of it. */
  readonly play: string
}

export const forgottenVote: BreachKind = {
  name: 'two votes in one term',
  what: 'a server votes twice in one term, or a term is led twice, after somebody has restarted',
  because: 'the term is rebuilt from the last entry of the log, and the vote is not on disk at all',
  raft: 'term and vote are on disk before a vote leaves (§3.8)',
  play: 'test/scenarios/alpo-two-votes.txt',
}

export const oldEntryCounted: BreachKind = {
  name: 'committed entry lost',
  what: 'an entry of an earlier term that a majority had accepted is replaced by a later leader',
  because: 'an entry is committed once a majority has accepted it, whatever its term',
  raft: 'a leader counts copies of entries of its own term only (§3.6.2)',
  play: 'test/scenarios/alpo-old-entry-counted.txt',
}

export const nobodyElectable: BreachKind = {
  name: 'nobody can be elected',
  what: 'a majority is up, the network is well, and there is never a leader again',
  because: 'a vote is refused if either item of the own log is larger: two logs refuse each other',
  raft: 'one order on logs: the later last term wins, and only then the longer log (§3.6.1)',
  play: 'test/scenarios/alpo-nobody-electable.txt',
}

export const forgottenEntry: BreachKind = {
  name: 'committed entry lost after a restart',
  what: 'an entry that was committed in its own term is not in the log of a later leader',
  because: 'a term that was rebuilt from the log is led a second time, or followed once it is over',
  raft: 'term and vote are on disk before anything is said in a term (§3.8)',
  play: 'test/scenarios/alpo-two-votes.txt',
}

export const knownBreaches: readonly BreachKind[] = [
  forgottenVote,
  oldEntryCounted,
  nobodyElectable,
  forgottenEntry,
]

/** The three that a survey must find. */
export const expectedBreaches: readonly BreachKind[] = [
  forgottenVote,
  oldEntryCounted,
  nobodyElectable,
]

/** Null where nothing broke, or where what broke is none of the known kinds. */
export function kindOf({ breach, restarts, checkers }: AlpoWorld): BreachKind | null {
  if (breach === null) return null
  switch (breach.invariant) {
    case 'one vote per term':
    case 'election safety':
    case 'log matching':
      return restarts > 0 ? forgottenVote : null
    case 'leader completeness':
    case 'committed for good':
    case 'state machine safety':
      if (checkers.hasLostOldEntry) return oldEntryCounted
      return restarts > 0 ? forgottenEntry : null
    case 'liveness':
      return breach.detail.includes('nobody can ever be elected') ? nobodyElectable : null
    default:
      return null
  }
}
