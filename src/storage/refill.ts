/**
 * A log that is damaged is given up, where its owner says so, and begun anew in the same directory:
 * empty, and to be filled by the other servers. What it may have promised is bounded by
 * `terms.json`; without that the server has to leave, and to join again. That the old log goes is
 * decided durably before any of it does, so that a crash in between leaves nothing that could be
 * taken for a log.
 */
import type { Checksum } from '../base/crc32.ts'
import type { Disk } from '../ports/index.ts'
import { StorageError } from './errors.ts'
import type { SegmentHeader } from './segment.ts'
import { encodeHeader, segmentName, segmentNumbers } from './segment.ts'
import { isSnapshotAside } from './snapshot-files.ts'
import { snapshotIndexes } from './snapshot-format.ts'
import { type TermBound, termMargin, writeTermBound } from './term-bound.ts'

/** What the log's own files are called, and snapshots; all else stays. */
export function isOfLog(name: string): boolean {
  return segmentNumbers([name]).length === 1 || snapshotIndexes([name]).length === 1
}

/** Damage that a new log would heal: of the log, or of a snapshot. */
export function isRefillable(error: unknown): error is StorageError {
  if (!(error instanceof StorageError) || error.file === null) return false
  return (error.code === 'CORRUPT' || error.code === 'LOST') && isOfLog(error.file)
}

/** The same, with what can be done about it. */
export function withRemedy(error: StorageError): StorageError {
  const remedy =
    'or have it filled again by the others, once, with the option refill: until it is, it takes ' +
    'no part in elections, and what is left of its log is removed'
  const { code, message, file, offset } = error
  return new StorageError(code, `${message}; ${remedy}`, file, offset, { cause: error })
}

/** From here on the old log is none. */
export function giveUp(disk: Disk, logId: string, bound: TermBound, checksum: Checksum): TermBound {
  const refillTerm = Math.max(bound.below, bound.refillTerm + 1)
  const given = { refillTerm, below: refillTerm + termMargin, isClearing: true }
  writeTermBound(disk, logId, given, checksum)
  return given
}

/** Removes what there is of the old log, and begins the new one. May be interrupted anywhere. */
export function beginAnew(
  disk: Disk,
  header: SegmentHeader,
  bound: TermBound,
  checksum: Checksum,
): TermBound {
  const names = disk.list()
  for (const name of names) if (isOfLog(name) || isSnapshotAside(name)) disk.remove(name)
  disk.create(segmentName(1), encodeHeader(header, checksum), header.size)
  const begun = { ...bound, isClearing: false }
  writeTermBound(disk, header.logId, begun, checksum)
  return begun
}
