// Snapshots on a disk without space: the reserve's room is theirs, and what has none is told of.
import { describe, expect, test } from 'vitest'
import { systemError } from './fake-disk.ts'
import { batch, open, Saving, SmallDisk } from './small-disk.ts'

describe('a snapshot on a full disk', () => {
  const point = { lastIndex: 1, lastTerm: 1, configuration: Uint8Array.of() }

  test('is given the room of the reserve', () => {
    const disk = new SmallDisk()
    const log = open(disk)
    log.recover()
    disk.isFull = true
    new Saving(log, disk, batch(1))
    expect(log.space.isFull).toBe(true)
    disk.freed = 1
    log.snapshots.begin('own', point).abandon()
    disk.run()
    expect(disk.list()).not.toContain('reserve')
    expect(disk.list().filter((name) => name.startsWith('snapshot'))).toEqual([])
  })

  test('and while it is being taken nobody looks for space, which it needs itself', () => {
    const disk = new SmallDisk()
    const log = open(disk)
    log.recover()
    disk.isFull = true
    new Saving(log, disk, batch(1))
    disk.freed = 1
    const writer = log.snapshots.begin('own', point)
    disk.run()
    const { refusals } = disk
    log.space.recheck()
    disk.run()
    expect(disk.refusals).toBe(refusals)
    writer.abandon()
    disk.freed = 0
    log.space.recheck()
    disk.run()
    expect(disk.refusals).toBe(refusals + 1)
  })

  test('one that a leader sends, and that has no room, is told of; one of its own is not', () => {
    for (const purpose of ['own', 'received'] as const) {
      const disk = new SmallDisk()
      const log = open(disk)
      log.recover()
      const writer = log.snapshots.begin(purpose, point)
      const { fate } = disk
      disk.fate = (step) => {
        fate(step)
        if (step.name.startsWith('snapshot')) throw systemError('ENOSPC')
      }
      let failed: Error | null = null
      writer.append(new Uint8Array(70_000), (error) => {
        failed = error
      })
      disk.run()
      expect(failed).toMatchObject({ code: 'FULL' })
      expect(log.space.isFull).toBe(purpose === 'received')
    }
  })
})
