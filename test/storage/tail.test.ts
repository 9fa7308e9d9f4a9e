// The decision table of docs/storage-format.md, row by row: what follows the last whole frame, and
// what becomes of it.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { entry } from '../../src/raft/index.ts'
import { encodeFrame, encodeSeal, markBytes } from '../../src/storage/frame.ts'
import { StorageError } from '../../src/storage/index.ts'
import { RecordBuffer } from '../../src/storage/record.ts'
import { encodeHeader } from '../../src/storage/segment.ts'
import { diskWith, FakeDisk } from './fake-disk.ts'
import { checksum, openLog } from './harness.ts'

const salt = 12_345
const size = 4096

/** Bytes of one frame; its records are what `fill` puts. */
function frame(sequence: number, fill: (records: RecordBuffer) => void): Uint8Array {
  const records = new RecordBuffer(markBytes)
  fill(records)
  const [bytes] = encodeFrame(null, records, sequence, salt, checksum)
  return (bytes as Uint8Array).slice()
}

function opening(records: RecordBuffer): void {
  records.start(0, 0)
  records.hardState(0, null)
}

/** Term 1 and entry 1: what every log here begins with. */
const frame1 = frame(1, (records) => {
  opening(records)
  records.hardState(1, null)
  records.entry(entry(1, 1, 'noop', new Uint8Array(0)))
})

/** A frame of two sectors. */
const frame2 = frame(2, (records) => {
  records.entry(entry(2, 1, 'command', new Uint8Array(600).fill(7)))
})

const frame3 = frame(3, (records) => records.entry(entry(3, 1, 'noop', new Uint8Array(0))))

function segment(number: number, parts: Record<number, Uint8Array>): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set(encodeHeader({ number, logId: logIdOf(), salt, size }, checksum))
  for (const [at, part] of Object.entries(parts)) bytes.set(part, Number(at))
  return bytes
}

function seal(kind: 'seal' | 'continued', sequence: number): Uint8Array {
  return encodeSeal(kind, sequence, salt, checksum)
}

function damaged(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice()
  changed[at] = (changed[at] as number) ^ 0xff
  return changed
}

const identityBytes = ((): Uint8Array => {
  const disk = new FakeDisk(new Random('tail'))
  openLog(disk)
  return disk.contents().get('identity.json') as Uint8Array
})()

function logIdOf(): string {
  return (JSON.parse(Buffer.from(identityBytes).toString()) as { logId: string }).logId
}

interface Opened {
  readonly lastIndex: number
  readonly notes: readonly string[]
  readonly error: string
}

function diskOf(segments: readonly Record<number, Uint8Array>[]): FakeDisk {
  const files = new Map([['identity.json', identityBytes]])
  segments.forEach((parts, i) => {
    files.set(`segment-000000000${i + 1}.log`, segment(i + 1, parts))
  })
  return diskWith(files)
}

function open(...segments: Record<number, Uint8Array>[]): Opened {
  const disk = diskOf(segments)
  try {
    const log = openLog(disk, size)
    return { lastIndex: log.recover().entries.length, notes: log.notes, error: '' }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    expect(error.code).toBe('CORRUPT')
    return { lastIndex: -1, notes: [], error: error.message }
  }
}

const one = '/fake/segment-0000000001.log at offset'
const two = '/fake/segment-0000000002.log at offset'

