/** The entries that a server has accepted (A6), without gaps from id 1 on (A7). */
import { assert } from '../base/assert.ts'
import type { Entry, LogId, Term } from './types.ts'

export class Log {
  readonly #entries: Entry[] = []
  /** How often the log has been cut. */
  epoch = 0

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.append(entry)
  }

  get lastId(): LogId {
    return this.#entries.length
  }

  /** 0 for an empty log. */
  get lastTerm(): Term {
    return this.termAt(this.lastId)
  }

  has(id: LogId): boolean {
    return id >= 1 && id <= this.lastId
  }

  entryAt(id: LogId): Entry {
    assert(this.has(id), `entry ${id} is in the log`)
    return this.#entries[id - 1] as Entry
  }

  /** 0 before the first entry. */
  termAt(id: LogId): Term {
    return id === 0 ? 0 : this.entryAt(id).term
  }

  /** Whether the log has this entry, or it is the place before the first. */
  matches(id: LogId, term: Term): boolean {
    return id <= this.lastId && this.termAt(id) === term
  }

  append(entry: Entry): void {
    assert(entry.id === this.lastId + 1, `entry ${entry.id} follows entry ${this.lastId}`)
    this.#entries.push(entry)
  }

  /** Entries from `id` on are gone. */
  cutFrom(id: LogId): void {
    assert(this.has(id), 'what is cut off is there')
    this.#entries.length = id - 1
    this.epoch += 1
  }

  /** All entries from `id` on. */
  from(id: LogId): readonly Entry[] {
    return this.#entries.slice(id - 1)
  }
}
