// The log beside a snapshot: which segments go, what of them is read back, and what is missed.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { SaveBatch } from '../../src/ports/index.ts'
import { entry } from '../../src/raft/index.ts'
import { diskWith, FakeDisk } from './fake-disk.ts'
import { openLog } from './harness.ts'
import {
  batch,
  contentAt,
  diskWithSnapshot,
  entries,
  finished,
  point,
  takeOwnAt,
  wait,
} from './snapshot-harness.ts'

describe('the log beside it', () => {
  test('loses the segments that it covers, and keeps the others', () => {
    const disk = diskWithSnapshot(60, 40, contentAt(1, 1))
    const segments = disk.list().filter((name) => name.endsWith('.log'))
    expect(segments).not.toContain('segment-0000000001.log')
    const log = openLog(disk)
    const recovered = log.recover()
    expect(recovered.entries.map(({ index }) => index)).toEqual(
      Array.from({ length: 20 }, (_, i) => 41 + i),
    )
  })

  test('stays within a bound, however long it goes on', () => {
    const disk = new FakeDisk(new Random('bound'))
    const log = openLog(disk)
    log.recover()
    let bytesMax = 0
    for (let index = 1; index <= 300; index++) {
      const one = entry(index, 1, 'command', new Uint8Array(100))
      wait(disk, (done) => log.save([{ ...batch, entries: [one] }], done))
      if (index % 10 === 0) {
        const writer = log.snapshots.begin('own', point(index))
        finished(disk, writer, contentAt(0, 0).subarray(0, 50), 50)
        wait(disk, (done) => writer.publish(done))
        log.snapshots.discardPrefix(index)
        disk.run()
      }
      let bytes = 0
      for (const content of disk.contents().values()) bytes += content.length
      bytesMax = Math.max(bytesMax, bytes)
    }
    // Ten entries of two sectors in segments of four: five, the one in use and the next, and more.
    expect(bytesMax).toBeLessThan(12 * 2048)
  })

  test('that begins after what no snapshot covers has lost something', () => {
    const disk = diskWithSnapshot(60, 40, contentAt(1, 1))
    const files = disk.contents()
    files.delete('snapshot-0000000000000040.snap')
    expect(() => openLog(diskWith(files))).toThrow(expect.objectContaining({ code: 'LOST' }))
  })

  test('may have been cut where segments that are gone held it', () => {
    const disk = new FakeDisk(new Random('cut'))
    const log = openLog(disk)
    log.recover()
    const save = (given: Partial<SaveBatch>): void =>
      wait(disk, (done) => log.save([{ ...batch, entries: [], ...given }], done))
    for (const one of entries(5, 400)) save({ entries: [one] })
    const others = [2, 3, 4, 5, 6].map((i) => entry(i, 2, 'command', new Uint8Array(10)))
    save({ currentTerm: 2, truncateFrom: 2, entries: others })
    const segments = disk.list().filter((name) => name.endsWith('.log'))
    takeOwnAt(disk, log, point(6, 2))
    // The one in which entries 2 to 5 had stood first is gone, and the cut is still there.
    expect(disk.list()).not.toContain(segments.sort()[0])
    log.close()
    disk.run()
    const again = openLog(disk)
    expect(again.recover()).toMatchObject({ entries: [], snapshot: { lastIndex: 6 } })
    const seventh = entry(7, 2, 'command', new Uint8Array(10))
    wait(disk, (done) => again.save([{ ...batch, currentTerm: 2, entries: [seventh] }], done))
    again.close()
    disk.run()
    expect(openLog(disk).recover().entries).toEqual([seventh])
  })

  test('may be replaced by a snapshot that ends before it did', () => {
    const disk = new FakeDisk(new Random('shorter'))
    const log = openLog(disk)
    log.recover()
    for (const one of entries(12, 400)) {
      wait(disk, (done) => log.save([{ ...batch, entries: [one] }], done))
    }
    const received = { ...point(9, 2) }
    const writer = log.snapshots.begin('received', received)
    finished(disk, writer, contentAt(9, 1), 30_000)
    const { size, checksum: whole } = writer
    const snapshot = { ...received, size, checksum: whole }
    const replacing = { ...batch, currentTerm: 2, entries: [], snapshot }
    wait(disk, (done) => log.save([replacing], done))
    disk.run()
    log.close()
    disk.run()
    const again = openLog(disk).recover()
    expect(again).toMatchObject({ entries: [], snapshot: { lastIndex: 9, lastTerm: 2 } })
  })

  test('with a segment missing behind the oldest has lost something', () => {
    const disk = diskWithSnapshot(60, 20, contentAt(1, 1))
    const files = disk.contents()
    const segments = [...files.keys()].filter((name) => name.endsWith('.log')).sort()
    files.delete(segments[1] as string)
    expect(() => openLog(diskWith(files))).toThrow(expect.objectContaining({ code: 'LOST' }))
  })
})
