// Who may open a directory, and with what options.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { entry } from '../../src/raft/index.ts'
import {
  openSegmentedLog,
  type SegmentedLog,
  type SegmentedLogOptions,
  StorageError,
} from '../../src/storage/index.ts'
import { encodeHeader, readSegment } from '../../src/storage/segment.ts'
import { diskWith, FakeDisk } from './fake-disk.ts'
import { checksum, identity, openLog, recoverText } from './harness.ts'

function openWith(disk: FakeDisk, options: Partial<SegmentedLogOptions>): SegmentedLog {
  const random = new Random('opening')
  const common = { identity, checksum, random, soon: disk.soon, segmentBytes: 2048 }
  return openSegmentedLog(disk, { ...common, ...options })
}

function refusal(open: () => unknown): StorageError {
  try {
    open()
  } catch (error) {
    if (error instanceof StorageError) return error
    throw error
  }
  throw new Error('it was not refused')
}

function saveOne(disk: FakeDisk): void {
  const log = openLog(disk)
  log.recover()
  const entries = [entry(1, 1, 'noop', new Uint8Array(0))]
  log.save([{ currentTerm: 1, votedFor: 's1', truncateFrom: null, entries }], () => {})
  disk.run()
  log.close()
  disk.run()
}

describe('another identity is refused, and told what differs', () => {
  const disk = new FakeDisk()
  saveOne(disk)
  const { servers } = identity

  test('another server', () => {
    const error = refusal(() => openWith(disk, { identity: { serverId: 's2', servers } }))
    expect(error.code).toBe('IDENTITY_MISMATCH')
    expect(error.message).toMatch(/^the data directory \/fake belongs to server s1, not to s2; /)
  })

  test('another list of servers', () => {
    const changed = { serverId: 's1', servers: ['s1', 's3', 's4', 's5'] }
    const error = refusal(() => openWith(disk, { identity: changed }))
    expect(error.code).toBe('IDENTITY_MISMATCH')
    expect(error.message).toContain('the list no longer has s2, and the list now also has s4, s5;')
    const fewer = refusal(() =>
      openWith(disk, { identity: { serverId: 's1', servers: ['s1', 's2'] } }),
    )
    expect(fewer.message).toContain('the list no longer has s3;')
  })

  test('but the order of the list means nothing', () => {
    const reversed = { serverId: 's1', servers: [...servers].reverse() }
    expect(openWith(disk, { identity: reversed }).recover().currentTerm).toBe(1)
  })

  test('and nothing is changed by a refusal', () => {
    const before = disk.contents()
    refusal(() => openWith(disk, { identity: { serverId: 's2', servers } }))
    expect(disk.contents()).toEqual(before)
  })
})

describe('identity.json', () => {
  test('that was changed by hand is refused', () => {
    const disk = new FakeDisk()
    saveOne(disk)
    const files = disk.contents()
    const text = Buffer.from(files.get('identity.json') as Uint8Array).toString()
    for (const changed of [
      text.replace('s2', 's9'),
      `${text} `,
      '',
      '[]',
      'null',
      '{"format":1}',
    ]) {
      files.set('identity.json', Buffer.from(changed))
      const error = refusal(() => openLog(diskWith(files)))
      expect(error).toMatchObject({ code: 'CORRUPT', file: 'identity.json', offset: 0 })
    }
  })

  test('that is missing is made again only where no save can have happened', () => {
    const fresh = new FakeDisk()
    openLog(fresh)
    const files = fresh.contents()
    files.delete('identity.json')
    expect(recoverText(diskWith(files))).toBe('term 0 vote null log []')
    const used = new FakeDisk()
    saveOne(used)
    const usedFiles = used.contents()
    for (const name of ['identity.json', 'segment-0000000002.log']) {
      expect(usedFiles.delete(name)).toBe(true)
      const error = refusal(() => openLog(diskWith(usedFiles)))
      expect(error).toMatchObject({ code: 'CORRUPT', file: 'identity.json' })
    }
  })
})

test('a segment of a later format is refused by name', () => {
  const disk = new FakeDisk()
  saveOne(disk)
  const files = disk.contents()
  const name = 'segment-0000000001.log'
  const bytes = files.get(name) as Uint8Array
  new DataView(bytes.buffer).setUint32(8, 2, true)
  new DataView(bytes.buffer).setUint32(508, checksum(bytes.subarray(0, 508), 0), true)
  const error = refusal(() => openLog(diskWith(files)))
  expect(error.code).toBe('FORMAT_UNKNOWN')
  expect(error.message).toContain(`/fake/${name} is of format 2, and this version of kontiki`)
})

test('segmentBytes is checked', () => {
  for (const segmentBytes of [0, 1024, 2049, 2048.5, Number.NaN, -2048]) {
    const error = refusal(() => openWith(new FakeDisk(), { segmentBytes }))
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.message).toMatch(/^segmentBytes must be a multiple of 512 from 2048 up; it is /)
  }
})

test('the segment size may change from one opening to the next', () => {
  const disk = new FakeDisk()
  saveOne(disk)
  const log = openWith(disk, { segmentBytes: 8192 })
  log.recover()
  for (let index = 2; index < 40; index++) {
    const entries = [entry(index, 1, 'command', new Uint8Array(300))]
    log.save([{ currentTerm: 1, votedFor: 's1', truncateFrom: null, entries }], () => {})
    disk.run()
  }
  const sizes = [...disk.contents()]
    .filter(([name]) => name.startsWith('segment'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, bytes]) => bytes.length)
  expect(sizes.slice(0, 2)).toEqual([2048, 2048])
  expect(new Set(sizes.slice(2))).toEqual(new Set([8192]))
  expect(openWith(disk.afterKill(), { segmentBytes: 2048 }).recover().entries).toHaveLength(39)
})

test('a header says what it was made of', () => {
  const header = { number: 7, logId: '00c0ffee12345678', salt: 0xfedcba98, size: 4096 }
  const bytes = new Uint8Array(4096)
  bytes.set(encodeHeader(header, checksum))
  const disk = diskWith(new Map([['segment-0000000007.log', bytes]]))
  expect(readSegment(disk, 7, header.logId, checksum).header).toEqual(header)
})
