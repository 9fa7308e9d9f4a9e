/**
 * Everything that can happen to a server. There is no other way in.
 */
import type { Message } from './message.ts'
import type { Snapshot } from './snapshot.ts'
import type { LogIndex, ServerId, Term } from './types.ts'

/** A number that names a client's proposal until it is answered; chosen by the driver. */
export type ProposalId = number

/** A number that names a read until it is answered; chosen by the driver. */
export type ReadId = number

/** A number that names a change of the configuration until it is answered. */
export type ChangeId = number

/**
 * What a read may rely on. `linearizable`: the leader proves to be the leader after the read has
 * come (§6.4). `lease`: it may rely on its clock for that, where leases are on (§6.4.1); where they
 * are off, or the lease has run out, it is served as `linearizable`.
 */
export type ReadConsistency = 'linearizable' | 'lease'

/** A number that names a transfer of leadership until it is answered; chosen by the driver. */
export type TransferId = number

/** A number that names a save; each is larger than the one before. */
export type SaveId = number

/** Time has passed: look at the deadlines. */
export interface Tick {
  readonly kind: 'tick'
}

/** A message has arrived from another server of the configuration. */
export interface Receive {
  readonly kind: 'receive'
  readonly message: Message
}

/** Something is to be replicated. Answered by a {@link ProposalAnswer} in this batch. */
export interface Propose {
  readonly kind: 'propose'
  readonly proposalId: ProposalId
  /** What the command is for; the core reads neither. */
  readonly entryKind: ProposedKind
  readonly command: Uint8Array
}

/** What can be proposed; the other kinds of entries are the core's own. */
export type ProposedKind = 'command' | 'session'

/**
 * Something is to be read from the state machine. Answered by a {@link ReadAnswer} once, in this
 * batch or in a later one.
 */
export interface Read {
  readonly kind: 'read'
  readonly readId: ReadId
  readonly consistency: ReadConsistency
}

/**
 * Another configuration is asked for: all of it, not the difference. Answered by a
 * {@link ChangeAnswer} in this batch; what comes of it is then seen in the log, and noticed.
 */
export interface ChangeMembership {
  readonly kind: 'changeMembership'
  readonly changeId: ChangeId
  readonly voters: readonly ServerId[]
  readonly learners: readonly ServerId[]
  readonly addresses: ReadonlyMap<ServerId, string>
  /** Of servers that come in, where they are known: see {@link Configuration.incarnations}. */
  readonly incarnations?: ReadonlyMap<ServerId, number>
  /** Also where so many of the new voters do not answer that they would have no majority. */
  readonly force: boolean
}

/**
 * Our own disk acknowledges, as a follower would: the save and all before it are durable (§10.2.1).
 * It says what it made durable, so that an acknowledgement of a tail that was truncated since is
 * not taken for one of what replaced it.
 */
export interface Saved {
  readonly kind: 'saved'
  readonly saveId: SaveId
  readonly currentTerm: Term
  /** The log's last entry as of this save. */
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  /** How often the log had been truncated as of this save. */
  readonly epoch: number
}

/**
 * The server goes on after a time in which it neither heard nor said anything (the course's
 * `suspend`): it is a follower with a fresh election timer, so that it does not depose a leader.
 */
export interface Resume {
  readonly kind: 'resume'
}

/** A snapshot of this server's own state is durable (§5.1). */
export interface SnapshotTaken {
  readonly kind: 'snapshotTaken'
  readonly snapshot: Snapshot
}

/** What came of a `readChunk`. */
export interface ChunkRead {
  readonly kind: 'chunkRead'
  readonly peer: ServerId
  readonly snapshot: Snapshot
  readonly offset: number
  /** Null where that snapshot is gone: a later one has taken its place. */
  readonly data: Uint8Array | null
  /** CRC-32 of the content from its beginning to the chunk's end. */
  readonly checksum: number
}

/** What came of a `storeChunk`: how much of the snapshot stands aside now. */
export interface ChunkStored {
  readonly kind: 'chunkStored'
  readonly snapshot: Snapshot
  readonly bytesStored: number
  /** All of it, and its checksum is the snapshot's. */
  readonly isWhole: boolean
}

/**
 * Leadership is to pass to `to`, or to the voter that is most up to date (§3.10). Answered by a
 * {@link TransferAnswer} once, at the latest an election timeout later.
 */
export interface Transfer {
  readonly kind: 'transfer'
  readonly transferId: TransferId
  readonly to: ServerId | null
}

/**
 * The process has stood still, or may have, for longer than it should: leases that were made before
 * are not relied upon (§6.4.1). The driver measures it.
 */
export interface Paused {
  readonly kind: 'paused'
}

/**
 * Whether there is space for more of the log. While there is none it is said again now and then,
 * with what the log may still take of the room that it has.
 */
export interface DiskSpace {
  readonly kind: 'diskSpace'
  readonly isFull: boolean
  /** Bytes of entries, where it is full. */
  readonly roomBytes: number
}

export type Input =
  | Tick
  | Receive
  | Propose
  | Read
  | ChangeMembership
  | Transfer
  | Saved
  | SnapshotTaken
  | ChunkRead
  | ChunkStored
  | Paused
  | DiskSpace
  | Resume

/** The input that reports `save` durable. */
export function saved(save: Omit<Saved, 'kind'>): Saved {
  const { saveId, currentTerm, lastIndex, lastTerm, epoch } = save
  return { kind: 'saved', saveId, currentTerm, lastIndex, lastTerm, epoch }
}
