/**
 * The algorithm's one door. `step` is the only way in and `takeEffects` the only way out; both are
 * synchronous, and all that happens between them is a function of the state, the input and the
 * time given. This file only dispatches: the rules stand in the files that it calls.
 */
import { assert, broken, unreachable } from '../base/assert.ts'
import { noteCommitted } from './adopting.ts'
import { clientRequest } from './client-request.ts'
import { takeCommitted } from './commitment.ts'
import { isMember } from './configuration.ts'
import type { Effects } from './effects.ts'
import { handleRequestVoteRequest, handleRequestVoteResponse, timeout } from './election.ts'
import { handleAppendEntriesRequest } from './following.ts'
import type { Input } from './input.ts'
import { chunkRead, handleInstallSnapshotResponse } from './installing.ts'
import { checkState, checkStep, snapshotOf } from './invariants.ts'
import { changeMembership, continueChange } from './membership.ts'
import { isAnswer, type Message } from './message.ts'
import { takeOutbox } from './outbox.ts'
import { handleSaved } from './own-disk.ts'
import { loseQuorum, quorumDeadline } from './quorum-contact.ts'
import { askForProof, beginReadRound, handleRead, settleReads } from './reads.ts'
import { chunkStored, handleInstallSnapshotRequest } from './receiving.ts'
import { handleAppendEntriesResponse, heartbeat, replicate } from './replication.ts'
import { becomeFollower, resetElectionTimer, setTerm } from './role.ts'
import { type SnapshotPoint, snapshotPoint, snapshotTaken, trimLog } from './snapshot.ts'
import type { RaftSetup, RaftState } from './state.ts'
import { initialState } from './state.ts'
import type { Milliseconds } from './types.ts'

export class Raft {
  /** To be read by drivers, tests and tools; changed by this folder alone. */
  readonly state: RaftState

  constructor(setup: RaftSetup) {
    this.state = initialState(setup)
  }

  /** Takes in one thing that has happened. `now` never goes back. */
  step(input: Input, now: Milliseconds): void {
    const { state } = this
    if (now < state.now) broken(`time does not go back, from ${state.now} to ${now}`)
    state.now = now
    const before = state.options.verify ? snapshotOf(state) : null
    dispatch(state, input)
    continueChange(state)
    noteCommitted(state)
    if (before !== null) {
      checkState(state)
      checkStep(before, state, input)
    }
  }

  /** Everything that the steps since the last call want done. An empty batch is worth nothing. */
  takeEffects(): Effects {
    const { state } = this
    const round = beginReadRound(state)
    replicate(state)
    if (round !== null) askForProof(state, round)
    settleReads(state)
    trimLog(state)
    return takeOutbox(state, takeCommitted(state))
  }

  /** What a snapshot covers that is taken once all that was given out has been applied. */
  get snapshotPoint(): SnapshotPoint {
    return snapshotPoint(this.state)
  }

  /** Committed entries are waiting that did not fit into the last batch. */
  get hasMore(): boolean {
    return this.state.lastApplied < this.state.commitIndex
  }

  /** When `step` must be called with a tick at the latest. */
  get nextDeadline(): Milliseconds {
    const { role, electionDeadline } = this.state
    if (role.kind !== 'leader') return electionDeadline
    return Math.min(role.heartbeatDeadline, quorumDeadline(this.state, role))
  }
}

function dispatch(raft: RaftState, input: Input): void {
  switch (input.kind) {
    case 'tick':
      tick(raft)
      break
    case 'receive':
      receive(raft, input.message)
      break
    case 'propose':
      clientRequest(raft, input)
      break
    case 'read':
      handleRead(raft, input)
      break
    case 'changeMembership':
      changeMembership(raft, input)
      break
    case 'saved':
      handleSaved(raft, input)
      break
    case 'resume':
      resume(raft)
      break
    case 'snapshotTaken':
      snapshotTaken(raft, input.snapshot)
      break
    case 'chunkRead':
      chunkRead(raft, input)
      break
    case 'chunkStored':
      chunkStored(raft, input)
      break
    default:
      unreachable(input)
  }
}

function tick(raft: RaftState): void {
  const { role } = raft
  if (role.kind !== 'leader') {
    if (raft.now >= raft.electionDeadline) timeout(raft)
  } else if (raft.now >= quorumDeadline(raft, role)) {
    loseQuorum(raft)
  } else if (raft.now >= role.heartbeatDeadline) {
    heartbeat(raft)
  }
}

/**
 * raft.tla's Receive: the term rule, for every message and in every role, once (§3.3). Then the
 * handler, which sees a term that is at most ours; a stale answer concerns nobody any more.
 *
 * The sender need not be in our configuration. We may be the one that has not heard: a new server
 * is led before it knows by whom, and votes for candidates that it does not know (§4.1). But we
 * asked only those whom we know; an answer from anybody else comes from a server that was removed
 * since, and must not depose anybody by its term.
 */
function receive(raft: RaftState, message: Message): void {
  const { from, to } = message
  if (to !== raft.id) broken(`a message to ${to} has come to ${raft.id}`)
  assert(from !== raft.id, 'no server writes to itself')
  if (isAnswer(message) && !isAwaited(raft, message)) return
  if (message.term > raft.currentTerm) updateTerm(raft, message)
  const isStale = message.term < raft.currentTerm
  switch (message.kind) {
    case 'requestVoteRequest':
      handleRequestVoteRequest(raft, message)
      break
    case 'appendEntriesRequest':
      handleAppendEntriesRequest(raft, message)
      break
    case 'requestVoteResponse':
      if (!isStale) handleRequestVoteResponse(raft, message)
      break
    case 'appendEntriesResponse':
      if (!isStale) handleAppendEntriesResponse(raft, message)
      break
    case 'installSnapshotRequest':
      handleInstallSnapshotRequest(raft, message)
      break
    case 'installSnapshotResponse':
      if (!isStale) handleInstallSnapshotResponse(raft, message)
      break
    default:
      unreachable(message)
  }
}

/** From somebody whom we asked; of one that has left already its term does not matter any more. */
function isAwaited({ configuration, role, currentTerm }: RaftState, answer: Message): boolean {
  if (isMember(configuration, answer.from)) return true
  return role.kind === 'leader' && role.peers.has(answer.from) && answer.term <= currentTerm
}

/** raft.tla's UpdateTerm: any message with a later term makes a follower of that term (§3.3). */
function updateTerm(raft: RaftState, message: Message): void {
  setTerm(raft, message.term)
  becomeFollower(raft, null, `${message.from} is in term ${message.term}`)
}

/** After a suspension the election timer starts afresh, or a healthy leader would be deposed. */
function resume(raft: RaftState): void {
  if (raft.role.kind !== 'follower') becomeFollower(raft, null, 'resumed')
  resetElectionTimer(raft)
}
