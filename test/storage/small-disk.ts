/** A disk that has no room for new files while a test says so, and a log on it. */
import { crc32 } from '../../src/base/crc32.ts'
import { Random } from '../../src/base/random.ts'
import type { SaveBatch } from '../../src/ports/index.ts'
import { entry } from '../../src/raft/index.ts'
import { openSegmentedLog, type SegmentedLog } from '../../src/storage/index.ts'
import { FakeDisk, type Step, systemError } from './fake-disk.ts'

/** Nothing can be made on it while it is full; the reserve's room is for one file. */
export class SmallDisk extends FakeDisk {
  isFull = false
  /** Files that may still be made, having been given up. */
  freed = 0
  refusals = 0

  constructor() {
    super(new Random(1))
    this.fate = (step) => this.#step(step)
  }

  #step({ what, name }: Step): void {
    if (what === 'remove' && name === 'reserve') this.freed += 1
    if (what !== 'create' || !this.isFull) return
    if (this.freed > 0) this.freed -= 1
    else this.#refuse()
  }

  #refuse(): never {
    this.refusals += 1
    throw systemError('ENOSPC')
  }
}

export const segmentBytes = 8 * 512

export function open(disk: FakeDisk, reserveBytes = 4096): SegmentedLog {
  return openSegmentedLog(disk, {
    identity: { serverId: 's1', servers: ['s1'] },
    checksum: crc32,
    random: new Random(disk.steps),
    soon: disk.soon,
    segmentBytes,
    reserveBytes,
  })
}

export function batch(index: number, bytes = 10): SaveBatch {
  const command = new Uint8Array(bytes).fill(1)
  const entries = [entry(index, 1, 'command', command)]
  return { currentTerm: 1, votedFor: null, truncateFrom: null, entries }
}

/** What `done` says; undefined while it was not called. */
export class Saving {
  result: Error | null | undefined

  constructor(log: SegmentedLog, disk: FakeDisk, ...batches: SaveBatch[]) {
    log.save(batches, (error) => {
      this.result = error
    })
    disk.run()
  }
}
