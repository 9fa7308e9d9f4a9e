/**
 * What must be true of one server after every step (LogCabin's checkBasic and checkDelta in our
 * words): of one state, and of two consecutive ones. What must be true across servers is the
 * simulator's to check. Costs about as much as the step; see `options.verify`.
 */
import { assert } from '../base/assert.ts'
import { isMember, isVoter, mayFollow, serversOf } from './configuration.ts'
import type { Input } from './input.ts'
import type { Peer } from './peer.ts'
import type { RaftState } from './state.ts'
import type { LogIndex, ServerId, Term } from './types.ts'

/** What of a state the next one is compared with. */
export interface StateSnapshot {
  readonly currentTerm: Term
  readonly votedFor: ServerId | null
  readonly role: string
  readonly leaderId: ServerId | null
  readonly commitIndex: LogIndex
  readonly lastApplied: LogIndex
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  readonly epoch: number
  readonly matchIndex: ReadonlyMap<Peer, LogIndex>
}

export function snapshotOf(raft: RaftState): StateSnapshot {
  const { role, log } = raft
  return {
    currentTerm: raft.currentTerm,
    votedFor: raft.votedFor,
    role: role.kind,
    leaderId: role.kind === 'follower' ? role.leaderId : null,
    commitIndex: raft.commitIndex,
    lastApplied: raft.lastApplied,
    lastIndex: log.lastIndex,
    lastTerm: log.lastTerm,
    epoch: log.epoch,
    matchIndex: new Map(
      role.kind === 'leader' ? [...role.peers.values()].map((peer) => [peer, peer.matchIndex]) : [],
    ),
  }
}

/** What is true of every state that a server can be in. */
export function checkState(raft: RaftState): void {
  const { log, role, outbox } = raft
  assert(log.lastTerm <= raft.currentTerm, 'no entry has a later term than the server')
  assert(raft.lastApplied <= raft.commitIndex, 'only what is committed is applied')
  assert(raft.commitIndex <= log.lastIndex, 'what is committed is in the log')
  assert(raft.durableIndex <= log.lastIndex, 'what is durable is in the log')
  assert(raft.durableTerm <= raft.currentTerm, 'the disk is not ahead')
  checkSnapshot(raft)
  assert(outbox.savedIndex <= log.lastIndex, 'what was given to the disk is in the log')
  assert(raft.durableIndex <= outbox.savedIndex, 'what is durable was given to the disk')
  checkConfiguration(raft)
  switch (role.kind) {
    case 'follower':
      assert(role.leaderId !== raft.id, 'a follower does not follow itself')
      break
    case 'preCandidate':
      break
    case 'candidate':
      assert(raft.votedFor === raft.id, 'a candidate votes for itself')
      for (const voter of role.votesGranted) {
        assert(isVoter(raft.configuration, voter), 'only voters vote')
      }
      break
    case 'leader':
      checkLeader(raft)
      break
  }
}

function checkConfiguration({ configuration, configurations, log }: RaftState): void {
  assert(configuration === configurations.newest, 'the newest configuration holds (§4.1)')
  assert(configurations.newestIndex <= log.lastIndex, 'the newest configuration is in the log')
  const { previous } = configurations
  // A server that joins, or starts from nothing, knows of no configuration before the first.
  if (previous === null || previous.voters.length === 0) return
  assert(mayFollow(previous, configuration), 'quorums of neighbouring configurations overlap')
}

function checkSnapshot({ log, snapshot, commitIndex, outbox }: RaftState): void {
  const coveredIndex = snapshot?.lastIndex ?? 0
  assert(coveredIndex <= commitIndex, 'a snapshot covers only what is committed (§5.1)')
  assert(log.baseIndex <= coveredIndex, 'what the log no longer has is in the snapshot')
  assert(log.baseIndex <= outbox.savedIndex, 'what was dropped was given to the disk')
  if (snapshot === null || !log.knowsTerm(coveredIndex)) return
  assert(log.termAt(coveredIndex) === snapshot.lastTerm, 'the snapshot ends with our entry')
}

