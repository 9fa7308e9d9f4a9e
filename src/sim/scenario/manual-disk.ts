/**
 * A server's disk, which outlives the server's crashes. It saves at once, or holds what it is given
 * until a command lets it save, or fails; and what it has not saved is lost in a crash. Snapshots
 * are beside the log, see manual-snapshots.ts.
 */
import { assert } from '../../base/assert.ts'
import type { Recovered, SaveBatch, Space, Storage } from '../../ports/index.ts'
import type { Entry, LogIndex, ServerId, Term } from '../../raft/index.ts'
import type { DiskMode } from './command.ts'
import { ManualSnapshots } from './manual-snapshots.ts'
import type { Tasks } from './tasks.ts'

interface UnderWay {
  readonly batches: readonly SaveBatch[]
  readonly done: (error: Error | null) => void
}

/** Who wants to know what a disk does; see observer.ts. */
export interface DiskWatcher {
  saving(batches: readonly SaveBatch[]): void
  saved(): void
}

/** What a failing disk reports. */
export class DiskFailure extends Error {
  override readonly name = 'DiskFailure'
  readonly code = 'EIO'
}

export class ManualDisk implements Storage {
  mode: DiskMode = 'saves'
  readonly space: Space
  readonly #tasks: Tasks
  readonly #watcher: DiskWatcher
  #currentTerm: Term
  #votedFor: ServerId | null
  /** After {@link #baseIndex}. */
  #entries: Entry[]
  /** What was received stands for everything through here. */
  #baseIndex: LogIndex = 0
  #snapshots: ManualSnapshots
  #underWay: UnderWay | null = null
  #roomBytes: number | null = null
  /** Of the server that runs on it; one that has crashed hears nothing. */
  #changed: () => void = () => {}

  constructor(tasks: Tasks, initial: Recovered, watcher: DiskWatcher) {
    this.#tasks = tasks
    this.#watcher = watcher
    this.#currentTerm = initial.currentTerm
    this.#votedFor = initial.votedFor
    this.#entries = [...initial.entries]
    this.#snapshots = this.#noSnapshots()
    const roomBytes = (): number | null => this.#roomBytes
    this.space = {
      get isFull(): boolean {
        return roomBytes() !== null
      },
      get roomBytes(): number {
        return roomBytes() ?? 0
      },
      watch: (changed) => {
        this.#changed = changed
      },
      // It changes by commands alone.
      recheck: () => {},
    }
  }

  get snapshots(): ManualSnapshots {
    return this.#snapshots
  }

  /** What is durable, whether or not its server has been told. */
  recover(): Recovered {
    return {
      currentTerm: this.#currentTerm,
      votedFor: this.#votedFor,
      entries: this.#uncovered(),
      snapshot: this.#snapshots.latest,
    }
  }

  /** The entries behind the snapshot, which is durable only after what it covers. */
  #uncovered(): Entry[] {
    const covered = this.#snapshots.latest?.lastIndex ?? 0
    assert(covered <= this.#lastIndex, 'a snapshot covers what is on the disk')
    return this.#entries.slice(covered - this.#baseIndex)
  }

  get #lastIndex(): LogIndex {
    return this.#baseIndex + this.#entries.length
  }

  /** Batches that were given to it and are not reported durable. */
  get pending(): number {
    return this.#underWay?.batches.length ?? 0
  }

  /** Something waits to be durable: batches, or a snapshot. */
  get isBusy(): boolean {
    return this.#underWay !== null || this.#snapshots.isPublishing
  }

  save(batches: readonly SaveBatch[], done: (error: Error | null) => void): void {
    assert(this.#underWay === null, 'one save at a time')
    const underWay = { batches, done }
    this.#underWay = underWay
    this.#watcher.saving(batches)
    this.#tasks.add(() => {
      if (this.#underWay === underWay && this.mode !== 'holds') this.finish()
    })
  }

  /** The save under way ends, in the manner of the mode; where there is none, the snapshot. */
  finish(): void {
    const failure = this.#failure()
    if (this.#underWay === null) {
      this.#snapshots.finish(failure)
      return
    }
    const { batches, done } = this.#underWay
    this.#underWay = null
    if (failure !== null) {
      done(failure)
      return
    }
    for (const batch of batches) this.#write(batch)
    this.#watcher.saved()
    done(null)
  }

  /** What was held until now ends in the manner of the mode, which holds nothing any more. */
  release(): void {
    if (this.#underWay !== null) this.finish()
    if (this.#snapshots.isPublishing) this.#publishSoon()
  }

  /** Power is lost: of the batches under way, the first `keeping` happen to be durable. */
  crash(keeping: number): void {
    for (const batch of this.#underWay?.batches.slice(0, keeping) ?? []) this.#write(batch)
    this.#underWay = null
    this.#snapshots.crash()
    const entries = this.#uncovered()
    this.#baseIndex = this.#snapshots.latest?.lastIndex ?? 0
    this.#entries = entries
  }

  /** Nothing is left, as on a server that keeps its log in memory, or has got a new disk. */
  wipe(): void {
    this.#currentTerm = 0
    this.#votedFor = null
    this.#entries = []
    this.#baseIndex = 0
    this.#snapshots = this.#noSnapshots()
  }

  /** No more of the log may be begun than fits into so many bytes; null: there is space. */
  fill(roomBytes: number | null): void {
    this.#roomBytes = roomBytes
    const changed = this.#changed
    this.#tasks.add(changed)
  }

  close(closed?: (error: Error | null) => void): void {
    if (closed !== undefined) this.#tasks.add(() => closed(null))
  }

  #noSnapshots(): ManualSnapshots {
    return new ManualSnapshots(this.#tasks, () => this.#publishSoon())
  }

  /** After the saves that are under way, and those that follow them at once. */
  #publishSoon(): void {
    this.#tasks.add(() => {
      if (this.mode === 'holds' || !this.#snapshots.isPublishing) return
      if (this.#underWay === null) this.finish()
      else this.#publishSoon()
    })
  }

  #failure(): DiskFailure | null {
    return this.mode === 'fails' ? new DiskFailure('the disk has failed') : null
  }

  #write({ currentTerm, votedFor, snapshot, truncateFrom, entries }: SaveBatch): void {
    this.#currentTerm = currentTerm
    this.#votedFor = votedFor
    if (snapshot != null) {
      this.#snapshots.putInForce(snapshot)
      this.#baseIndex = snapshot.lastIndex
      this.#entries = []
    }
    if (truncateFrom !== null) this.#entries.length = truncateFrom - 1 - this.#baseIndex
    for (const entry of entries) {
      assert(entry.index === this.#lastIndex + 1, 'a save continues the log on the disk')
      this.#entries.push(entry)
    }
  }
}