describe('after the last whole frame', () => {
  test('zeros: the end of the log', () => {
    expect(open({ 512: frame1 })).toEqual({ lastIndex: 1, notes: [], error: '' })
  })

  test('a seal: the end of the log', () => {
    expect(open({ 512: frame1, 1024: seal('seal', 2) })).toMatchObject({ lastIndex: 1, notes: [] })
  })

  test('a part of a seal: the end of the log', () => {
    for (const bytes of [1, 12, 31, 40]) {
      const part = seal('seal', 2).slice(0, bytes)
      expect(open({ 512: frame1, 1024: part })).toMatchObject({ lastIndex: 1, notes: [] })
    }
    const end = seal('seal', 2).fill(0, 0, 20)
    expect(open({ 512: frame1, 1024: end })).toMatchObject({ lastIndex: 1, notes: [] })
  })

  test('a broken frame and nothing else: cut', () => {
    const firstSector = frame2.slice(0, 512)
    const secondSector = frame2.slice(512)
    for (const parts of [
      { 1024: damaged(frame2, 100) },
      { 1024: firstSector },
      { 1536: secondSector },
      { 1024: frame2.slice(0, 20), 1536: secondSector },
      { 1024: seal('seal', 2), 1536: secondSector },
    ]) {
      const { lastIndex, notes } = open({ 512: frame1, ...parts })
      expect(lastIndex).toBe(1)
      expect(notes).toHaveLength(1)
      expect(notes[0]).toMatch(`${one} 1024: the last write was not finished and was cut, `)
    }
  })

  test('what is cut behind a seal leaves the seal, and zeros', () => {
    const sealed = { 512: frame1, 1024: seal('seal', 2) }
    const disk = diskOf([{ ...sealed, 1536: frame2.slice(512) }])
    openLog(disk, size)
    expect(disk.contents().get('segment-0000000001.log')).toEqual(segment(1, sealed))
  })

  test('a broken first frame in the next segment: cut there', () => {
    const { lastIndex, notes } = open({ 512: frame1 }, { 512: damaged(frame2, 600) })
    expect(lastIndex).toBe(1)
    expect(notes).toEqual([expect.stringContaining(`${two} 512: the last write`)])
  })

  test('and the same behind a part of a seal', () => {
    const part = seal('seal', 2).slice(0, 17)
    const { lastIndex, notes } = open({ 512: frame1, 1024: part }, { 512: damaged(frame2, 600) })
    expect(lastIndex).toBe(1)
    expect(notes).toHaveLength(1)
  })
})

describe('damage', () => {
  test('a broken frame, and a frame after it', () => {
    const { error } = open({ 512: frame1, 1024: damaged(frame2, 100), 2048: frame3 })
    expect(error).toMatch(`${one} 1024: frame 2 is damaged or missing, yet frame 3 stands at`)
    expect(error).toContain('offset 2048')
    const gone = open({ 512: frame1, 2048: frame3 })
    expect(gone.error).toMatch(`${one} 1024: frame 2 is damaged or missing`)
  })

  test('a broken frame, and the mark alone of a frame after it', () => {
    const { error } = open({ 512: frame1, 1024: damaged(frame2, 9), 2048: damaged(frame3, 40) })
    expect(error).toMatch(`${one} 1024: frame 2 is damaged or missing, yet frame 3`)
  })

  test('a broken frame, and its seal', () => {
    const { error } = open({ 512: frame1, 1024: damaged(frame2, 9), 2048: seal('seal', 3) })
    expect(error).toMatch(`${one} 1024: frame 2 is damaged or missing, yet frame 3 stands at`)
  })

  test('a broken frame, and something behind its end', () => {
    const { error } = open({ 512: frame1, 1024: damaged(frame2, 100), 2100: new Uint8Array([1]) })
    expect(error).toMatch(`${one} 2100: something follows frame 2, which is damaged`)
  })

  test('a broken frame, and something in the next segment', () => {
    for (const next of [{ 512: frame3 }, { 700: new Uint8Array([1]) }]) {
      const { error } = open({ 512: frame1, 1024: damaged(frame2, 100) }, next)
      expect(error).toMatch(`${one} 1024: frame 2 is damaged or missing, yet`)
    }
  })

  test('the word that the log goes on, and no next segment, or one without its frame', () => {
    const parts = { 512: frame1, 1024: seal('continued', 2) }
    for (const segments of [[parts], [parts, {}], [parts, { 512: damaged(frame2, 600) }]]) {
      expect(open(...segments).error).toMatch(`${two} 512: frame 2 is damaged or missing, yet`)
    }
    const next = frame(2, (records) => {
      records.start(1, 1)
      records.hardState(1, null)
    })
    expect(open(parts, { 512: next }).lastIndex).toBe(1)
  })

  test('a third segment, and none of the second', () => {
    expect(open({ 512: frame1 }, {}, {}).error).toMatch(`${two} 512: frame 2 is missing or damaged`)
    expect(open({}, {}).error).toMatch(`${one} 512: frame 1 is missing or damaged`)
  })

  test('a whole frame of another place in the sequence', () => {
    for (const other of [frame1, frame3]) {
      expect(open({ 512: frame1, 1024: other }).error).toMatch(
        /1024: frame 2 is damaged or missing/,
      )
    }
  })
})

