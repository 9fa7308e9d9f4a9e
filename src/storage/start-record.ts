/**
 * How often a data directory has been opened: `starts.json`, counted up at each opening, before the
 * server speaks to anybody, with a number drawn for that opening. Others remember the highest count
 * that they have seen: a directory that was put back from an older copy comes with a lower one, and
 * of two copies that run at once, each has drawn its own number.
 */

import { assert } from '../base/assert.ts'
import { bytesEqual, utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Checksum } from '../base/crc32.ts'
import type { Disk } from '../ports/index.ts'
import { corrupt, diskFailed } from './errors.ts'
import { sectorBytes } from './frame.ts'
import { formatVersion, hex32, type LogId, requireFormat } from './segment.ts'

export interface StartRecord {
  /** From 1. */
  readonly start: number
  /** Of 32 bits; never 0. */
  readonly startId: number
}

export const startRecordName = 'starts.json'

interface Content extends StartRecord {
  readonly format: number
  readonly logId: LogId
}

/**
 * Counts this opening; durable when it returns. One that was never counted, because an earlier
 * version made it, begins with 1. Throws {@link StorageError}.
 */
export function countStart(
  disk: Disk,
  logId: LogId,
  drawn: number,
  checksum: Checksum,
): StartRecord {
  const before = readStartRecord(disk, logId, checksum)
  const record = { start: (before?.start ?? 0) + 1, startId: drawn || 1 }
  const bytes = encode({ format: formatVersion, logId, ...record }, checksum)
  try {
    disk.create(startRecordName, bytes, bytes.length)
  } catch (cause) {
    const error = diskFailed(disk.path, 'write', startRecordName, null, cause)
    // A server on a full disk still has its part: one sector in place of itself needs no room. Torn
    // by a power failure at this moment, it would be found damaged.
    if (error.code !== 'FULL' || before === null) throw error
    disk.overwrite(startRecordName, bytes, 0)
  }
  return record
}

/** What the last opening wrote; null: none has been counted. */
export function readStartRecord(disk: Disk, logId: LogId, checksum: Checksum): StartRecord | null {
  if (!disk.list().includes(startRecordName)) return null
  const bytes = disk.read(startRecordName)
  const content = decode(bytes)
  if (content === null || !bytesEqual(bytes, encode(content, checksum))) {
    const what = 'the file is damaged, or was changed by hand'
    throw corrupt(disk.path, startRecordName, 0, what)
  }
  requireFormat(disk.path, startRecordName, content.format)
  if (content.logId !== logId) {
    const what = `the file belongs to another log, ${content.logId}`
    throw corrupt(disk.path, startRecordName, 0, what)
  }
  return { start: content.start, startId: content.startId }
}

/** One text for each record, filled with spaces to one sector. */
function encode({ format, logId, start, startId }: Content, checksum: Checksum): Uint8Array {
  const content = { format, logId, start, startId }
  const sum = hex32(checksum(utf8Encode(JSON.stringify(content)), 0))
  const text = JSON.stringify({ ...content, checksum: sum }, null, 2)
  assert(text.length < sectorBytes, 'a count of starts has its place in one sector')
  return utf8Encode(`${text.padEnd(sectorBytes - 1)}\n`)
}

function decode(bytes: Uint8Array): Content | null {
  const text = utf8Decode(bytes)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isContent(value) ? value : null
  } catch {
    return null
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false
  const { format, logId, start, startId } = value as Record<string, unknown>
  if (typeof format !== 'number' || typeof logId !== 'string') return false
  return isCount(start) && isCount(startId)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0
}
