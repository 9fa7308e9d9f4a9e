/**
 * Figure 3.1's state of one server, grouped as raft.tla groups it, and the outbox in which the
 * effects of a step collect. Only the functions of this folder change it.
 */
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { Configuration } from './configuration.ts'
import { configuration, isNamedIn } from './configuration.ts'
import type { ConfigurationHistory } from './configuration-history.ts'
import { historyOf } from './configuration-history.ts'
import { Log } from './log.ts'
import type { RaftOptions } from './options.ts'
import { raftOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import type { PendingTransfer } from './pending-transfer.ts'
import type { Promised } from './promised.ts'
import type { Receiving } from './receiving.ts'
import { RelayedReads } from './relayed-reads.ts'
import type { Role } from './role.ts'
import { resetElectionTimer } from './role.ts'
import { configurationOf, type Snapshot } from './snapshot.ts'
import type { Entry, LogIndex, Milliseconds, RequestId, ServerId, Term } from './types.ts'

export interface RaftState {
  readonly id: ServerId
  /** Which data directory this is, as configurations name it; null: nobody is told. */
  readonly incarnation: number | null
  /**
   * This data was part of a committed configuration, or may have been: no snapshot and no entry of
   * before the start tells otherwise.
   */
  wasMember: boolean
  /** Who takes part: always the newest of `configurations` (§4.1). */
  configuration: Configuration
  readonly configurations: ConfigurationHistory
  /** The configuration that was last noticed to be committed stands here. */
  configurationNotedIndex: LogIndex
  readonly options: RaftOptions
  readonly random: Random
  /** The time of the step that is being taken. */
  now: Milliseconds

  // serverVars. The first two are persistent.
  currentTerm: Term
  votedFor: ServerId | null
  role: Role
  /** When whoever does not lead starts the next election; a leader has no such time. */
  electionDeadline: Milliseconds
  /** When a leader, of whatever term, was last heard (§4.2.3); kept when the term changes. */
  leaderContactAt: Milliseconds
  /** The number of the latest round of pre-votes. */
  preVoteRound: RequestId
  /** The latest ReadIndexRequest; null before the first. */
  lastReadRequestId: RequestId | null
  transfer: PendingTransfer | null

  // logVars. The log is persistent.
  readonly log: Log
  commitIndex: LogIndex
  /** The last entry that was given out for application. */
  lastApplied: LogIndex

  // Snapshots (§5.1).
  /** What covers the entries that the log no longer has, and perhaps some that it has. */
  snapshot: Snapshot | null
  /** The log may be dropped through here: see snapshot.ts. */
  trimTo: LogIndex
  receiving: Receiving | null

  /** The log counts once it has an entry of this term or a later one: see refilling.ts. */
  readonly refillTerm: Term

  // What our own disk has acknowledged.
  /**
   * The log agrees with the disk through here. On a leader this is its own matchIndex (§10.2.1).
   */
  durableIndex: LogIndex
  durableTerm: Term
  /** There is no space for more of the log (see disk-space.ts)... */
  diskIsFull: boolean
  /** ...and so many bytes of entries still fit into what there is; Infinity: it is not full. */
  diskRoomBytes: number

  /** By others, in this life of the process; see promised.ts. */
  readonly promised: Map<ServerId, Promised>

  readonly outbox: Outbox
}

/** What a server is made of. */
export interface RaftSetup {
  readonly id: ServerId
  /** See {@link Configuration.incarnations}; left out where it is not known. */
  readonly incarnation?: number
  /** The short form of `configuration`: every server votes, and this is one of them. */
  readonly voters?: readonly ServerId[]
  /**
   * Who takes part as long as neither log nor snapshot says otherwise; the same on all servers that
   * begin together, and `emptyConfiguration` on one that joins later.
   */
  readonly configuration?: Configuration
  readonly options?: Partial<RaftOptions>
  /** From here come the election timeouts, and the first id of a life's read requests. */
  readonly random: Random
  readonly now: Milliseconds
  /** What the disk holds; a server that starts for the first time has term 0 and no entries. */
  readonly recovered: {
    readonly currentTerm: Term
    readonly votedFor: ServerId | null
    /** After what the snapshot covers. */
    readonly entries: readonly Entry[]
    readonly snapshot?: Snapshot | null
    /** See refilling.ts; 0 by default. */
    readonly refillTerm?: Term
  }
}

/** A server that has just started, for the first time or again: always a follower (§3.4). */
export function initialState(setup: RaftSetup): RaftState {
  const { id, random, now, recovered } = setup
  const options = raftOptions(setup.options)
  const covered = recovered.snapshot ?? null
  const coveredIndex = covered?.lastIndex ?? 0
  const log = new Log(recovered.entries, coveredIndex, covered?.lastTerm)
  const base = covered === null ? bootstrapOf(setup) : configurationOf(covered)
  const configurations = historyOf(base, coveredIndex, recovered.entries)
  assert(log.lastTerm <= recovered.currentTerm, 'no entry has a later term than the server')
  assert(recovered.votedFor === null || recovered.currentTerm > 0, 'no vote is cast in term 0')
  const incarnation = setup.incarnation ?? null
  const isKnown = (held: Configuration) => isNamedIn(held, id, incarnation)
  const raft: RaftState = {
    id,
    incarnation,
    wasMember: covered !== null || configurations.all.some(isKnown),
    configuration: configurations.newest,
    configurations,
    configurationNotedIndex: 0,
    options,
    random,
    now,
    currentTerm: recovered.currentTerm,
    votedFor: recovered.votedFor,
    role: { kind: 'follower', leaderId: null, reads: new RelayedReads() },
    electionDeadline: 0,
    leaderContactAt: firstLeaderContactAt(options, recovered.currentTerm, now),
    preVoteRound: 0,
    lastReadRequestId: null,
    transfer: null,
    log,
    // A snapshot covers only what is committed, and the state machine starts from it.
    commitIndex: coveredIndex,
    lastApplied: coveredIndex,
    snapshot: covered,
    trimTo: 0,
    receiving: null,
    refillTerm: recovered.refillTerm ?? 0,
    durableIndex: log.lastIndex,
    durableTerm: recovered.currentTerm,
    promised: new Map(),
    diskIsFull: false,
    diskRoomBytes: Number.POSITIVE_INFINITY,
    outbox: new Outbox(recovered.currentTerm, recovered.votedFor, log.lastIndex),
  }
  resetElectionTimer(raft)
  return raft
}

/**
 * Before a restart this server may have heard a leader, which may hold a lease on the strength of
 * it; so it behaves as if it had heard one just now (§6.4.1). In term 0 it has heard nobody.
 */
function firstLeaderContactAt(
  { leaseClockDriftMax }: RaftOptions,
  currentTerm: Term,
  now: Milliseconds,
): Milliseconds {
  return leaseClockDriftMax !== null && currentTerm > 0 ? now : Number.NEGATIVE_INFINITY
}

/** Of the two ways to say it, one. */
function bootstrapOf({ id, voters, configuration: given }: RaftSetup): Configuration | null {
  if (voters === undefined) return given ?? null
  assert(given === undefined, 'a configuration is given in one form')
  assert(voters.includes(id), `${id} is one of the servers of its configuration`)
  return configuration(voters)
}
