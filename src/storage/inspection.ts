/**
 * Looking at a data directory without changing it, and without knowing whose it is: identity, log
 * and snapshot are each read as opening would read them, checksums and all, and what is wrong with
 * one does not keep the others from being told. For operators' tools; a server opens its directory
 * (opening.ts).
 */
import type { Checksum } from '../base/crc32.ts'
import type { Disk } from '../ports/index.ts'
import type { Entry, LogIndex, ServerId, Snapshot, Term } from '../raft/index.ts'
import { type ClusterRecord, clusterRecordName, readClusterRecord } from './cluster-record.ts'
import { diskFailed, StorageError } from './errors.ts'
import { decodeIdentity, type Identity, identityName } from './identity.ts'
import { requireUnused } from './opening.ts'
import { reconcile } from './reconcile.ts'
import { type RecoveredLog, recoverLog } from './recovery.ts'
import { type LogId, readSegment, segmentName, segmentNumbers } from './segment.ts'
import { recoverSnapshot } from './snapshot-files.ts'
import { snapshotIndexes, snapshotName } from './snapshot-format.ts'
import { SnapshotFileReader } from './snapshot-reader.ts'
import { readStartRecord, type StartRecord, startRecordName } from './start-record.ts'
import { readTermBound, type TermBound } from './term-bound.ts'

/** One part of a directory: what it holds (null: there is none), or what is wrong with it. */
export type Part<T> =
  | { readonly value: T; readonly problem: null }
  | { readonly value: null; readonly problem: StorageError | null }

export interface Inspection {
  readonly identity: Part<Identity & { readonly logId: LogId }>
  /** To which cluster it belongs. */
  readonly cluster: Part<ClusterRecord>
  /** What the log and the snapshot amount to together. */
  readonly log: Part<InspectedLog>
  readonly snapshot: Part<Snapshot>
  /** How often it was opened. */
  readonly starts: Part<StartRecord>
  /** What it knows of its terms, and whether its log was begun anew. */
  readonly terms: Part<TermBound>
  readonly segments: readonly SegmentPart[]
}

export interface InspectedLog {
  readonly currentTerm: Term
  readonly votedFor: ServerId | null
  /** From the first that the snapshot does not cover. */
  readonly entries: readonly Entry[]
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  /** What the next opening will repair, of a write that was not finished. */
  readonly notes: readonly string[]
}

export interface SegmentPart {
  readonly name: string
  readonly bytes: number
}

/** Throws only where the directory itself cannot be read. */
export function inspectDirectory(disk: Disk, checksum: Checksum): Inspection {
  const names = disk.list()
  const numbers = segmentNumbers(names)
  const identity = part(disk, () => {
    if (!names.includes(identityName)) {
      if (numbers.length > 0) requireUnused(disk, numbers, checksum)
      return null
    }
    return decodeIdentity(disk.path, disk.read(identityName), checksum)
  })
  const logId = part(disk, () => {
    const first = numbers[0]
    if (identity.value !== null) return identity.value.logId
    return first === undefined ? null : readSegment(disk, first, null, checksum).header.logId
  })
  const segments = numbers.map((number) => segmentPart(disk, number))
  if (logId.value === null) {
    const log = { value: null, problem: logId.problem }
    const rest = { cluster: nothing, snapshot: nothing, starts: nothing, terms: nothing }
    return { identity, log, segments, ...rest }
  }
  const options = { logId: logId.value, checksum, soon: noLater }
  const snapshot = part(disk, () => recoverSnapshot(disk, names, options).snapshot)
  const log = part(disk, () => {
    if (numbers.length === 0) throw lostLog(disk)
    requireAll(disk, names, numbers)
    return logFrom(disk, recoverLog(disk, numbers, options.logId, checksum), snapshot)
  })
  const cluster = part(disk, () => {
    const record = readClusterRecord(disk, logId.value, checksum)
    if (record === null) requireBlank(disk, names, log.value)
    return record
  })
  const starts = part(disk, () => readStartRecord(disk, logId.value, checksum))
  const terms = part(disk, () => readTermBound(disk, logId.value, checksum))
  return { identity, cluster, log, snapshot, starts, terms, segments }
}

const nothing = { value: null, problem: null }

/** The content of a snapshot that was seen there, piece by piece, each checked. */
export function* snapshotContent(
  disk: Disk,
  snapshot: Snapshot,
  checksum: Checksum,
): Iterable<Uint8Array> {
  const name = snapshotName(snapshot.lastIndex)
  const file = disk.openToRead(name)
  try {
    yield* new SnapshotFileReader(disk.path, name, file, snapshot, checksum, noLater).readAll()
  } finally {
    file.close()
  }
}

/** Nothing is read later: a snapshot is checked in one go. */
function noLater(): void {}

function part<T>(disk: Disk, read: () => T | null): Part<T> {
  try {
    const value = read()
    return value === null ? nothing : { value, problem: null }
  } catch (error) {
    if (error instanceof StorageError) return { value: null, problem: error }
    return { value: null, problem: diskFailed(disk.path, 'read', null, null, error) }
  }
}

function segmentPart(disk: Disk, number: number): SegmentPart {
  const name = segmentName(number)
  const file = disk.openToRead(name)
  file.close()
  return { name, bytes: file.size }
}

/** As in opening.ts: none is missing in between, nor the first without a snapshot. */
function requireAll(disk: Disk, names: readonly string[], numbers: readonly number[]): void {
  const oldest = snapshotIndexes(names).length > 0 ? (numbers[0] ?? 1) : 1
  const missing = numbers.findIndex((number, i) => number !== oldest + i)
  if (missing === -1) return
  const name = segmentName(oldest + missing)
  throw new StorageError('LOST', `${disk.path}/${name} is missing`, name)
}

/** A server that counts its starts knew its cluster before it saved anything. */
function requireBlank(disk: Disk, names: readonly string[], log: InspectedLog | null): void {
  if (log === null || (log.currentTerm === 0 && log.lastIndex === 0)) return
  if (!names.includes(startRecordName)) return
  const what = `${disk.path} has a log, and no ${clusterRecordName} that belongs to it`
  throw new StorageError('LOST', what, clusterRecordName)
}

function lostLog(disk: Disk): StorageError {
  return new StorageError('LOST', `${disk.path} has an identity and no log`, segmentName(1))
}

/** Where the snapshot is damaged the log is told by itself, as far as it goes. */
function logFrom(disk: Disk, log: RecoveredLog, snapshot: Part<Snapshot>): InspectedLog {
  const { ledger, notes } = log
  const { recovered } =
    snapshot.problem === null
      ? reconcile(disk.path, log, snapshot.value)
      : { recovered: { ...ledgerState(log), entries: log.entries } }
  const { currentTerm, votedFor, entries } = recovered
  const last = entries.at(-1)
  const covered = snapshot.value
  return {
    currentTerm,
    votedFor,
    entries,
    lastIndex: last?.index ?? covered?.lastIndex ?? ledger.lastIndex,
    lastTerm: last?.term ?? covered?.lastTerm ?? ledger.lastTerm,
    notes,
  }
}

function ledgerState({ ledger }: RecoveredLog): Pick<InspectedLog, 'currentTerm' | 'votedFor'> {
  return { currentTerm: ledger.currentTerm, votedFor: ledger.votedFor }
}
