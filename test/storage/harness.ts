/** Opening a small log on a fake disk, and driving a run of saves over it. */
import { crc32 } from 'node:zlib'
import type { Random } from '../../src/base/random.ts'
import type { Recovered } from '../../src/ports/index.ts'
import { type Identity, openSegmentedLog, type SegmentedLog } from '../../src/storage/index.ts'
import type { FakeDisk } from './fake-disk.ts'
import { type Run, text } from './model.ts'

export const identity: Identity = { serverId: 's1', servers: ['s1', 's2', 's3'] }

/** Small enough that a few saves fill a segment. */
export const smallSegmentBytes = 2048

export const checksum = (bytes: Uint8Array, previous: number): number => crc32(bytes, previous)

export function openLog(disk: FakeDisk, segmentBytes: number = smallSegmentBytes): SegmentedLog {
  const random = disk.random.fork('salts')
  return openSegmentedLog(disk, { identity, checksum, random, soon: disk.soon, segmentBytes })
}

/** How far a run came. */
export interface Progress {
  begun: number
  acknowledged: number
  error: Error | null
}

/** Saves one after the other, now and then only when the disk has become idle; then closes. */
export function drive(disk: FakeDisk, run: Run, order: Random, progress: Progress): void {
  const log = openLog(disk)
  log.recover()
  driveLog(log, disk, run, order, progress)
}

/** As {@link drive}, for a log that is open. */
export function driveLog(
  log: SegmentedLog,
  disk: FakeDisk,
  run: Run,
  order: Random,
  progress: Progress,
): void {
  const next = (): void => {
    const batches = run.saves[progress.begun]
    if (batches === undefined) return
    progress.begun++
    log.save(batches, (error) => {
      progress.error = error
      if (error !== null) return
      progress.acknowledged++
      if (order.chance(0.5)) next()
    })
  }
  while (progress.begun < run.saves.length && progress.error === null) {
    next()
    disk.run()
    // What had no room waits, and goes on when somebody looks whether there is some by now.
    for (let looks = 0; looks < 3 && progress.error === null; looks++) {
      if (progress.acknowledged === progress.begun) break
      log.space.recheck()
      disk.run()
    }
  }
  log.close()
  disk.run()
}

/** Opens, and gives what was recovered as a line of the model's kind. */
export function recoverText(disk: FakeDisk): string {
  return text(recoverState(disk))
}

export function recoverState(disk: FakeDisk): Recovered {
  const log = openLog(disk)
  const recovered = log.recover()
  log.close()
  disk.run()
  return recovered
}

/** Opens and gives what was recovered, without closing: as if the process were killed then. */
export function recoverAndDie(disk: FakeDisk): string {
  return text(openLog(disk).recover())
}
