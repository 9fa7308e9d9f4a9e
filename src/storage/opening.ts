/**
 * Opening a data directory, synchronously, before the server speaks to anybody: a new one is made,
 * an existing one is read back, judged and repaired. Nothing is changed before all of it has been
 * found in order.
 */
import { AssertionError, assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { Random } from '../base/random.ts'
import { type Disk, temporarySuffix } from '../ports/index.ts'
import { clusterRecordName } from './cluster-record.ts'
import { corrupt, diskFailed, isFull, StorageError } from './errors.ts'
import { sectorBytes } from './frame.ts'
import { encodeIdentity, type Identity, identityName, requireIdentity } from './identity.ts'
import { superfluous } from './kept-segments.ts'
import { type Reconciled, reconcile } from './reconcile.ts'
import { recoverLog } from './recovery.ts'
import { beginAnew, giveUp, isRefillable, withRemedy } from './refill.ts'
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
import type { OpenSegment } from './segment-supply.ts'
import { SegmentedLog } from './segmented-log.ts'
import { isSnapshotAside, recoverSnapshot, SnapshotFiles } from './snapshot-files.ts'
import { snapshotIndexes } from './snapshot-format.ts'
import { startRecordName } from './start-record.ts'
import {
  readTermBound,
  type TermBound,
  TermLimit,
  termBoundName,
  termMargin,
  writeTermBound,
} from './term-bound.ts'

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
  /** Keeps `terms.json`, without which a damaged log cannot be filled again; see refill.ts. */
  readonly boundsTerms?: boolean
  /** A log that is found damaged is given up, and begun anew; `refilled` is told why. */
  readonly refill?: boolean
  readonly refilled?: (error: StorageError) => void
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
const spokenFor: readonly string[] = [
  identityName,
  clusterRecordName,
  startRecordName,
  termBoundName,
]

/** Nothing has ever been kept in the directory: no log, and nothing that speaks of one. */
export function isUnused(disk: Disk): boolean {
  const names = disk.list()
  const isBare = segmentNumbers(names).length === 0 && snapshotIndexes(names).length === 0
  return isBare && !names.some((name) => spokenFor.includes(name))
}

function open(disk: Disk, options: SegmentedLogOptions, segmentBytes: number): SegmentedLog {
  if (options.boundsTerms !== true) return openWhole(disk, options, segmentBytes, null)
  const { checksum } = options
  const logId = knownLogId(disk, options)
  const known = logId === null ? null : readTermBound(disk, logId, checksum)
  if (logId === null || known === null) return openWhole(disk, options, segmentBytes, noBound)
  const anew = (given: TermBound): SegmentedLog => {
    const header = firstHeader(options, logId, segmentBytes)
    const begun = beginAnew(disk, header, given, checksum)
    return openWhole(disk, options, segmentBytes, begun)
  }
  if (known.isClearing) return anew(known)
  try {
    return openWhole(disk, options, segmentBytes, known)
  } catch (error) {
    if (!isRefillable(error)) throw error
    if (options.refill !== true) throw withRemedy(error)
    options.refilled?.(error)
    return anew(giveUp(disk, logId, known, checksum))
  }
}

/** Whose log it is, where that has been written; null: the first start, or the rest of one. */
function knownLogId(disk: Disk, { identity, checksum }: SegmentedLogOptions): LogId | null {
  if (!disk.list().includes(identityName)) return null
  return requireIdentity(disk.path, readIdentity(disk), identity, checksum)
}

const noBound: TermBound = { below: 0, refillTerm: 0, isClearing: false }

/** `bound`: what is known of its terms; null where nobody asks. */
function openWhole(
  disk: Disk,
  options: SegmentedLogOptions,
  segmentBytes: number,
  bound: TermBound | null,
): SegmentedLog {
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
  const reconciled = sinceRefill(reconcile(disk.path, log, snapshot), bound)
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
  const openSegment = (header: SegmentHeader, position: number): OpenSegment => {
    const name = segmentName(header.number)
    return { name, header, file: disk.open(name), position }
  }
  const limit = bound === null ? null : limitOf(disk, logId, bound, reconciled, options.checksum)
  const { soon, later = soon } = options
  const settings = { ...options, later, segmentBytes, logId, limit }
  return new SegmentedLog(disk, settings, left, reconciled, snapshots, {
    active: openSegment(log.active, log.position),
    spare: log.spare === null ? null : openSegment(log.spare, sectorBytes),
    reserve: new Reserve(disk, reserveBytes, hasReserve),
  })
}

/** A log that was begun anew may have voted in any term before that. */
function sinceRefill(log: Reconciled, bound: TermBound | null): Reconciled {
  const refillTerm = bound?.refillTerm ?? 0
  if (refillTerm === 0) return log
  const { currentTerm, votedFor } = log.recovered
  const isBehind = currentTerm < refillTerm
  const hardState = isBehind ? { currentTerm: refillTerm, votedFor: null } : { votedFor }
  return { ...log, recovered: { ...log.recovered, ...hardState, refillTerm } }
}

/** Written anew in time, so that a server that runs hardly ever has to. */
function limitOf(
  disk: Disk,
  logId: LogId,
  bound: TermBound,
  { recovered }: Reconciled,
  checksum: Checksum,
): TermLimit {
  const { currentTerm } = recovered
  if (currentTerm + termMargin / 2 < bound.below) return new TermLimit(disk, logId, bound, checksum)
  const raised = { ...bound, below: currentTerm + termMargin }
  try {
    writeTermBound(disk, logId, raised, checksum)
  } catch (cause) {
    // On a full disk it is raised once a save needs that, and there is room.
    if (!isFull(cause)) throw cause
    return new TermLimit(disk, logId, bound, checksum)
  }
  return new TermLimit(disk, logId, raised, checksum)
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
  const header = firstHeader(options, logId, size)
  disk.create(segmentName(1), encodeHeader(header, checksum), size)
}

function firstHeader({ random }: SegmentedLogOptions, logId: LogId, size: number): SegmentHeader {
  return { number: 1, logId, salt: random.uint32(), size }
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
export function requireUnused(disk: Disk, numbers: readonly number[], checksum: Checksum): LogId {
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
