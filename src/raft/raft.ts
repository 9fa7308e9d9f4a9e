/**
 * The algorithm's one door. `step` is the only way in and `takeEffects` the only way out; both are
 * synchronous, and all that happens between them is a function of the state, the input and the
 * time given. This file only dispatches: the rules stand in the files that it calls.
 */
import { broken, unreachable } from '../base/assert.ts'
import { noteCommitted } from './adopting.ts'
import { clientRequest } from './client-request.ts'
import { takeCommitted } from './commitment.ts'
import { handleDiskSpace } from './disk-space.ts'
import type { Effects } from './effects.ts'
import { timeout } from './election.ts'
import type { Input } from './input.ts'
import { chunkRead } from './installing.ts'
import { checkState, checkStep, snapshotOf } from './invariants.ts'
import { lead } from './leading.ts'
import { dropLease } from './lease.ts'
import { changeMembership, continueChange } from './membership.ts'
import { takeOutbox } from './outbox.ts'
import { handleSaved } from './own-disk.ts'
import { loseQuorum, quorumDeadline } from './quorum-contact.ts'
import { askLeader, relayDeadline, tickRelayedReads } from './reading-follower.ts'
import { handleRead } from './reads.ts'
import { receive } from './receive.ts'
import { chunkStored } from './receiving.ts'
import { heartbeat } from './replication.ts'
import { becomeFollower, resetElectionTimer } from './role.ts'
import { type SnapshotPoint, snapshotPoint, snapshotTaken, trimLog } from './snapshot.ts'
import type { RaftSetup, RaftState } from './state.ts'
import { initialState } from './state.ts'
import { expireTransfer, handleTransfer } from './transfer.ts'
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
    lead(state)
    askLeader(state)
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
    const { role, electionDeadline, transfer } = this.state
    const roleDeadline =
      role.kind === 'leader'
        ? Math.min(role.heartbeatDeadline, quorumDeadline(this.state, role))
        : Math.min(electionDeadline, relayDeadline(this.state))
    return transfer === null ? roleDeadline : Math.min(roleDeadline, transfer.deadline)
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
    case 'transfer':
      handleTransfer(raft, input)
      break
    case 'paused':
      dropLease(raft)
      break
    case 'diskSpace':
      handleDiskSpace(raft, input)
      break
    default:
      unreachable(input)
  }
}

function tick(raft: RaftState): void {
  expireTransfer(raft)
  tickRelayedReads(raft)
  const { role } = raft
  if (role.kind !== 'leader') {
    if (raft.now >= raft.electionDeadline) timeout(raft)
  } else if (raft.now >= quorumDeadline(raft, role)) {
    loseQuorum(raft)
  } else if (raft.now >= role.heartbeatDeadline) {
    heartbeat(raft)
  }
}

/** After a suspension the election timer starts afresh, or a healthy leader would be deposed. */
function resume(raft: RaftState): void {
  if (raft.role.kind !== 'follower') becomeFollower(raft, null, 'resumed')
  else raft.role.reads.abandon(raft.outbox, raft.role.leaderId)
  // Nobody may have been there to hear that a chunk was stored: it is begun anew.
  raft.receiving = null
  resetElectionTimer(raft)
}
