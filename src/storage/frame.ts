/**
 * A frame: what one save writes, and what a crash keeps whole or loses whole. It starts on a sector
 * with a mark of 32 bytes and fills its last sector with zeros. Seals are frames without records:
 * they say that what stands before them had become durable. Layout in docs/storage-format.md.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { RecordBuffer } from './record.ts'
import { getUint64, setUint64, viewOf } from './uint64.ts'

/**
 * What is written starts and ends here, so that no write touches a sector that was acknowledged.
 */
export const sectorBytes = 512

/** The mark in front of the records. */
export const markBytes = 32

/**
 * The most that one save may take. A segment holds at least one frame and is read in one piece,
 * and Node reads at most 2 GiB at once. A larger save is refused as `TOO_LARGE`.
 */
export const frameBytesMax: number = 1024 * 1024 * 1024

/** "KTKM", little-endian. */
const magic = 0x4d4b_544b

/**
 * `frame`: records, whose sequence number is one more than the frame's before. `seal`: nothing yet
 * follows; all frames below its number are durable. `continued`: the frame of its number is durable
 * in the next segment.
 */
export type MarkKind = 'frame' | 'seal' | 'continued'

export interface Mark {
  readonly kind: MarkKind
  readonly sequence: number
  /** Bytes of records; 0 for seals. */
  readonly length: number
  /** Of everything from the mark's end to the end of the frame's last sector. */
  readonly contentChecksum: number
}

/** How much of the file a frame with so many bytes of records takes. */
export function frameExtent(length: number): number {
  return Math.ceil((markBytes + length) / sectorBytes) * sectorBytes
}

/**
 * The pieces of a frame, ready to be written one after the other: the records of `first`, where
 * there are any, then those of `body`. Both have room for the mark in front. The bytes belong to
 * the buffers: they may be used again once the write is over.
 */
export function encodeFrame(
  first: RecordBuffer | null,
  body: RecordBuffer,
  sequence: number,
  salt: number,
  checksum: Checksum,
): Uint8Array[] {
  assert(body.reserved === markBytes, 'there is room for the mark')
  const bodyBytes = body.length - markBytes
  const length = (first === null ? 0 : first.length - markBytes) + bodyBytes
  const padding = frameExtent(length) - markBytes - length
  body.ensure(padding)
  body.bytes.fill(0, body.length, body.length + padding)
  const end = body.length + padding
  const content = body.bytes.subarray(markBytes, end)
  if (first === null) {
    putMark(body.bytes, 'frame', sequence, length, checksum(content, salt), salt, checksum)
    return [body.bytes.subarray(0, end)]
  }
  const head = first.bytes.subarray(0, first.length)
  const sum = checksum(content, checksum(head.subarray(markBytes), salt))
  putMark(head, 'frame', sequence, length, sum, salt, checksum)
  return [head, content]
}

/** One sector that says: the frames below `sequence` (and that one, if `continued`) are durable. */
export function encodeSeal(
  kind: 'seal' | 'continued',
  sequence: number,
  salt: number,
  checksum: Checksum,
): Uint8Array {
  const bytes = new Uint8Array(sectorBytes)
  const sum = checksum(bytes.subarray(markBytes), salt)
  putMark(bytes, kind, sequence, 0, sum, salt, checksum)
  return bytes
}

function putMark(
  bytes: Uint8Array,
  kind: MarkKind,
  sequence: number,
  length: number,
  contentChecksum: number,
  salt: number,
  checksum: Checksum,
): void {
  const view = viewOf(bytes)
  view.setUint32(0, magic, true)
  view.setUint32(4, kindCodes.indexOf(kind) + 1, true)
  setUint64(view, 8, sequence)
  view.setUint32(16, length, true)
  view.setUint32(20, contentChecksum, true)
  view.setUint32(24, 0, true)
  view.setUint32(28, checksum(bytes.subarray(0, 28), salt), true)
}

const kindCodes: readonly MarkKind[] = ['frame', 'seal', 'continued']

/** The mark at `position`, if one of this segment stands there whole. */
export function readMark(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  salt: number,
  checksum: Checksum,
): Mark | null {
  if (position + sectorBytes > bytes.length) return null
  if (view.getUint32(position, true) !== magic) return null
  const sum = checksum(bytes.subarray(position, position + 28), salt)
  if (view.getUint32(position + 28, true) !== sum) return null
  const kind = kindCodes[view.getUint32(position + 4, true) - 1]
  if (kind === undefined) return null
  return {
    kind,
    sequence: getUint64(view, position + 8),
    length: view.getUint32(position + 16, true),
    contentChecksum: view.getUint32(position + 20, true),
  }
}

/** True where what belongs to the mark at `position` is there, and as it was written. */
export function contentHolds(
  bytes: Uint8Array,
  position: number,
  mark: Mark,
  salt: number,
  checksum: Checksum,
): boolean {
  const end = position + frameExtent(mark.length)
  if (end > bytes.length) return false
  return checksum(bytes.subarray(position + markBytes, end), salt) === mark.contentChecksum
}
