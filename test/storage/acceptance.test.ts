// The acceptance suite on what needs no machine: memory, and the segmented log on a fake disk.

import { MemoryStorage } from '../../src/storage/index.ts'
import { type StorageWorld, storageAcceptance } from '../ports/storage-acceptance.ts'
import { FakeDisk } from './fake-disk.ts'
import { openLog, smallSegmentBytes } from './harness.ts'

storageAcceptance('memory', () => {
  const storage = new MemoryStorage(setImmediate)
  return { open: () => storage, end: () => {} }
})

/** The fake disk moves by itself: each turn of the event loop ends what is under way. */
function fakeWorld(segmentBytes: number): StorageWorld {
  const disk = new FakeDisk()
  const pump = setInterval(() => disk.run(), 0)
  return { open: () => openLog(disk, segmentBytes), end: () => clearInterval(pump) }
}

storageAcceptance('segmented log, small segments', () => fakeWorld(smallSegmentBytes))
storageAcceptance('segmented log, large segments', () => fakeWorld(256 * 1024))
