/**
 * The configurations that stand in the log, by index. A server goes by the newest of them,
 * committed or not (§4.1); when its tail is cut off it goes back to the one before; and a snapshot
 * takes along the one that held at its last entry. The oldest is the base: the snapshot's, or what
 * the server was started with.
 */
import { assert } from '../base/assert.ts'
import { type Configuration, emptyConfiguration } from './configuration.ts'
import { decodeConfiguration } from './configuration-codec.ts'
import type { Entry, LogIndex } from './types.ts'

interface Standing {
  /** Of its entry; of the base, the last index that it stands for: 0, or the snapshot's last. */
  readonly index: LogIndex
  readonly configuration: Configuration
}

export class ConfigurationHistory {
  /** Ascending, and never empty. */
  #standing: Standing[]

  constructor(base: Configuration, baseIndex: LogIndex = 0) {
    this.#standing = [{ index: baseIndex, configuration: base }]
  }

  /** What holds now. */
  get newest(): Configuration {
    return this.#last.configuration
  }

  /** Where it stands in the log; of the base, the index before the log's first. */
  get newestIndex(): LogIndex {
    return this.#last.index
  }

  /** All that are known, from the oldest on. */
  get all(): readonly Configuration[] {
    return this.#standing.map((one) => one.configuration)
  }

  /** What held before the newest did; null where that is not known any more. */
  get previous(): Configuration | null {
    return this.#standing.at(-2)?.configuration ?? null
  }

  /**
   * The newest of which it is certain that it is committed: a leader appends one only when the one
   * before it is, so that of all in a log only the newest may not be. `commitIndex` may lag behind,
   * as it does after a start.
   */
  settledIndex(commitIndex: LogIndex): LogIndex {
    if (this.newestIndex <= commitIndex) return this.newestIndex
    return this.#standing.at(-2)?.index ?? 0
  }

  /** What held when `index` was the last entry: what a snapshot up to there has to carry. */
  asOf(index: LogIndex): Configuration {
    const standing = this.#standing.findLast((one) => one.index <= index)
    assert(standing !== undefined, 'no snapshot ends before the one that is there')
    return standing.configuration
  }

  /** An entry of kind `configuration` was appended to the log. */
  appended(entry: Entry): void {
    assert(entry.index > this.newestIndex, 'the log grows at its end')
    const configuration = decodeConfiguration(entry.command)
    assert(configuration !== null, 'a configuration that was accepted can be read')
    this.#standing.push({ index: entry.index, configuration })
  }

  /** The log was cut off from `from` on. Returns whether another configuration holds now. */
  truncated(from: LogIndex): boolean {
    const before = this.#standing.length
    while (this.#standing.length > 1 && this.newestIndex >= from) this.#standing.pop()
    return this.#standing.length !== before
  }

  /** Entries through `index` are gone from the log, into a snapshot: one of them stays the base. */
  discardedPrefix(index: LogIndex): void {
    const base = this.asOf(index)
    const later = this.#standing.filter((one) => one.index > index)
    const baseIndex = Math.max(index, this.#standing[0]?.index ?? 0)
    this.#standing = [{ index: baseIndex, configuration: base }, ...later]
  }

  /** The whole log was replaced by a snapshot. */
  installed(index: LogIndex, configuration: Configuration): void {
    this.#standing = [{ index, configuration }]
  }

  get #last(): Standing {
    return this.#standing.at(-1) as Standing
  }
}

/** The history of a log that was just read from disk: its base, and what its entries say. */
export function historyOf(
  base: Configuration | null,
  baseIndex: LogIndex,
  entries: readonly Entry[],
): ConfigurationHistory {
  const history = new ConfigurationHistory(base ?? emptyConfiguration, baseIndex)
  for (const entry of entries) if (entry.kind === 'configuration') history.appended(entry)
  return history
}
