/**
 * A snapshot's file: a header of one sector, the configuration, and the content in blocks, each
 * followed by the checksum of the content so far. So every block is checked by itself, in its
 * place, and the last checksum is that of the whole. Layout in docs/storage-format.md.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { ReadFile } from '../ports/index.ts'
import { type Snapshot, snapshot } from '../raft/index.ts'
import { corrupt } from './errors.ts'
import { sectorBytes } from './frame.ts'
import { formatVersion, hex32, type LogId, requireFormat } from './segment.ts'
import { getUint64, setUint64, viewOf } from './uint64.ts'

/** Content between two checksums: what is read at least, to read anything. */
export const blockBytes: number = 64 * 1024

/** Behind each block. */
export const blockChecksumBytes = 4

/** "KONTISNP". */
const magic: readonly number[] = [0x4b, 0x4f, 0x4e, 0x54, 0x49, 0x53, 0x4e, 0x50]

export function snapshotName(lastIndex: number): string {
  return `snapshot-${String(lastIndex).padStart(16, '0')}.snap`
}

/** The last indexes of the snapshots among these names, the latest first. */
export function snapshotIndexes(names: readonly string[]): number[] {
  return names
    .map((name) => /^snapshot-(\d{16})\.snap$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => b - a)
}

/** Where block `number` of the content begins. */
export function blockPosition(configurationBytes: number, number: number): number {
  return sectorBytes + configurationBytes + number * (blockBytes + blockChecksumBytes)
}

/** How long the file is. */
export function fileSize(configurationBytes: number, size: number): number {
  const blocks = Math.ceil(size / blockBytes)
  return sectorBytes + configurationBytes + size + blocks * blockChecksumBytes
}

export function encodeSnapshotHeader(
  { lastIndex, lastTerm, configuration, size, checksum: contentChecksum }: Snapshot,
  logId: LogId,
  checksum: Checksum,
): Uint8Array {
  const bytes = new Uint8Array(sectorBytes)
  const view = viewOf(bytes)
  bytes.set(magic)
  view.setUint32(8, formatVersion, true)
  view.setUint32(12, blockBytes, true)
  setUint64(view, 16, lastIndex)
  setUint64(view, 24, lastTerm)
  view.setUint32(32, Number.parseInt(logId.slice(0, 8), 16), true)
  view.setUint32(36, Number.parseInt(logId.slice(8), 16), true)
  setUint64(view, 40, size)
  view.setUint32(48, contentChecksum, true)
  view.setUint32(52, configuration.length, true)
  view.setUint32(56, checksum(configuration, 0), true)
  view.setUint32(sectorBytes - 4, checksum(bytes.subarray(0, sectorBytes - 4), 0), true)
  return bytes
}

/** What the file says that it holds. Throws where the header or the file's length is damaged. */
export function readSnapshotHeader(
  path: string,
  name: string,
  file: ReadFile,
  logId: LogId,
  checksum: Checksum,
): Snapshot {
  const damaged = (at: number, what: string): Error => corrupt(path, name, at, what)
  if (file.size < sectorBytes) throw damaged(0, 'the file is cut short')
  const bytes = file.readNow(0, sectorBytes)
  const view = viewOf(bytes)
  const sum = checksum(bytes.subarray(0, sectorBytes - 4), 0)
  if (magic.some((byte, i) => bytes[i] !== byte) || view.getUint32(sectorBytes - 4, true) !== sum) {
    throw damaged(0, 'the header is damaged')
  }
  requireFormat(path, name, view.getUint32(8, true))
  if (view.getUint32(12, true) !== blockBytes) throw damaged(12, 'blocks of another size')
  const owner = hex32(view.getUint32(32, true)) + hex32(view.getUint32(36, true))
  if (owner !== logId) throw damaged(32, `the file belongs to another log, ${owner}`)
  const lastIndex = getUint64(view, 16)
  if (snapshotName(lastIndex) !== name) throw damaged(16, `the file was made for ${lastIndex}`)
  const size = getUint64(view, 40)
  const configurationBytes = view.getUint32(52, true)
  const expected = fileSize(configurationBytes, size)
  if (file.size !== expected) {
    throw damaged(Math.min(file.size, expected), `${file.size} bytes long, made with ${expected}`)
  }
  const configuration = file.readNow(sectorBytes, configurationBytes)
  if (checksum(configuration, 0) !== view.getUint32(56, true)) {
    throw damaged(sectorBytes, 'the configuration is damaged')
  }
  return snapshot(lastIndex, getUint64(view, 24), configuration, size, view.getUint32(48, true))
}

/** The blocks that hold `length` bytes from `offset` on: the first, and the one after the last. */
export function blocksOf(offset: number, length: number): { from: number; to: number } {
  assert(length > 0, 'no block holds nothing')
  return { from: Math.floor(offset / blockBytes), to: Math.ceil((offset + length) / blockBytes) }
}
