// A disk without space: what does not fit is neither failed nor acknowledged, the reserve is given
// up for it, and all goes on by itself once there is space.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { SaveBatch } from '../../src/ports/index.ts'
import type { SegmentedLog } from '../../src/storage/index.ts'
import { FakeDisk, systemError } from './fake-disk.ts'
import { batch, open, Saving, SmallDisk, segmentBytes } from './small-disk.ts'

const vote: Omit<SaveBatch, 'currentTerm'> = { votedFor: 's2', truncateFrom: null, entries: [] }

/** Entries of ten bytes, one a save, until one waits; returns it and the last that did not. */
function fill(log: SegmentedLog, disk: FakeDisk, from = 1): { waiting: Saving; last: number } {
  for (let index = from; ; index++) {
    const saving = new Saving(log, disk, batch(index))
    if (saving.result === undefined) return { waiting: saving, last: index - 1 }
    expect(saving.result).toBe(null)
  }
}

const lastOf = (log: SegmentedLog): number => log.recover().entries.at(-1)?.index ?? 0

describe('no space for another segment', () => {
  test('is known while the present one is nearly empty, and told', () => {
    const disk = new SmallDisk()
    const log = open(disk)
    log.recover()
    const told: boolean[] = []
    log.space.watch(() => told.push(log.space.isFull))
    disk.isFull = true
    expect(new Saving(log, disk, batch(1)).result).toBe(null)
    expect(told).toEqual([true])
    expect(log.space.roomBytes).toBeGreaterThanOrEqual(segmentBytes / 4)
    expect(log.space.roomBytes).toBeLessThan(segmentBytes)
    expect(disk.freed).toBe(0)
  })

  test('a save that does not fit takes the reserve, and the next one of the kind waits', () => {
    const disk = new SmallDisk()
    const log = open(disk)
    log.recover()
    disk.isFull = true
    const { waiting, last } = fill(log, disk)
    expect(disk.freed).toBe(0)
    // Two segments' worth: the first, and the one made of the reserve.
    expect(last).toBeGreaterThan(10)
    disk.run()
    expect(waiting.result).toBeUndefined()
    // Killed while it waits: what was acknowledged is there.
    expect(lastOf(open(disk.afterKill()))).toBe(last)
    log.space.recheck()
    disk.run()
    expect(waiting.result).toBeUndefined()
    disk.isFull = false
    log.space.recheck()
    disk.run()
    expect(waiting.result).toBe(null)
    expect(lastOf(open(disk.afterKill()))).toBe(last + 1)
  })

  test('it is over only when both the next segment and the reserve are there again', () => {
    const disk = new SmallDisk()
    const log = open(disk)
    log.recover()
    disk.isFull = true
    fill(log, disk)
    disk.freed = 1
    log.space.recheck()
    disk.run()
    // The save has gone on, with the room that there was.
    expect(log.space.isFull).toBe(true)
    disk.freed = 1
    log.space.recheck()
    disk.run()
    expect(log.space.isFull).toBe(true)
    expect(disk.list()).not.toContain('reserve')
    const told: boolean[] = []
    log.space.watch(() => told.push(log.space.isFull))
    disk.isFull = false
    log.space.recheck()
    disk.run()
    expect(log.space.isFull).toBe(false)
    expect(told).toEqual([false])
    expect(disk.list()).toContain('reserve')
  })

  test('terms and votes are saved in what is left for them, thousands of times by default', () => {
    const disk = new SmallDisk()
    const log = open(disk, 0)
    log.recover()
    disk.isFull = true
    let index = 1
    while (index === 1 || log.space.roomBytes > 0) {
      expect(new Saving(log, disk, batch(index++)).result).toBe(null)
    }
    expect(new Saving(log, disk, { ...vote, currentTerm: 2 }).result).toBe(null)
    const recovered = open(disk.afterKill(), 0).recover()
    expect(recovered).toMatchObject({ currentTerm: 2, votedFor: 's2' })
  })

  test('a log that is closed while a save waits says so to it, and can be opened again', () => {
    const disk = new SmallDisk()
    const log = open(disk)
    log.recover()
    disk.isFull = true
    const { waiting, last } = fill(log, disk)
    let isClosed = false
    log.close(() => {
      isClosed = true
    })
    disk.run()
    expect(waiting.result).toMatchObject({ code: 'FULL' })
    expect(isClosed).toBe(true)
    expect(lastOf(open(disk))).toBe(last)
  })
})