function checkLeader(raft: RaftState): void {
  const { role, log } = raft
  assert(role.kind === 'leader', 'called for leaders')
  assert(raft.votedFor === raft.id, 'a leader voted for itself')
  assert(raft.durableTerm === raft.currentTerm, 'a leader was elected in a durable term')
  assert(log.lastTerm === raft.currentTerm, 'a leader has an entry of its term')
  const hasNoop = role.firstIndexOfTerm < log.baseIndex
  assert(
    hasNoop || log.termAt(role.firstIndexOfTerm) === raft.currentTerm,
    'its no-op is of its term',
  )
  assert(role.uncommittedBytes >= 0, 'bytes are not owed')
  for (const server of serversOf(raft.configuration)) {
    assert(server === raft.id || role.peers.has(server), 'everybody is sent the log')
  }
  for (const peer of role.peers.values()) {
    const isLeaving = !isMember(raft.configuration, peer.id)
    assert(isLeaving === (peer.departsAt !== null), 'who is no member is on the way out')
    assert(peer.matchIndex <= log.lastIndex, 'no peer holds more than the leader')
    assert(peer.nextIndex >= 1, 'nextIndex is the index of an entry')
    assert(peer.nextIndex <= log.lastIndex + 1, 'nextIndex is in the log or next')
    assert(peer.nextIndex > peer.matchIndex || peer.forgetful, 'what is held is not sent again')
    assert(peer.inflightMessages <= 2 * raft.options.inflightMessagesMax, 'the window has a bound')
  }
}

/** What is true of every step that a server can take. */
export function checkStep(before: StateSnapshot, raft: RaftState, input: Input): void {
  assert(raft.currentTerm >= before.currentTerm, 'terms do not go back')
  assert(raft.commitIndex >= before.commitIndex, 'commitIndex does not go back')
  const isRestored = raft.outbox.restore !== null
  const hasApplied = raft.lastApplied !== before.lastApplied
  assert(isRestored || !hasApplied, 'entries are applied when they are taken')
  assert(raft.lastApplied >= before.lastApplied, 'what is applied is not taken back')
  const isSameTerm = raft.currentTerm === before.currentTerm
  if (before.role === 'leader' && isSameTerm) {
    assert(raft.log.epoch === before.epoch, 'a leader cuts nothing off (Leader Append-Only)')
  }
  if (raft.commitIndex > before.commitIndex && raft.role.kind === 'leader') {
    assert(raft.log.termAt(raft.commitIndex) === raft.currentTerm, 'own term is counted (§3.6.2)')
  }
  if (isSameTerm) checkSameTerm(before, raft)
  checkVote(before, raft)
  if (input.kind === 'tick') assert(raft.log.epoch === before.epoch, 'time cuts no log')
}

/** Who grants a vote, or asks for one, gives the election its time (R10, R12). */
function checkVote(before: StateSnapshot, raft: RaftState): void {
  const { votedFor, role, currentTerm } = raft
  const isNew = votedFor !== before.votedFor || currentTerm !== before.currentTerm
  if (votedFor === null || !isNew || role.kind === 'leader') return
  const earliest = raft.now + raft.options.electionTimeoutMinMs
  assert(raft.electionDeadline >= earliest, 'a vote restarts the election timer')
}

function checkSameTerm(before: StateSnapshot, raft: RaftState): void {
  const { role } = raft
  if (before.votedFor !== null) {
    assert(raft.votedFor === before.votedFor, 'a vote is given once a term')
  }
  if (before.leaderId !== null && role.kind === 'follower' && role.leaderId !== null) {
    assert(role.leaderId === before.leaderId, 'a term has one leader')
  }
  if (before.role === 'leader') {
    assert(role.kind !== 'candidate', 'a leader does not campaign in its own term')
    if (role.kind !== 'leader') return
    for (const peer of role.peers.values()) {
      const index = before.matchIndex.get(peer) ?? 0
      assert(peer.matchIndex >= index, 'matchIndex does not go back')
    }
  }
}
