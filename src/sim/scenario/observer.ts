/**
 * The one door for those who watch a scenario and judge it. What they throw ends the scenario, with
 * the line of the command during which it happened. By default these are the checkers: every play
 * runs under all of Raft's invariants.
 */
import type { Recovered, SaveBatch } from '../../ports/index.ts'
import type { Entry, LogIndex, Message, RaftState, ServerId, Snapshot } from '../../raft/index.ts'
import { configuration } from '../../raft/index.ts'
import { Checkers } from '../checkers/index.ts'

/** One server, seen from outside. */
export interface ServerView {
  readonly id: ServerId
  /** Null while the server is down. A new life has a new state. */
  readonly state: RaftState | null
  /** What its disk holds, whether or not its server has been told. */
  durable(): Recovered
}

export interface Observer {
  /** Its disk is asked to make these durable. */
  saving(id: ServerId, batches: readonly SaveBatch[]): void
  /** Its disk has made them durable, and is about to say so. */
  saved(id: ServerId): void
  /** A server starts a life, with what its disk holds. */
  restarted(id: ServerId, recovered: Recovered): void
  /** A server lets a message go, wherever the network takes it. Forged ones are not among them. */
  sent(message: Message): void
  /** A server applies an entry; `digest` is that of its state after it. */
  applied(id: ServerId, entry: Entry, digest: number): void
  /** Its state machine has taken on a snapshot's state. */
  restored(id: ServerId, snapshot: Snapshot, digest: number): void
  /** Its disk holds a snapshot through this entry. Said again and again. */
  snapshotDurable(id: ServerId, lastIndex: LogIndex): void
  /** Everything that one event brought about on this server is done. */
  afterEvent(id: ServerId): void
}

/** Watches these servers from before the first of them starts; `founders` vote at first. */
export type Observe = (views: readonly ServerView[], founders: readonly ServerId[]) => Observer

export const underAllInvariants: Observe = (views, founders) =>
  new Checkers(views, { founding: configuration(founders) })

/** Where messages arrive that nobody has sent: who voted for whom can no longer be told. */
export const amongForgeries: Observe = (views, founders) =>
  new Checkers(views, { founding: configuration(founders), mayForge: true })

/** Nobody watches. */
export const unobserved: Observer = {
  saving: () => {},
  saved: () => {},
  restarted: () => {},
  sent: () => {},
  applied: () => {},
  restored: () => {},
  snapshotDurable: () => {},
  afterEvent: () => {},
}
