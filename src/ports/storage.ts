/**
 * Stable storage: Figure 3.1's persistent state on a disk.
 *
 * Callbacks, not promises, for two reasons: the simulator runs the same driver without an event
 * loop, one event after the other; and no promise is made per batch on the hot path. See
 * docs/decisions/0002-callbacks-at-the-ports.md.
 */
import type { Entry, LogIndex, ServerId, Snapshot, Term } from '../raft/index.ts'

/** What was durable when the server last stopped, however it stopped. */
export interface Recovered {
  readonly currentTerm: Term
  readonly votedFor: ServerId | null
  /** Contiguous, from the first that the snapshot does not cover; from 1 where there is none. */
  readonly entries: readonly Entry[]
  /** What stands for all entries before those; left out where none was ever taken. */
  readonly snapshot?: Snapshot | null
  /**
   * The log was given up for damage, and is filled again: it holds what this server has promised
   * once it has an entry of this term or a later one. 0, or left out: it always has.
   */
  readonly refillTerm?: Term
}

/** What to make durable: the persistent half of the core's `Save`. */
export interface SaveBatch {
  readonly currentTerm: Term
  readonly votedFor: ServerId | null
  /**
   * What was received aside, and finished, takes the place of the whole log, before anything else
   * of this batch.
   */
  readonly snapshot?: Snapshot | null
  readonly truncateFrom: LogIndex | null
  readonly entries: readonly Entry[]
}

/** Room on the disk, where a storage can run out of it. */
export interface Space {
  /**
   * There is none for more of the log than it has room for already. What is saved all the same is
   * stored as long as it fits, and waits where it does not: it is neither refused nor acknowledged.
   */
  readonly isFull: boolean
  /** Bytes of entries that still fit, where it is full; what terms and votes need is left out. */
  readonly roomBytes: number
  /** `changed` is called, later, whenever `isFull` has changed. One watches. */
  watch(changed: () => void): void
  /** Looks again whether there is space; what waits for it is tried first. */
  recheck(): void
}

export interface Storage {
  /** Left out, or null, where a save that finds no space fails as any other. */
  readonly space?: Space | null
  /** What the storage holds. Called once, before the first save; damage was reported at opening. */
  recover(): Recovered
  /**
   * Makes the batches durable, in order, all or a prefix of them after a crash, each batch whole
   * or not at all. `done` is called once, later, never from inside this call: with null when every
   * one of them is durable, or with the error, after which the storage takes nothing more: what is
   * on the disk is unknown until it has been read again. One call at a time: the next one only
   * after `done`.
   */
  save(batches: readonly SaveBatch[], done: (error: Error | null) => void): void
  /**
   * Lets go of everything. A save under way ends first, and has its `done` called; no other may
   * follow. `closed` is called later, when nothing of this storage can touch the disk any more:
   * only then may the directory be given to another, or opened again.
   */
  close(closed?: (error: Error | null) => void): void
}
