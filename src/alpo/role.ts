/**
 * Passive, candidate, leader (A1), the ways between them, and the timer that makes a passive server
 * stand for election.
 */
import { assert } from '../base/assert.ts'
import type { AlpoState } from './state.ts'
import type { LogId, Milliseconds, ServerId, Term } from './types.ts'

export interface Leader {
  readonly kind: 'leader'
  heartbeatDeadline: Milliseconds
  /**
   * For each other server the id up to which it has said, in this term, that it has accepted the
   * leader's entries. The text names no such state, and needs it to count (A7).
   */
  readonly accepted: Map<ServerId, LogId>
}

export interface Candidate {
  readonly kind: 'candidate'
  readonly votes: Set<ServerId>
}

export type Role = { readonly kind: 'passive' } | Candidate | Leader

/**
 * The text has the time of the last request from the leader, and no word on what a server waits for
 * after it has voted, stood for election or given up an office. It waits as if it had just heard of
 * a leader: a server that stood at once against the candidate it voted for would help nobody, and
 * what we want to show is not a bad timer.
 */
export function restartTimer(alpo: AlpoState): void {
  const { electionTimeoutMinMs, electionTimeoutMaxMs } = alpo.options
  alpo.lastHeardAt = alpo.now
  alpo.electionDeadline = alpo.now + alpo.random.between(electionTimeoutMinMs, electionTimeoutMaxMs)
}

/** A later term was seen: the vote was for the old one. */
export function adoptTerm(alpo: AlpoState, term: Term): void {
  assert(term > alpo.currentTerm, `in one life a term only grows: ${alpo.currentTerm} to ${term}`)
  alpo.currentTerm = term
  alpo.vote = null
}

/** The text's word for stepping down. */
export function passivate(alpo: AlpoState, why: string): void {
  if (alpo.role.kind === 'passive') return
  alpo.role = { kind: 'passive' }
  restartTimer(alpo)
  changed(alpo, why)
}

/**
 * "When a server switches from passive to candidate, it increments currentTerm to force a new
 * election cycle" (A4). An election that comes to nothing is followed by a new cycle: the text says
 * nothing of it, and a candidate that asked again in its term would be refused again. A candidate
 * votes for itself.
 */
export function becomeCandidate(alpo: AlpoState): void {
  const why = alpo.role.kind === 'candidate' ? 'the election timed out' : 'no leader was heard'
  adoptTerm(alpo, alpo.currentTerm + 1)
  alpo.vote = { serverId: alpo.serverId, logLength: alpo.log.lastId }
  alpo.role = { kind: 'candidate', votes: new Set([alpo.serverId]) }
  restartTimer(alpo)
  changed(alpo, why)
}

export function becomeLeader(alpo: AlpoState, votes: ReadonlySet<ServerId>): void {
  alpo.role = { kind: 'leader', heartbeatDeadline: alpo.now, accepted: new Map() }
  changed(alpo, `votes of ${[...votes].sort().join(', ')}`)
}

function changed({ role, currentTerm, outbox }: AlpoState, why: string): void {
  outbox.notices.push({ kind: 'roleChanged', role: role.kind, term: currentTerm, why })
}