describe('a write that finds no space', () => {
  /** Every durable write to a segment fails while the disk is full, a part of it done. */
  function onWrites(isMet: () => boolean): SmallDisk {
    const disk = new SmallDisk()
    const { fate } = disk
    disk.fate = (step) => {
      fate(step)
      const isWrite = step.what === 'write' && step.name.startsWith('segment')
      if (isWrite && disk.isFull && isMet()) throw systemError('ENOSPC')
    }
    return disk
  }

  test('is done again, the same at the same place, with the room of the reserve', () => {
    const disk = onWrites(() => disk.freed === 0)
    const log = open(disk)
    log.recover()
    expect(new Saving(log, disk, batch(1)).result).toBe(null)
    disk.isFull = true
    expect(new Saving(log, disk, batch(2, 1500)).result).toBe(null)
    expect(log.space.isFull).toBe(true)
    expect(lastOf(open(disk.afterKill()))).toBe(2)
  })

  test('what it left is cut where the process ends before it could be done again', () => {
    const disk = onWrites(() => true)
    const log = open(disk, 0)
    log.recover()
    expect(new Saving(log, disk, batch(1)).result).toBe(null)
    disk.isFull = true
    const waiting = new Saving(log, disk, batch(2, 1500))
    log.space.recheck()
    disk.run()
    expect(waiting.result).toBeUndefined()
    for (let seed = 0; seed < 20; seed++) {
      expect(lastOf(open(disk.afterPowerLoss(new Random(seed)), 0))).toBe(1)
    }
    disk.isFull = false
    log.space.recheck()
    disk.run()
    expect(waiting.result).toBe(null)
    expect(lastOf(open(disk.afterPowerLoss(new Random(0)), 0))).toBe(2)
  })

  test('a seal without room is left out', () => {
    const disk = onWrites(() => true)
    const log = open(disk, 0)
    log.recover()
    let result: Error | null | undefined
    log.save([batch(1)], (error) => {
      result = error
      disk.isFull = true
    })
    disk.run()
    disk.isFull = false
    expect(result).toBe(null)
    expect(new Saving(log, disk, batch(2)).result).toBe(null)
    expect(lastOf(open(disk.afterKill(), 0))).toBe(2)
  })
})

describe('at a start', () => {
  test('the reserve is really written, once, and given its size', () => {
    const disk = new SmallDisk()
    open(disk, 4096).close()
    disk.run()
    expect(disk.openToRead('reserve').size).toBe(4096)
    open(disk, 8192).close()
    disk.run()
    expect(disk.openToRead('reserve').size).toBe(8192)
    open(disk, 0).close()
    disk.run()
    expect(disk.list()).not.toContain('reserve')
  })

  test('on a full disk the log is opened, is full, and keeps what it had', () => {
    const disk = new SmallDisk()
    const log = open(disk)
    log.recover()
    new Saving(log, disk, batch(1))
    disk.isFull = true
    fill(log, disk, 2)
    log.close()
    disk.run()
    const again = open(disk)
    expect(again.space.isFull).toBe(true)
    expect(lastOf(again)).toBeGreaterThan(10)
    disk.isFull = false
    again.space.recheck()
    disk.run()
    expect(again.space.isFull).toBe(false)
  })

  test('a size that cannot be is refused', () => {
    expect(() => open(new FakeDisk(), -1)).toThrow('reserveBytes must be a number from 0 up')
  })
})
