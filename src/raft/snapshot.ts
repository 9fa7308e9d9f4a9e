/**
 * What a snapshot is (§5.1), and what taking one does to the log: the entries that it covers are
 * dropped, but for a trailing window, so that a follower that is a little behind is still sent
 * entries. Sending a snapshot is in installing.ts, receiving one in receiving.ts.
 */
import { assert } from '../base/assert.ts'
import type { Configuration } from './configuration.ts'
import { decodeConfiguration, encodeConfiguration } from './configuration-codec.ts'
import type { Log } from './log.ts'
import type { RaftOptions } from './options.ts'
import type { RaftState } from './state.ts'
import type { LogIndex, Term } from './types.ts'

/** The state as of one entry, in place of that entry and all before it. */
export interface Snapshot {
  /** The last entry that it covers. */
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  /** The configuration as of that entry, encoded. */
  readonly configuration: Uint8Array
  /** Of the content, in bytes. */
  readonly size: number
  /** CRC-32 of the content. */
  readonly checksum: number
}

/** The one factory, so that all have one shape. */
export function snapshot(
  lastIndex: LogIndex,
  lastTerm: Term,
  configuration: Uint8Array,
  size: number,
  checksum: number,
): Snapshot {
  return { lastIndex, lastTerm, configuration, size, checksum }
}

/**
 * Whether two are the same bytes: servers that took one at the same entry may have written the same
 * state differently, and chunks of the one do not continue the other.
 */
export function isSameSnapshot(a: Snapshot, b: Snapshot): boolean {
  return (
    a.lastIndex === b.lastIndex &&
    a.lastTerm === b.lastTerm &&
    a.size === b.size &&
    a.checksum === b.checksum
  )
}

/** What a snapshot says of who takes part; that it can be read was checked where it came in. */
export function configurationOf({ configuration }: Snapshot): Configuration {
  const decoded = decodeConfiguration(configuration)
  assert(decoded !== null, 'the configuration of a snapshot can be read')
  return decoded
}

/** What a snapshot that is taken now covers, and the configuration that it has to carry. */
export interface SnapshotPoint {
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  readonly configuration: Uint8Array
}

export function snapshotPoint({ lastApplied, log, configurations }: RaftState): SnapshotPoint {
  return {
    lastIndex: lastApplied,
    lastTerm: log.termAt(lastApplied),
    configuration: encodeConfiguration(configurations.asOf(lastApplied)),
  }
}

/**
 * The driver has made a snapshot of this server's state durable. One that is older than what we
 * have by now (another was installed meanwhile) is no news.
 */
export function snapshotTaken(raft: RaftState, taken: Snapshot): void {
  if (taken.lastIndex <= (raft.snapshot?.lastIndex ?? 0)) return
  assert(taken.lastIndex <= raft.lastApplied, 'a snapshot covers only what was applied')
  assert(raft.log.matches(taken.lastIndex, taken.lastTerm), 'it ends with an entry of the log')
  raft.snapshot = taken
  raft.trimTo = endOfPrefix(raft.log, taken.lastIndex, raft.options)
}

/** The last entry that need not be kept: what follows it up to the snapshot is the window. */
function endOfPrefix(log: Log, lastIndex: LogIndex, options: RaftOptions): LogIndex {
  const { trailingEntriesMax, trailingBytesMax, sizeOfEntry } = options
  let index = lastIndex
  let bytes = 0
  while (index > log.baseIndex && lastIndex - index < trailingEntriesMax) {
    bytes += sizeOfEntry(log.entryAt(index))
    if (bytes > trailingBytesMax) break
    index -= 1
  }
  return index
}

/**
 * Drops what may go: what the snapshot covers, less the window, and only what our own disk has.
 * While a follower is sent a snapshot, everything behind that snapshot is kept for it, or it would
 * need another one as soon as it had this one.
 */
export function trimLog(raft: RaftState): void {
  const { log, role } = raft
  if (raft.trimTo <= log.baseIndex) return
  let index = Math.min(raft.trimTo, raft.durableIndex)
  if (role.kind === 'leader') {
    for (const { install } of role.peers.values()) {
      if (install !== null) index = Math.min(index, install.snapshot.lastIndex)
    }
  }
  if (index <= log.baseIndex) return
  assert(index <= (raft.snapshot?.lastIndex ?? 0), 'only what a snapshot covers is dropped')
  log.discardPrefix(index)
  // The base stands for more entries from now on, of which none says anything new.
  const wasNoted = raft.configurations.newestIndex <= raft.configurationNotedIndex
  raft.configurations.discardedPrefix(index)
  if (wasNoted) raft.configurationNotedIndex = raft.configurations.newestIndex
  raft.outbox.discardPrefix = index
}
