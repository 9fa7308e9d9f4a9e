/**
 * Watches the room on the disk for the core: says when the disk is full and when it has space
 * again, looks for it now and then, and has a snapshot taken, which may free a part of the log. A
 * full disk is a fault that passes: somebody makes room, and nothing has to be started again.
 */
import type { Space } from '../ports/index.ts'
import type { DiskSpace, Milliseconds } from '../raft/index.ts'

/**
 * While the disk is full it is looked at so often. Each look tries to make a file of a segment's
 * size, some 10 ms of writing; nobody who has made room waits for longer.
 */
export const recheckMs: Milliseconds = 1000

/**
 * A snapshot that is taken for want of space, and fails for the same, is tried again after one
 * look, after two, four, and so on up to so many: each may write nearly all of a large state.
 */
const looksBetweenSnapshotsMax = 64

export interface DiskWatchParts {
  readonly now: () => Milliseconds
  readonly step: (input: DiskSpace) => void
  readonly takeSnapshot: () => void
}

export class DiskWatch {
  readonly #space: Space | null
  readonly #parts: DiskWatchParts
  /** When the disk is to be looked at; never while it has space. */
  #recheckAt = Number.POSITIVE_INFINITY
  #looksToSnapshot = 0
  #looksBetweenSnapshots = 1

  constructor(space: Space | null, parts: DiskWatchParts) {
    this.#space = space
    this.#parts = parts
  }

  get recheckAt(): Milliseconds {
    return this.#recheckAt
  }

  start(): void {
    this.#space?.watch(() => this.#changed())
    if (this.#space?.isFull === true) this.#changed()
  }

  /** The core is told how it is: it may not have been, having been suspended. */
  tell(): void {
    if (this.#space === null) return
    const { isFull, roomBytes } = this.#space
    this.#parts.step({ kind: 'diskSpace', isFull, roomBytes })
  }

  /** The clock has gone off, perhaps for this. */
  wake(): void {
    const now = this.#parts.now()
    if (this.#space === null || now < this.#recheckAt) return
    this.#recheckAt = now + recheckMs
    this.tell()
    this.#freeSome()
    this.#space.recheck()
  }

  #changed(): void {
    const isFull = this.#space?.isFull === true
    this.#recheckAt = isFull ? this.#parts.now() + recheckMs : Number.POSITIVE_INFINITY
    this.#looksToSnapshot = 0
    this.#looksBetweenSnapshots = 1
    this.tell()
    if (isFull) this.#freeSome()
  }

  #freeSome(): void {
    if (this.#looksToSnapshot > 0) {
      this.#looksToSnapshot -= 1
      return
    }
    this.#looksToSnapshot = this.#looksBetweenSnapshots - 1
    this.#looksBetweenSnapshots = Math.min(
      2 * this.#looksBetweenSnapshots,
      looksBetweenSnapshotsMax,
    )
    this.#parts.takeSnapshot()
  }
}