describe('a whole frame that makes no sense', () => {
  const cases: [string, (records: RecordBuffer) => void][] = [
    ['entry 3 follows entry 1', (r) => r.entry(entry(3, 1, 'noop', new Uint8Array(0)))],
    ['entry 1 follows entry 1', (r) => r.entry(entry(1, 1, 'noop', new Uint8Array(0)))],
    ['past the current term 1', (r) => r.entry(entry(2, 2, 'noop', new Uint8Array(0)))],
    ['of term 0 follows one of term 1', (r) => r.entry(entry(2, 0, 'noop', new Uint8Array(0)))],
    ['the term goes back from 1 to 0', (r) => r.hardState(0, null)],
    ['is truncated from 2', (r) => r.truncate(2)],
    ['is truncated from 0', (r) => r.truncate(0)],
    ['a start inside a segment', (r) => r.start(1, 1)],
    [
      'the vote in term 2 changes from a to b',
      (r) => {
        r.hardState(2, 'a')
        r.hardState(2, 'b')
      },
    ],
    ['a record is of the unknown type 9', raw([9, 0, 0, 0], 24)],
    ['an entry is of the unknown kind 7', raw([3, 7, 0, 0], 24)],
    ['a record is cut off by the end', raw([3, 1, 0, 0], 23)],
    ['a record is longer than its frame', raw([3, 1, 0, 0, 1], 24)],
    ['a number is above 2^53 - 1', raw([3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32], 24)],
    ['a vote is neither for nobody', raw([1, 1, 0, 0], 24)],
    ['a vote is neither for nobody', raw([1, 0, 0, 0, 1], 25)],
    ['a name that is not UTF-8', raw([1, 1, 0, 0, 1, ...zeros(19), 0xff], 25)],
    ['a term record says more than it can', raw([1, 0, 0, 0, ...zeros(12), 1], 24)],
    ['a record of type 2 says more than it can', raw([2, 1], 24)],
    ['a record of type 2 says more than it can', raw([2, ...zeros(15), 1], 24)],
  ]

  function zeros(count: number): number[] {
    return new Array<number>(count).fill(0)
  }

  function raw(bytes: number[], length: number): (records: RecordBuffer) => void {
    return (records) => {
      records.ensure(length)
      records.bytes.fill(0, records.length, records.length + length)
      records.bytes.set(bytes, records.length)
      records.length += length
    }
  }

  test.each(cases)('%s', (problem, fill) => {
    const { error } = open({ 512: frame1, 1024: frame(2, fill) })
    expect(error).toContain(problem)
    expect(error).toMatch(/^\/fake\/segment-0000000001.log at offset 10(56|8[01]): /)
  })

  test('a segment that begins with another state than the one before it ended with', () => {
    const wrong = frame(2, (records) => records.start(7, 1))
    expect(open({ 512: frame1 }, { 512: wrong }).error).toContain('begins after entry 7 of term 1')
    const none = frame(2, (records) => records.hardState(3, null))
    expect(open({ 512: frame1 }, { 512: none }).error).toContain('does not begin with its start')
  })
})
