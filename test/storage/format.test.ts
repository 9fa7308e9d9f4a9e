// The files byte by byte, as docs/storage-format.md has them: what is on people's disks must stay
// readable.
import { describe, expect, test } from 'vitest'
import { crc32 as plainCrc32 } from '../../src/base/crc32.ts'
import { Random } from '../../src/base/random.ts'
import { entry } from '../../src/raft/index.ts'
import { openSegmentedLog } from '../../src/storage/index.ts'
import { diskWith, FakeDisk } from './fake-disk.ts'
import { checksum, openLog, recoverText } from './harness.ts'

/** A directory with one save, made with a fixed seed, and then closed. */
function exampleDirectory(): Map<string, Uint8Array> {
  const disk = new FakeDisk()
  const log = openSegmentedLog(disk, {
    identity: { serverId: 'host:5001', servers: ['host:5003', 'host:5001', 'host:5002'] },
    checksum,
    random: new Random('format'),
    soon: disk.soon,
    segmentBytes: 2048,
  })
  log.recover()
  const entries = [
    entry(1, 2, 'noop', new Uint8Array(0)),
    entry(2, 2, 'command', Buffer.from('x = 1')),
  ]
  log.save([{ currentTerm: 2, votedFor: 'host:5001', truncateFrom: null, entries }], () => {})
  disk.run()
  log.save([{ currentTerm: 3, votedFor: null, truncateFrom: 2, entries: [] }], () => {})
  disk.run()
  log.close()
  disk.run()
  return disk.contents()
}

const files = exampleDirectory()

function hex(name: string, from: number, to: number): string {
  return Buffer.from((files.get(name) as Uint8Array).subarray(from, to)).toString('hex')
}

function zeros(bytes: number): string {
  return '00'.repeat(bytes)
}

const first = 'segment-0000000001.log'

/** The checksum as eight digits in the order of the file. */
function sum(bytes: string, start: number): string {
  return uint32(plainCrc32(Buffer.from(bytes, 'hex'), start))
}

function uint32(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes.toString('hex')
}

function uint64(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes.toString('hex')
}

const salt = Buffer.from(hex(first, 12, 16), 'hex').readUInt32LE()

/** A mark and what follows it up to the end of its last sector. */
function frame(kind: number, sequence: number, records: string): string {
  const extent = Math.ceil((32 + records.length / 2) / 512) * 512
  const content = records + zeros(extent - 32 - records.length / 2)
  const head =
    Buffer.from('KTKM').toString('hex') +
    uint32(kind) +
    uint64(sequence) +
    uint32(records.length / 2) +
    sum(content, salt) +
    zeros(4)
  return head + sum(head, salt) + content
}

function record(type: number, detail: number, a: number, b: number, payload = ''): string {
  const bytes = Buffer.from(payload)
  return (
    uint32(type | (detail << 8)) +
    uint32(bytes.length) +
    uint64(a) +
    uint64(b) +
    bytes.toString('hex')
  )
}

describe('the files', () => {
  test('are the identity, the first segment and the one prepared after it', () => {
    expect([...files.keys()].sort()).toEqual(['identity.json', first, 'segment-0000000002.log'])
    for (const [name, bytes] of files)
      if (name !== 'identity.json') expect(bytes).toHaveLength(2048)
  })

  test('identity.json', () => {
    const text = Buffer.from(files.get('identity.json') as Uint8Array).toString()
    const { logId, checksum: sumText } = JSON.parse(text) as { logId: string; checksum: string }
    expect(text).toBe(
      [
        '{',
        '  "format": 1,',
        '  "serverId": "host:5001",',
        '  "servers": [',
        '    "host:5001",',
        '    "host:5002",',
        '    "host:5003"',
        '  ],',
        `  "logId": "${logId}",`,
        `  "checksum": "${sumText}"`,
        '}',
        '',
      ].join('\n'),
    )
    const { checksum: _, ...content } = JSON.parse(text) as Record<string, unknown>
    const expected = plainCrc32(Buffer.from(JSON.stringify(content)), 0)
    expect(sumText).toBe(expected.toString(16).padStart(8, '0'))
  })

  test('the header of a segment', () => {
    const { logId } = JSON.parse(
      Buffer.from(files.get('identity.json') as Uint8Array).toString(),
    ) as { logId: string }
    const content =
      Buffer.from('KONTIKI\0').toString('hex') +
      uint32(1) +
      uint32(salt) +
      uint64(1) +
      uint64(2048) +
      uint32(Number.parseInt(logId.slice(0, 8), 16)) +
      uint32(Number.parseInt(logId.slice(8), 16)) +
      zeros(508 - 40)
    expect(hex(first, 0, 512)).toBe(content + sum(content, 0))
  })

  test('the frames, the seal, and zeros to the end', () => {
    const opening = record(4, 0, 0, 0) + record(1, 0, 0, 0)
    const records =
      record(1, 1, 2, 0, 'host:5001') + record(3, 1, 1, 2) + record(3, 2, 2, 2, 'x = 1')
    expect(hex(first, 512, 1024)).toBe(frame(1, 1, opening + records))
    const second = record(1, 0, 3, 0) + record(2, 0, 2, 0)
    expect(hex(first, 1024, 1536)).toBe(frame(1, 2, second))
    expect(hex(first, 1536, 2048)).toBe(frame(2, 3, ''))
    expect(hex('segment-0000000002.log', 512, 2048)).toBe(zeros(1536))
  })
})

test('a full segment says that the log goes on, and the next begins with all it needs', () => {
  const disk = new FakeDisk()
  const log = openLog(disk)
  log.recover()
  for (const index of [1, 2, 3]) {
    const entries = [entry(index, 4, 'noop', new Uint8Array(0))]
    log.save([{ currentTerm: 5, votedFor: 's2', truncateFrom: null, entries }], () => {})
    disk.run()
  }
  log.close()
  disk.run()
  const read = (name: string, from: number): string =>
    Buffer.from((disk.contents().get(name) as Uint8Array).subarray(from, from + 24)).toString('hex')
  expect(read(first, 1536).slice(0, 40)).toBe(
    Buffer.from('KTKM').toString('hex') + uint32(3) + uint64(3) + zeros(4),
  )
  expect(read('segment-0000000002.log', 512 + 32)).toBe(record(4, 0, 2, 4))
  expect(read('segment-0000000002.log', 512 + 32 + 24)).toBe(record(1, 1, 5, 0, 's2').slice(0, 48))
})

test('what the plain checksum wrote, the fast one reads, and the other way round', () => {
  const one = new FakeDisk()
  openSegmentedLog(one, {
    identity: { serverId: 's1', servers: ['s1', 's2', 's3'] },
    checksum: plainCrc32,
    random: new Random(1),
    soon: one.soon,
    segmentBytes: 2048,
  })
  expect(recoverText(diskWith(one.contents()))).toBe('term 0 vote null log []')
})
