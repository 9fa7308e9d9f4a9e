/** `cluster.json`: read as it was written, and refused where it is not whole or not of this log. */
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import {
  type ClusterRecord,
  isUnused,
  readClusterRecord,
  writeClusterRecord,
} from '../../src/storage/index.ts'
import { FakeDisk } from './fake-disk.ts'

const logId = '0123456789abcdef'
const name = 'cluster.json'
const founded: ClusterRecord = {
  clusterId: 'k',
  founders: [
    { id: 'a', address: 'host:1', incarnation: 7 },
    { id: 'b', address: '', incarnation: 2 ** 52 },
  ],
}
const joined: ClusterRecord = { clusterId: 'k', founders: null }

function written(record: ClusterRecord): FakeDisk {
  const disk = new FakeDisk()
  writeClusterRecord(disk, logId, record, crc32)
  return disk
}

function codeOf(disk: FakeDisk, id = logId): string {
  try {
    readClusterRecord(disk, id, crc32)
  } catch (error) {
    return (error as { code: string }).code
  }
  throw new Error('it was read')
}

describe('what a directory knows of its cluster', () => {
  test.each([founded, joined])('is read as it was written: %j', (record) => {
    const disk = written(record)
    expect(readClusterRecord(disk, logId, crc32)).toMatchObject(record)
    expect(isUnused(disk)).toBe(false)
  })

  test('may be nothing yet', () => {
    expect(readClusterRecord(new FakeDisk(), logId, crc32)).toBeNull()
    expect(isUnused(new FakeDisk())).toBe(true)
  })

  test('is lost where the log is another one', () => {
    expect(codeOf(written(founded), 'fedcba9876543210')).toBe('LOST')
  })

  test('is refused with any bit turned, or cut short', () => {
    const bytes = written(founded).read(name)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      const disk = new FakeDisk()
      disk.create(name, damaged, damaged.length)
      expect(codeOf(disk)).toBe('CORRUPT')
    }
    const disk = new FakeDisk()
    disk.create(name, bytes.subarray(0, -1), bytes.length - 1)
    expect(codeOf(disk)).toBe('CORRUPT')
  })

  test('is refused where it was changed by hand, checksum and all', () => {
    const text = utf8Decode(written(founded).read(name)) ?? ''
    for (const [from, to] of [
      ['"clusterId": "k"', '"clusterId": 7'],
      ['"incarnation": 7', '"incarnation": 0'],
      ['"id": "a"', '"id": null'],
      ['"founders": [', '"founders": "ab", "more": ['],
    ] as const) {
      expect(text).toContain(from)
      const changed = utf8Encode(text.replace(from, to))
      const disk = new FakeDisk()
      disk.create(name, changed, changed.length)
      expect(codeOf(disk)).toBe('CORRUPT')
    }
  })
})
