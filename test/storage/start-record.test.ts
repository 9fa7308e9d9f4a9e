/** `starts.json`: counted up at each opening, durably, and refused where it is not whole. */
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { countStart, isUnused, readStartRecord, StorageError } from '../../src/storage/index.ts'
import { endsIn, FakeDisk, WorldEnd } from './fake-disk.ts'

const logId = '0123456789abcdef'
const name = 'starts.json'

describe('the starts of a directory', () => {
  test('are counted, each with the number that was drawn for it', () => {
    const disk = new FakeDisk()
    expect(readStartRecord(disk, logId, crc32)).toBeNull()
    expect(countStart(disk, logId, 7, crc32)).toEqual({ start: 1, startId: 7 })
    expect(countStart(disk, logId, 0xffff_ffff, crc32)).toEqual({ start: 2, startId: 0xffff_ffff })
    expect(countStart(disk, logId, 0, crc32)).toEqual({ start: 3, startId: 1 })
    expect(readStartRecord(disk, logId, crc32)).toEqual({ start: 3, startId: 1 })
    expect(isUnused(disk)).toBe(false)
  })

  test('are counted durably, or not at all, wherever the power fails', () => {
    for (let step = 1; ; step++) {
      const disk = new FakeDisk()
      countStart(disk, logId, 7, crc32)
      const first = disk.steps
      disk.fate = ({ number }) => {
        if (number === first + step) throw new WorldEnd()
      }
      const ended = endsIn(() => countStart(disk, logId, 8, crc32))
      disk.fate = () => {}
      const after = readStartRecord(disk.afterPowerLoss(new Random(step)), logId, crc32)
      if (!ended) {
        expect(after).toEqual({ start: 2, startId: 8 })
        return
      }
      expect([7, 8]).toContain(after?.startId)
    }
  })

  test('go on on a full disk, where the file takes no more room than it has', () => {
    const disk = new FakeDisk()
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const fill = (): void => {
      disk.fate = ({ what }) => {
        if (what === 'create') throw full
      }
    }
    fill()
    expect(() => countStart(disk, logId, 7, crc32)).toThrow(/make room on the disk/)
    disk.fate = () => {}
    countStart(disk, logId, 7, crc32)
    fill()
    expect(countStart(disk, logId, 8, crc32)).toEqual({ start: 2, startId: 8 })
    expect(readStartRecord(disk, logId, crc32)).toEqual({ start: 2, startId: 8 })
  })

  test('of another log, or with any bit turned, are damage', () => {
    const disk = new FakeDisk()
    countStart(disk, logId, 7, crc32)
    expect(() => readStartRecord(disk, 'fedcba9876543210', crc32)).toThrow(/another log/)
    const bytes = disk.read(name)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      const other = new FakeDisk()
      other.create(name, damaged, damaged.length)
      expect(() => countStart(other, logId, 8, crc32)).toThrow(StorageError)
    }
  })
})
