/**
 * The roles (§3.3; §9.6 has one more) and how a server changes between them. A role holds what only
 * it needs; changing role replaces it whole, so that nothing of an earlier term is left over.
 */
import { assert } from '../base/assert.ts'
import { noBytes } from '../base/bytes.ts'
import { notice } from './outbox.ts'
import type { Peer } from './peer.ts'
import { beginPeers } from './peers.ts'
import { abandonReads, PendingReads } from './pending-reads.ts'
import { leaderIsKnown } from './pending-transfer.ts'
import { noteMatches } from './promised.ts'
import { hasQuorum } from './quorum.ts'
import { RelayedReads } from './relayed-reads.ts'
import type { RaftState } from './state.ts'
import {
  entry,
  type LogIndex,
  type Milliseconds,
  type RequestId,
  type ServerId,
  type Term,
} from './types.ts'

export interface Follower {
  readonly kind: 'follower'
  /** The current term's leader, once it has been heard; a hint for clients. */
  leaderId: ServerId | null
  readonly reads: RelayedReads
}

/** Asks whether it would be elected, before it stands (§9.6). */
export interface PreCandidate {
  readonly kind: 'preCandidate'
  /** Who would vote for it, as it says in this round. */
  readonly votesGranted: Set<ServerId>
}

export interface Candidate {
  readonly kind: 'candidate'
  /** Who has granted a vote in this term: a set, since messages are repeated. */
  readonly votesGranted: Set<ServerId>
}

export interface Leader {
  readonly kind: 'leader'
  /** The one that it leads: when it leaves office, the current one may be later already. */
  readonly term: Term
  /** Every other server that is sent the log: voters, learners, and those that are leaving. */
  readonly peers: Map<ServerId, Peer>
  /** No peer that is gone was sent a request with this id or a later one: new ones begin here. */
  freshRequestId: RequestId
  /** The index of the no-op of this term: from here on entries may be committed by counting. */
  readonly firstIndexOfTerm: LogIndex
  heartbeatDeadline: Milliseconds
  /** Bytes of commands in the log above commitIndex. */
  uncommittedBytes: number
  readonly reads: PendingReads
  /** Requests sent before this time make no lease (see lease.ts). */
  leaseFrom: Milliseconds
  /** Its disk being full, it does not try to hand over before this time. */
  handOverFrom: Milliseconds
}

export type Role = Follower | PreCandidate | Candidate | Leader

/** The current term's leader as far as this server knows; itself where it leads. */
export function leaderIdOf(raft: RaftState): ServerId | null {
  switch (raft.role.kind) {
    case 'follower':
      return raft.role.leaderId
    case 'preCandidate':
    case 'candidate':
      return null
    case 'leader':
      return raft.id
  }
}

/**
 * A fresh election timeout, drawn anew each time (§3.4; identical draws would tie for ever). One
 * whose disk is full lets the others go first, by a whole longest timeout: it could win, and then
 * could only hand over. Where nobody else can win, it stands all the same.
 */
export function resetElectionTimer(raft: RaftState): void {
  const { electionTimeoutMinMs, electionTimeoutMaxMs } = raft.options
  const timeoutMs = raft.random.between(electionTimeoutMinMs, electionTimeoutMaxMs)
  raft.electionDeadline = raft.now + timeoutMs + (raft.diskIsFull ? electionTimeoutMaxMs : 0)
}

/**
 * Follower, in the current term. The vote stays what it is: it is given once a term, and stepping
 * down within the term gives nobody a second one. Only a leader has no election timer running.
 */
export function becomeFollower(raft: RaftState, leaderId: ServerId | null, why: string): void {
  const { role } = raft
  if (role.kind === 'leader') {
    resetElectionTimer(raft)
    noteMatches(raft, role)
  }
  leaveRole(raft, leaderId)
  raft.role = { kind: 'follower', leaderId, reads: new RelayedReads() }
  if (leaderId !== null) leaderIsKnown(raft, leaderId)
  notice(raft, {
    kind: 'roleChanged',
    role: 'follower',
    term: raft.currentTerm,
    leaderId,
    why,
  })
}

/** The reads that wait are settled: the next role knows nothing of them. */
function leaveRole(raft: RaftState, leaderId: ServerId | null): void {
  const { role, outbox } = raft
  if (role.kind === 'leader') abandonReads(raft, role.reads, leaderId)
  else if (role.kind === 'follower') role.reads.abandon(outbox, leaderId)
}

/** Pre-candidate: the term and the vote are as they were. */
export function becomePreCandidate(raft: RaftState, why: string): void {
  const { role, currentTerm: term } = raft
  assert(role.kind !== 'leader', 'a leader does not campaign')
  leaveRole(raft, null)
  raft.role = { kind: 'preCandidate', votesGranted: new Set() }
  resetElectionTimer(raft)
  notice(raft, { kind: 'roleChanged', role: 'preCandidate', term, leaderId: null, why })
}

/**
 * Candidate in a new term, with a vote for itself, which is counted only once the disk has it
 * (§3.8): a candidate that forgot its vote in a crash could give it away again.
 */
export function becomeCandidate(raft: RaftState, why: string): void {
  assert(raft.role.kind !== 'leader', 'a leader does not campaign')
  leaveRole(raft, null)
  setTerm(raft, raft.currentTerm + 1)
  raft.votedFor = raft.id
  raft.role = { kind: 'candidate', votesGranted: new Set() }
  resetElectionTimer(raft)
  notice(raft, {
    kind: 'roleChanged',
    role: 'candidate',
    term: raft.currentTerm,
    leaderId: null,
    why,
  })
}

/**
 * Leader of the current term. A no-op of the own term is appended at once: committing it commits
 * everything before it (§3.6.2, §6.4).
 */
export function becomeLeader(raft: RaftState): void {
  const { role } = raft
  assert(role.kind === 'candidate', 'only a candidate becomes leader')
  const { configuration } = raft
  assert(hasQuorum(configuration, role.votesGranted), 'a leader has a majority of votes')
  const nextIndex = raft.log.lastIndex + 1
  const why = `votes of ${[...role.votesGranted].sort().join(', ')}`
  const leader: Leader = {
    kind: 'leader',
    term: raft.currentTerm,
    peers: new Map(),
    freshRequestId: 1,
    firstIndexOfTerm: nextIndex,
    heartbeatDeadline: raft.now + raft.options.heartbeatIntervalMs,
    uncommittedBytes: uncommittedBytes(raft),
    reads: new PendingReads(),
    leaseFrom: Number.NEGATIVE_INFINITY,
    handOverFrom: Number.NEGATIVE_INFINITY,
  }
  beginPeers(raft, leader)
  raft.role = leader
  raft.log.append(entry(nextIndex, raft.currentTerm, 'noop', noBytes))
  notice(raft, {
    kind: 'roleChanged',
    role: 'leader',
    term: raft.currentTerm,
    leaderId: raft.id,
    why,
  })
}

function uncommittedBytes(raft: RaftState): number {
  let bytes = 0
  for (let index = raft.commitIndex + 1; index <= raft.log.lastIndex; index++) {
    bytes += raft.log.entryAt(index).command.length
  }
  return bytes
}

/** A later term: the vote of the old one is void. Nothing else ever clears a vote (§3.4). */
export function setTerm(raft: RaftState, term: Term): void {
  assert(term > raft.currentTerm, `a term only grows: ${raft.currentTerm} to ${term}`)
  assert(Number.isSafeInteger(term), 'a term is a safe integer')
  raft.currentTerm = term
  raft.votedFor = null
}
