/**
 * The same contract in memory, for examples, tests and servers that may forget everything. What it
 * holds outlives the server that used it, not the process.
 */
import { assert } from '../base/assert.ts'
import type { Recovered, SaveBatch, Storage } from '../ports/index.ts'
import type { Entry } from '../raft/index.ts'
import { assertKept, Ledger } from './ledger.ts'
import { MemorySnapshots } from './memory-snapshots.ts'

export class MemoryStorage implements Storage {
  /** Calls back later: `Clock.soon`. */
  readonly #soon: (callback: () => void) => void
  readonly #ledger: Ledger = new Ledger()
  /** After the ledger's base. */
  readonly #entries: Entry[] = []
  /** Beside the log. */
  readonly snapshots: MemorySnapshots
  #isSaving = false
  #closed: ((error: Error | null) => void) | null = null

  constructor(soon: (callback: () => void) => void) {
    this.#soon = soon
    this.snapshots = new MemorySnapshots(soon)
  }

  /** Also opens the storage again after {@link close}: a server that restarts finds its state. */
  recover(): Recovered {
    assert(!this.#isSaving, 'nothing is recovered while a save is under way')
    this.#closed = null
    const { currentTerm, votedFor, baseIndex } = this.#ledger
    const snapshot = this.snapshots.latest
    const covered = snapshot?.lastIndex ?? 0
    return { currentTerm, votedFor, entries: this.#entries.slice(covered - baseIndex), snapshot }
  }

  save(batches: readonly SaveBatch[], done: (error: Error | null) => void): void {
    assert(!this.#isSaving, 'one save is under way at a time')
    assert(this.#closed === null, 'nothing is saved after close')
    this.#isSaving = true
    for (const batch of batches) this.#apply(batch)
    this.#soon(() => {
      this.#isSaving = false
      done(null)
      this.#closeWhenQuiet()
    })
  }

  close(closed: (error: Error | null) => void = () => {}): void {
    assert(this.#closed === null, 'a storage is closed once')
    this.#closed = closed
    this.#closeWhenQuiet()
  }

  #closeWhenQuiet(): void {
    const closed = this.#closed
    if (closed !== null && !this.#isSaving) this.#soon(() => closed(null))
  }

  #apply({ currentTerm, votedFor, snapshot, truncateFrom, entries }: SaveBatch): void {
    const ledger = this.#ledger
    assertKept(ledger.setHardState(currentTerm, votedFor))
    if (snapshot != null) {
      this.snapshots.putInForce(snapshot)
      assertKept(ledger.replace(snapshot.lastIndex, snapshot.lastTerm))
      this.#entries.length = 0
    }
    if (truncateFrom !== null && truncateFrom <= ledger.lastIndex) {
      assertKept(ledger.truncateFrom(truncateFrom))
      this.#entries.length = truncateFrom - 1 - ledger.baseIndex
    }
    for (const entry of entries) {
      assertKept(ledger.append(entry.index, entry.term))
      this.#entries.push(entry)
    }
  }
}
