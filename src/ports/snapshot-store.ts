/**
 * Where snapshots are kept (§5.1): written aside piece by piece, and one of them, the latest, in
 * force. What is aside is gone after a restart. Beside {@link Storage}, since a server may do
 * without: then its log is never trimmed.
 */
import type { LogIndex, Snapshot, SnapshotPoint } from '../raft/index.ts'

/** What was read of a snapshot. */
export interface SnapshotChunk {
  readonly data: Uint8Array
  /** CRC-32 of the content from its beginning to the chunk's end. */
  readonly checksum: number
}

/** A snapshot that is being written. One call at a time: the next only after `done`. */
export interface SnapshotWriter {
  /** Of what was appended so far. */
  readonly size: number
  /** CRC-32 of the same. */
  readonly checksum: number
  /** The checksum there would be after these bytes. */
  checksumWith(bytes: Uint8Array): number
  /** `done` is called later, never from inside this call. */
  append(bytes: Uint8Array, done: (error: Error | null) => void): void
  /** All of it is there, though not durable: it can be read back, and be put in force. */
  finish(done: (error: Error | null) => void): void
  /** The content of a snapshot that is finished, piece by piece. */
  read(): Iterable<Uint8Array>
  /** A finished snapshot becomes durable, and the latest unless there is a later one by then. */
  publish(done: (error: Error | null, snapshot: Snapshot | null) => void): void
  /** What was written goes. Also while a call is under way, whose `done` is not called then. */
  abandon(): void
}

/** A durable snapshot, open for reading; it stays readable when a later one takes its place. */
export interface SnapshotReader {
  readonly snapshot: Snapshot
  /** What begins at `offset`, checked against the disk's checksums; `done` is called later. */
  read(
    offset: number,
    bytesMax: number,
    done: (error: Error | null, chunk: SnapshotChunk | null) => void,
  ): void
  /** All of it, at once: for the state machine, before the server speaks to anybody. */
  readAll(): Iterable<Uint8Array>
  close(): void
}

export interface SnapshotStore {
  /** The durable snapshot that is in force; null before the first. */
  readonly latest: Snapshot | null
  /**
   * Begins one aside: `own` of this server's state, or `received` from a leader. One of each at a
   * time. A received one is put in force by the save that names it (`SaveBatch.snapshot`).
   */
  begin(purpose: 'own' | 'received', point: SnapshotPoint): SnapshotWriter
  /** Opens the latest. */
  open(): SnapshotReader
  /** Entries through `index` need not be kept: the latest snapshot covers them. */
  discardPrefix(index: LogIndex): void
}
