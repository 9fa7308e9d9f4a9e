/**
 * Snapshots as a test names them, their chunks and answers, and a driver that reads and stores
 * chunks when the test says so.
 */
import {
  configuration,
  encodeConfiguration,
  type InstallSnapshotRequest,
  type InstallSnapshotResponse,
  installSnapshotRequest,
  installSnapshotResponse,
  type Snapshot,
  snapshot,
} from '../../src/raft/index.ts'
import type { Bench } from './harness.ts'

const three = encodeConfiguration(configuration(['s1', 's2', 's3']))

/** A snapshot that ends with this entry; its bytes are all zero. */
export function taken(lastIndex: number, lastTerm: number, size = 10, checksum = 1): Snapshot {
  return snapshot(lastIndex, lastTerm, three, size, checksum)
}

/** A chunk of it, from s2 to s1. */
export function chunk(
  of: Snapshot,
  offset: number,
  length: number,
  requestId: number,
  term = 2,
): InstallSnapshotRequest {
  const data = new Uint8Array(length)
  return installSnapshotRequest('s2', 's1', term, of, offset, data, 0, requestId)
}

export function answer(
  request: InstallSnapshotRequest,
  bytesStored: number,
  matchIndex = 0,
): InstallSnapshotResponse {
  return installSnapshotResponse(request, request.term, bytesStored, matchIndex)
}

/** The driver reads what it was asked for. */
export function read(bench: Bench): void {
  for (const effect of bench.chunks.splice(0)) {
    if (effect.kind !== 'readChunk') continue
    const { peer, offset, bytesMax } = effect
    const data = new Uint8Array(Math.min(bytesMax, effect.snapshot.size - offset))
    bench.step({ kind: 'chunkRead', peer, snapshot: effect.snapshot, offset, data, checksum: 0 })
  }
}

/** The driver stores what it was given, or refuses it. */
export function store(bench: Bench, isFine = true): void {
  for (const effect of bench.chunks.splice(0)) {
    if (effect.kind !== 'storeChunk') continue
    const bytesStored = effect.offset + (isFine ? effect.data.length : 0)
    const isWhole = isFine && bytesStored === effect.snapshot.size
    bench.step({ kind: 'chunkStored', snapshot: effect.snapshot, bytesStored, isWhole })
  }
}
