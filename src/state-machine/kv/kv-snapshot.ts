/**
 * The key-value machine's part of a snapshot: first the format's version and the number of keys,
 * then chunks of entries in the order of their keys.
 */
import { ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { SnapshotError } from '../snapshot-frames.ts'
import type { KvEntry } from './key-value.ts'
import { OrderedMap } from './ordered-map.ts'
import { readKvEntry, writeKvEntry } from './result-encoding.ts'

const formatVersion = 1

/** About how many bytes make a chunk; an entry is never split. */
const chunkBytes = 64 * 1024

/** `entries` must not be changed until all chunks are taken: it is the caller's copy. */
export function* writeKvSnapshot(entries: OrderedMap<KvEntry>): Generator<Uint8Array> {
  yield new ByteWriter().number(formatVersion).number(entries.size).finish()
  let writer = new ByteWriter(chunkBytes)
  for (const [, entry] of entries.from('')) {
    writeKvEntry(writer, entry)
    if (writer.length < chunkBytes) continue
    yield writer.finish()
    writer = new ByteWriter(chunkBytes)
  }
  if (writer.length > 0) yield writer.finish()
}

/**
 * Throws SnapshotError for what {@link writeKvSnapshot} did not write. `copy`: of the key's value,
 * or the whole chunk would be kept for as long as one of its values.
 */
export function readKvSnapshot(
  chunks: Iterable<Uint8Array>,
  copy: (key: string, value: Uint8Array) => Uint8Array,
): OrderedMap<KvEntry> {
  const entries = new OrderedMap<KvEntry>()
  let count: number | null = null
  let lastKey = ''
  for (const chunk of chunks) {
    const reader = new ByteReader(chunk)
    if (count === null) {
      count = readCount(reader)
    } else {
      while (reader.remaining > 0) {
        const entry = readKvEntry(reader)
        if (reader.hasFailed || entry.key <= lastKey) throw damaged()
        entries.set(entry.key, { ...entry, value: copy(entry.key, entry.value) })
        lastKey = entry.key
      }
    }
    if (!reader.isComplete) throw damaged()
  }
  if (count !== entries.size) throw damaged()
  return entries
}

function readCount(reader: ByteReader): number {
  const version = reader.number()
  if (version === formatVersion) return reader.number()
  throw new SnapshotError(`version ${version} of the key-value snapshot is not known`)
}

function damaged(): SnapshotError {
  return new SnapshotError("the snapshot's keys are damaged")
}
