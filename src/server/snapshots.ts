/**
 * What a server does about snapshots (§5.1), between the core, the state machine and the store: one
 * is restored at the start, and when a leader's takes the place of the log; its own are taken by
 * snapshot-taker.ts; pieces come and go through snapshot-chunks.ts.
 */
import type { SnapshotStore } from '../ports/index.ts'
import type { Effects, Entry, Input, Raft, Snapshot } from '../raft/index.ts'
import { SnapshotChunks } from './snapshot-chunks.ts'
import type { SnapshotOptions } from './snapshot-options.ts'
import { SnapshotTaker } from './snapshot-taker.ts'

/** The state machine, as far as snapshots go. */
export interface SnapshotSource {
  /** The state as of this call; pulled later, piece by piece, between entries. */
  take(): Iterable<Uint8Array>
  /** Becomes what these pieces hold: the state as of the snapshot's last entry. */
  restore(chunks: Iterable<Uint8Array>, snapshot: Snapshot): void
}

/** What a server that takes snapshots has more than another. */
export interface SnapshotParts {
  readonly source: SnapshotSource
  readonly store: SnapshotStore
  readonly options: SnapshotOptions
}

/** What it needs of its server. */
export interface SnapshotDriver {
  readonly raft: Raft
  readonly soon: (callback: () => void) => void
  readonly step: (input: Input) => void
  readonly failed: (error: Error) => void
}

export class Snapshots {
  readonly #parts: SnapshotParts
  readonly #driver: SnapshotDriver
  readonly #taker: SnapshotTaker
  readonly #chunks: SnapshotChunks

  constructor(parts: SnapshotParts, driver: SnapshotDriver) {
    const { soon, step, failed } = driver
    this.#parts = parts
    this.#driver = driver
    this.#taker = new SnapshotTaker(parts, soon, (snapshot) => {
      step({ kind: 'snapshotTaken', snapshot })
    })
    this.#chunks = new SnapshotChunks(parts.store, step, failed)
  }

  /** At the start, before anything is applied. */
  restoreLatest(): void {
    const { store, source } = this.#parts
    if (store.latest === null) return
    const reader = store.open()
    source.restore(reader.readAll(), reader.snapshot)
    reader.close()
  }

  /** Before the save of the same batch is begun, and before anything of it is applied. */
  restore({ restore }: Effects): void {
    if (restore === null) return
    this.#taker.restored()
    this.#parts.source.restore(this.#chunks.takeReceived(), restore)
  }

  applied(entry: Entry): void {
    this.#taker.applied(entry)
  }

  /** After all of the batch has been applied. */
  perform({ chunks, discardPrefix }: Effects): void {
    for (const effect of chunks) this.#chunks.perform(effect)
    if (discardPrefix !== null) this.#parts.store.discardPrefix(discardPrefix)
    if (this.#taker.isDue) this.take()
  }

  /** Takes one now, unless one is under way or there is nothing new. */
  take(): void {
    const { raft } = this.#driver
    const covered = this.#parts.store.latest?.lastIndex ?? 0
    const point = raft.snapshotPoint
    if (this.#taker.isTaking || point.lastIndex <= covered) return
    if (point.lastIndex <= (raft.state.snapshot?.lastIndex ?? 0)) return
    this.#taker.take(point)
  }

  close(): void {
    this.#taker.abandon()
    this.#chunks.close()
  }
}
