/**
 * The state of one server (A6), and how it begins (A2). Only the functions of this folder change
 * it.
 */
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import { Log } from './log.ts'
import type { AlpoOptions } from './options.ts'
import { alpoOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import type { Role } from './role.ts'
import { restartTimer } from './role.ts'
import type { Entry, LogId, Milliseconds, ServerId, Term } from './types.ts'

/**
 * "The server id and log length of the candidate who has received this server's vote." Nothing in
 * the text makes use of the length, and neither do we; it is kept to be looked at.
 */
export interface Vote {
  readonly serverId: ServerId
  readonly logLength: LogId
}

export interface AlpoState {
  readonly serverId: ServerId
  /** Of every server, whether dead or alive. Locations are the driver's affair. */
  readonly clusterMap: readonly ServerId[]
  readonly options: AlpoOptions
  readonly random: Random
  /** The time of the step that is being taken. */
  now: Milliseconds

  role: Role
  /** The most recent term seen. In memory alone. */
  currentTerm: Term
  /** In currentTerm, if any. In memory alone: the text has it among the state, and not on disk. */
  vote: Vote | null
  /** What is accepted; on disk. */
  readonly log: Log
  /**
   * "Id of the most recent log entry that has been fully replicated." We read it as committed, that
   * is accepted by a majority (A7): were it by every server, one dead server would stop them all.
   * None of the three requests tells it to anybody, so that only a leader's grows.
   */
  fullyReplicated: LogId
  /**
   * When the last request from the leader came, or what else makes this server wait; see role.ts.
   */
  lastHeardAt: Milliseconds
  /** When a passive server or a candidate stands for election. */
  electionDeadline: Milliseconds

  readonly outbox: Outbox
}

export interface AlpoSetup {
  readonly serverId: ServerId
  readonly clusterMap: readonly ServerId[]
  readonly options?: Partial<AlpoOptions>
  /** From here come the election timeouts. */
  readonly random: Random
  readonly now: Milliseconds
  /** What the disk holds, which is the log and nothing else. */
  readonly accepted: readonly Entry[]
}

/**
 * A server that starts, for the first time or again. "It sets currentTerm to the term from the last
 * entry in its log; if the log is empty, currentTerm is initialized to 0." Terms that it has seen
 * and of which it has no entry are forgotten, and its vote in them with them.
 */
export function initialState(setup: AlpoSetup): AlpoState {
  const { serverId, clusterMap, random, now, accepted } = setup
  assert(clusterMap.includes(serverId), `${serverId} is in its own cluster map`)
  const log = new Log(accepted)
  const alpo: AlpoState = {
    serverId,
    clusterMap,
    options: alpoOptions(setup.options),
    random,
    now,
    role: { kind: 'passive' },
    currentTerm: log.lastTerm,
    vote: null,
    log,
    fullyReplicated: 0,
    lastHeardAt: now,
    electionDeadline: 0,
    outbox: new Outbox(),
  }
  restartTimer(alpo)
  return alpo
}

export function othersOf({ serverId, clusterMap }: AlpoState): ServerId[] {
  return clusterMap.filter((id) => id !== serverId)
}

/** More than half of the servers of the cluster map, dead or alive. */
export function majorityOf({ clusterMap }: AlpoState): number {
  return Math.floor(clusterMap.length / 2) + 1
}
