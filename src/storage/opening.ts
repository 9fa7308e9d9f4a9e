/**
 * Opening a data directory, synchronously, before the server speaks to anybody: a new one is made,
 * an existing one is read back, judged and repaired. Nothing is changed before all of it has been
 * found in order.
 */
import { AssertionError, assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { Random } from '../base/random.ts'
import { type Disk, type DiskFile, temporarySuffix } from '../ports/index.ts'
import { clusterRecordName } from './cluster-record.ts'
import { corrupt, diskFailed, StorageError } from './errors.ts'
import { sectorBytes } from './frame.ts'
import { encodeIdentity, type Identity, identityName, requireIdentity } from './identity.ts'
import { superfluous } from './kept-segments.ts'
import { reconcile } from './reconcile.ts'
import { recoverLog } from './recovery.ts'
import { openReserve, Reserve, reserveName } from './reserve.ts'
import {
  encodeHeader,
  firstNonZero,
  hex32,
  type LogId,
  readSegment,
  type SegmentHeader,
  segmentName,
  segmentNumbers,
} from './segment.ts'
import { SegmentedLog } from './segmented-log.ts'
import { isSnapshotAside, recoverSnapshot, SnapshotFiles } from './snapshot-files.ts'
import { snapshotIndexes } from './snapshot-format.ts'
import { startRecordName } from './start-record.ts'

export interface SegmentedLogOptions {
  readonly identity: Identity
  /** `zlib.crc32` in production. */
  readonly checksum: Checksum
  /**
   * For the numbers that tell logs and segments apart; seed it with something that never recurs.
   */
  readonly random: Random
  /** Calls back later: `Clock.soon`. */
  readonly soon: (callback: () => void) => void
  /**
   * Calls back after a while, as long as a seal may wait for a next save in its place: some 50 ms.
   * Where this is left out, `soon`.
   */
  readonly later?: (callback: () => void) => void
  /**
   * The size of a segment; a larger save gets a segment of its own size. 8 MiB by default: tens of
   * thousands of small entries, zeroed in some 10 ms, and two of them per server are no burden. A
   * laptop with a dozen servers may take 1 MiB.
   */
  readonly segmentBytes?: number
  /**
   * The size of the file that keeps room for when the disk is full: see `defaultReserveSegments`.
   * None by default: what is on its way when the disk is found full may then wait for space.
   */
  readonly reserveBytes?: number
  /**
   * A write that no save waits for has failed. Stop the server: until the next save it would go on
   * as if it had a disk. Where this is left out, the next save is told.
   */
  readonly failed?: (error: StorageError) => void
}

export const defaultSegmentBytes: number = 8 * 1024 * 1024

/** Header, one frame, seal: below this a segment holds nothing useful. */
export const segmentBytesMin: number = 4 * sectorBytes

/** Opens the log in `disk`, new or not. Throws {@link StorageError}. */
export function openSegmentedLog(disk: Disk, options: SegmentedLogOptions): SegmentedLog {
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes
  requireSegmentBytes(segmentBytes)
  requireReserveBytes(options.reserveBytes ?? 0)
  try {
    return open(disk, options, segmentBytes)
  } catch (error) {
    if (error instanceof StorageError || error instanceof AssertionError) throw error
    throw diskFailed(disk.path, 'open', null, null, error)
  }
}

/** What there is only beside a log. */
const spokenFor: readonly string[] = [identityName, clusterRecordName, startRecordName]

/** Nothing has ever been kept in the directory: no log, and nothing that speaks of one. */
export function isUnused(disk: Disk): boolean {
  const names = disk.list()
  const isBare = segmentNumbers(names).length === 0 && snapshotIndexes(names).length === 0
  return isBare && !names.some((name) => spokenFor.includes(name))
}

function open(disk: Disk, options: SegmentedLogOptions, segmentBytes: number): SegmentedLog {
  let names = disk.list()
  if (isUnused(disk)) {
    createFirstSegment(disk, options, segmentBytes)
    names = disk.list()
  }
  const numbers = segmentNumbers(names)
  const logId = findLogId(disk, options, names, numbers)
  const log = recoverLog(disk, numbers, logId, options.checksum)
  const files = { logId, checksum: options.checksum, soon: options.soon }
  const { snapshot, superseded } = recoverSnapshot(disk, names, files)
  const reconciled = reconcile(disk.path, log, snapshot)
  for (const name of names) if (isLeftover(name)) disk.remove(name)
  for (const { name, position, bytes } of log.repairs) disk.overwrite(name, bytes, position)
  // Last, so that a first start that was interrupted is simply gone on with (see requireUnused).
  if (!names.includes(identityName)) createIdentity(disk, options, logId)
  const covered = snapshot?.lastIndex ?? 0
  const gone = superfluous(log.kept, covered)
  for (const name of [...superseded, ...gone]) disk.remove(name)
  const reserveBytes = options.reserveBytes ?? 0
  const hasReserve = openReserve(disk, disk.list(), reserveBytes)
  const left = { ...log, kept: log.kept.slice(gone.length) }
  const snapshots = new SnapshotFiles(disk, files, snapshot)
  const openSegment = (header: SegmentHeader): DiskFile => disk.open(segmentName(header.number))
  const { soon, later = soon } = options
  const settings = { ...options, later, segmentBytes, logId }
  return new SegmentedLog(disk, settings, left, reconciled, snapshots, {
    active: openSegment(log.active),
    spare: log.spare === null ? null : openSegment(log.spare),
    reserve: new Reserve(disk, reserveBytes, hasReserve),
  })
}

/** What a crash left while a file was being made. */
function isLeftover(name: string): boolean {
  if (!name.endsWith(temporarySuffix)) return false
  if (isSnapshotAside(name)) return true
  const made = name.slice(0, -temporarySuffix.length)
  return made === identityName || made === reserveName || segmentNumbers([made]).length === 1
}

function createFirstSegment(disk: Disk, options: SegmentedLogOptions, size: number): void {
  const { random, checksum } = options
  const logId = hex32(random.uint32()) + hex32(random.uint32())
  const header = { number: 1, logId, salt: random.uint32(), size }
  disk.create(segmentName(1), encodeHeader(header, checksum), size)
}

function createIdentity(disk: Disk, options: SegmentedLogOptions, logId: LogId): void {
  const { identity, checksum } = options
  assert(identity.serverId.length > 0, 'a server has a name')
  const bytes = encodeIdentity(identity, logId, checksum)
  disk.create(identityName, bytes, bytes.length)
}

function findLogId(
  disk: Disk,
  { identity, checksum }: SegmentedLogOptions,
  names: readonly string[],
  numbers: readonly number[],
): LogId {
  if (!names.includes(identityName)) return requireUnused(disk, numbers, checksum)
  const logId = requireIdentity(disk.path, readIdentity(disk), identity, checksum)
  // The oldest may have been removed, up to what a snapshot covers; nothing is missing in between.
  const oldest = snapshotIndexes(names).length > 0 ? (numbers[0] ?? 1) : 1
  const missing = numbers.findIndex((number, i) => number !== oldest + i)
  if (numbers.length > 0 && missing === -1) return logId
  const name = segmentName(missing === -1 ? oldest : oldest + missing)
  throw new StorageError(
    'LOST',
    `${disk.path}/${name} is missing, so this server has lost what it promised; nothing was ` +
      'changed; put the file back, or let the server join again as a new one in an empty directory',
    name,
  )
}

function readIdentity(disk: Disk): Uint8Array {
  try {
    return disk.read(identityName)
  } catch (error) {
    throw diskFailed(disk.path, 'read', identityName, null, error)
  }
}

/** The first start was interrupted between its two files: nothing can have been written yet. */
function requireUnused(disk: Disk, numbers: readonly number[], checksum: Checksum): LogId {
  const what = 'the file is missing, though the directory holds a log'
  if (numbers.length !== 1 || numbers[0] !== 1) throw corrupt(disk.path, identityName, 0, what)
  const first = readSegment(disk, 1, null, checksum)
  if (firstNonZero(first.bytes, sectorBytes) < first.bytes.length) {
    throw corrupt(disk.path, identityName, 0, what)
  }
  return first.header.logId
}

function requireSegmentBytes(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= segmentBytesMin && bytes % sectorBytes === 0) return
  throw new StorageError(
    'INVALID_OPTION',
    `segmentBytes must be a multiple of ${sectorBytes} from ${segmentBytesMin} up; it is ${bytes}`,
  )
}

function requireReserveBytes(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return
  throw new StorageError(
    'INVALID_OPTION',
    `reserveBytes must be a number from 0 up; it is ${bytes}`,
  )
}
