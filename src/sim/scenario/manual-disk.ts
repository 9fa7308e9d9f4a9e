/**
 * A server's disk, which outlives the server's crashes. It saves at once, or holds what it is given
 * until a command lets it save, or fails; and what it has not saved is lost in a crash.
 */
import { assert } from '../../base/assert.ts'
import type { Recovered, SaveBatch, Storage } from '../../ports/index.ts'
import type { Entry, ServerId, Term } from '../../raft/index.ts'
import type { DiskMode } from './command.ts'
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
  readonly #tasks: Tasks
  readonly #watcher: DiskWatcher
  #currentTerm: Term
  #votedFor: ServerId | null
  #entries: Entry[]
  #underWay: UnderWay | null = null

  constructor(tasks: Tasks, initial: Recovered, watcher: DiskWatcher) {
    this.#tasks = tasks
    this.#watcher = watcher
    this.#currentTerm = initial.currentTerm
    this.#votedFor = initial.votedFor
    this.#entries = [...initial.entries]
  }

  /** What is durable, whether or not its server has been told. */
  recover(): Recovered {
    return {
      currentTerm: this.#currentTerm,
      votedFor: this.#votedFor,
      entries: [...this.#entries],
    }
  }

  /** Batches that were given to it and are not reported durable. */
  get pending(): number {
    return this.#underWay?.batches.length ?? 0
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

  /** The save under way ends, in the manner of the mode. */
  finish(): void {
    assert(this.#underWay !== null, 'a save that ends is under way')
    const { batches, done } = this.#underWay
    this.#underWay = null
    if (this.mode === 'fails') {
      done(new DiskFailure('the disk has failed'))
      return
    }
    for (const batch of batches) this.#write(batch)
    this.#watcher.saved()
    done(null)
  }

  /** Power is lost: of the batches under way, the first `keeping` happen to be durable. */
  crash(keeping: number): void {
    for (const batch of this.#underWay?.batches.slice(0, keeping) ?? []) this.#write(batch)
    this.#underWay = null
  }

  /** Nothing is left, as on a server that keeps its log in memory, or has got a new disk. */
  wipe(): void {
    this.#currentTerm = 0
    this.#votedFor = null
    this.#entries = []
  }

  close(closed?: (error: Error | null) => void): void {
    if (closed !== undefined) this.#tasks.add(() => closed(null))
  }

  #write({ currentTerm, votedFor, truncateFrom, entries }: SaveBatch): void {
    this.#currentTerm = currentTerm
    this.#votedFor = votedFor
    if (truncateFrom !== null) this.#entries.length = truncateFrom - 1
    for (const entry of entries) {
      assert(entry.index === this.#entries.length + 1, 'a save continues the log on the disk')
      this.#entries.push(entry)
    }
  }
}
