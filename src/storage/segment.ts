/**
 * A segment: a file of fixed size, zeros at first, that begins with a header of one sector and is
 * filled with frames. The header is durable before the file has its name and never changes.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { Disk } from '../ports/index.ts'
import { corrupt, diskFailed, StorageError } from './errors.ts'
import { sectorBytes } from './frame.ts'
import { getUint64, setUint64, viewOf } from './uint64.ts'

/** "KONTIKI" and a zero. */
const magic: readonly number[] = [0x4b, 0x4f, 0x4e, 0x54, 0x49, 0x4b, 0x49, 0x00]

/** The only version so far. */
export const formatVersion = 1

/** A log's own number, drawn when it is made: files of two logs cannot be mixed. */
export type LogId = string

export interface SegmentHeader {
  /** From 1, without a gap. */
  readonly number: number
  readonly logId: LogId
  /** Every checksum in the segment starts from this, so that no other's bytes pass for its own. */
  readonly salt: number
  /** The size of the file. */
  readonly size: number
}

/** A segment as it was read. */
export interface Segment {
  readonly name: string
  readonly header: SegmentHeader
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** The last number whose name still has ten digits. */
const segmentNumberMax = 9_999_999_999

export function segmentName(number: number): string {
  assert(number <= segmentNumberMax, `a segment's number has ten digits: ${number}`)
  return `segment-${String(number).padStart(10, '0')}.log`
}

/** The segments among these names, in their order. */
export function segmentNumbers(names: readonly string[]): number[] {
  return names
    .map((name) => /^segment-(\d{10})\.log$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

export function encodeHeader(header: SegmentHeader, checksum: Checksum): Uint8Array {
  assert(header.size % sectorBytes === 0, 'a segment is a whole number of sectors')
  const bytes = new Uint8Array(sectorBytes)
  const view = viewOf(bytes)
  bytes.set(magic)
  view.setUint32(8, formatVersion, true)
  view.setUint32(12, header.salt, true)
  setUint64(view, 16, header.number)
  setUint64(view, 24, header.size)
  view.setUint32(32, Number.parseInt(header.logId.slice(0, 8), 16), true)
  view.setUint32(36, Number.parseInt(header.logId.slice(8), 16), true)
  view.setUint32(sectorBytes - 4, checksum(bytes.subarray(0, sectorBytes - 4), 0), true)
  return bytes
}

/** Reads a segment and its header. `logId` is null where it is not known yet. */
export function readSegment(
  disk: Disk,
  number: number,
  logId: LogId | null,
  checksum: Checksum,
): Segment {
  const name = segmentName(number)
  let bytes: Uint8Array
  try {
    bytes = disk.read(name)
  } catch (error) {
    throw diskFailed(disk.path, 'read', name, null, error)
  }
  const view = viewOf(bytes)
  if (bytes.length < sectorBytes) throw corrupt(disk.path, name, 0, 'the file is cut short')
  const sum = checksum(bytes.subarray(0, sectorBytes - 4), 0)
  if (magic.some((byte, i) => bytes[i] !== byte) || view.getUint32(sectorBytes - 4, true) !== sum) {
    throw corrupt(disk.path, name, 0, 'the header is damaged')
  }
  requireFormat(disk.path, name, view.getUint32(8, true))
  const header = decodeHeader(view)
  if (header.number !== number) {
    throw corrupt(disk.path, name, 16, `the file was made as number ${header.number}`)
  }
  if (header.size !== bytes.length) {
    const at = Math.min(header.size, bytes.length)
    throw corrupt(disk.path, name, at, `${bytes.length} bytes long, made with ${header.size}`)
  }
  if (logId !== null && header.logId !== logId) {
    throw corrupt(disk.path, name, 32, `the file belongs to another log, ${header.logId}`)
  }
  return { name, header, bytes, view }
}

function decodeHeader(view: DataView): SegmentHeader {
  return {
    number: getUint64(view, 16),
    logId: hex32(view.getUint32(32, true)) + hex32(view.getUint32(36, true)),
    salt: view.getUint32(12, true),
    size: getUint64(view, 24),
  }
}

/** Refuses what a later version wrote. */
export function requireFormat(path: string, name: string, version: unknown): void {
  if (version === formatVersion) return
  throw new StorageError(
    'FORMAT_UNKNOWN',
    `${path}/${name} is of format ${String(version)}, and this version of kontiki knows only ` +
      `${formatVersion}; start it with the version that wrote it`,
    name,
  )
}

/** Eight hexadecimal digits. */
export function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

/** Where the first byte from `from` on that is not zero stands; the length where there is none. */
export function firstNonZero(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] === 0) at++
  return at
}

/**
 * The end of the last sector from `from` on with a byte that is not zero; `from` if there is none.
 */
export function endOfJunk(bytes: Uint8Array, from: number): number {
  let end = bytes.length
  while (end > from && bytes[end - 1] === 0) end--
  return end === from ? from : Math.ceil(end / sectorBytes) * sectorBytes
}
