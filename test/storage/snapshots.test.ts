// Snapshots beside the log: what is read is what was written, a crash at every step of writing,
// publishing, trimming and replacing leaves a whole state, and damage is found and named.
import { describe, expect, test } from 'vitest'
import { crc32 } from '../../src/base/crc32.ts'
import { Random } from '../../src/base/random.ts'
import type { SnapshotChunk, SnapshotReader } from '../../src/ports/index.ts'
import { openSegmentedLog, StorageError } from '../../src/storage/index.ts'
import { diskWith, endsIn, FakeDisk, WorldEnd } from './fake-disk.ts'
import { checksum, identity, openLog } from './harness.ts'
import {
  type Books,
  contentAt,
  diskWithSnapshot,
  finished,
  live,
  point,
  wait,
  wrongIn,
} from './snapshot-harness.ts'

function newBooks(): Books {
  return { entries: [], coveredFrom: 0, coveredTo: 0, lastIndex: 0, term: 1 }
}

function all(reader: SnapshotReader): Uint8Array {
  return Buffer.concat([...reader.readAll()])
}

function readChunk(disk: FakeDisk, reader: SnapshotReader, offset: number, bytesMax: number) {
  let chunk: SnapshotChunk | null = null
  wait(disk, (done) =>
    reader.read(offset, bytesMax, (error, read) => {
      chunk = read
      done(error)
    }),
  )
  return chunk as unknown as SnapshotChunk
}

describe('a snapshot', () => {
  test.each([0, 1, 511, 65_535, 65_536, 65_537, 200_000])('of %i bytes is read back', (size) => {
    const content = contentAt(size, 4).subarray(0, size)
    const disk = diskWithSnapshot(3, 2, content)
    const log = openLog(disk)
    const { snapshot, entries: rest } = log.recover()
    expect(snapshot).toMatchObject({ lastIndex: 2, size, checksum: checksum(content, 0) })
    expect(rest.map(({ index }) => index)).toEqual([3])
    const reader = log.snapshots.open()
    expect(Buffer.compare(all(reader), content)).toBe(0)
    for (const [offset, bytesMax] of [
      [0, 10],
      [0, 70_000],
      [65_530, 12],
      [65_536, 65_536],
      [100_000, 1_000_000],
    ] as const) {
      if (offset > size) continue
      const { data, checksum: through } = readChunk(disk, reader, offset, bytesMax)
      const end = Math.min(size, offset + bytesMax)
      expect(Buffer.compare(data, content.subarray(offset, end))).toBe(0)
      expect(through).toBe(checksum(content.subarray(0, end), 0))
    }
  })

  test('that is aside can be read back before it is durable', () => {
    const disk = new FakeDisk(new Random('aside'))
    const log = openLog(disk)
    log.recover()
    const content = contentAt(3, 2)
    const writer = log.snapshots.begin('received', point(5))
    finished(disk, writer, content, 999)
    expect(Buffer.compare(Buffer.concat([...writer.read()]), content)).toBe(0)
    expect(log.snapshots.latest).toBe(null)
  })

  test('stays readable by who has it open when a later one takes its place', () => {
    const disk = diskWithSnapshot(4, 2, contentAt(2, 2))
    const log = openLog(disk)
    log.recover()
    const reader = log.snapshots.open()
    const writer = log.snapshots.begin('own', point(4))
    finished(disk, writer, contentAt(4, 1), 5000)
    wait(disk, (done) => writer.publish(done))
    expect(disk.list().filter((name) => name.endsWith('.snap'))).toEqual([
      'snapshot-0000000000000004.snap',
    ])
    expect(
      Buffer.compare(readChunk(disk, reader, 10, 100).data, contentAt(2, 2).subarray(10, 110)),
    ).toBe(0)
  })
})

describe('two that are on their way at once', () => {
  test('leave the later one in force, whichever ends last', () => {
    const disk = new FakeDisk(new Random('two'))
    const log = openLog(disk)
    log.recover()
    const own = log.snapshots.begin('own', point(4))
    finished(disk, own, contentAt(4, 1), 5000)
    const received = log.snapshots.begin('received', point(9))
    finished(disk, received, contentAt(9, 1), 5000)
    wait(disk, (done) => received.publish(done))
    wait(disk, (done) => own.publish(done))
    expect(log.snapshots.latest?.lastIndex).toBe(9)
    disk.run()
    expect(disk.list().filter((name) => name.endsWith('.snap'))).toEqual([
      'snapshot-0000000000000009.snap',
    ])
  })

  test('are given up by a close, which waits for the disk', () => {
    const disk = new FakeDisk(new Random('close'))
    const log = openLog(disk)
    log.recover()
    const writer = log.snapshots.begin('own', point(4))
    finished(disk, writer, contentAt(4, 1), 5000)
    writer.publish(() => {})
    let isClosed = false
    log.close(() => {
      isClosed = true
    })
    expect(isClosed).toBe(false)
    disk.run()
    expect(isClosed).toBe(true)
    expect(disk.list().filter((name) => name.endsWith('.snap'))).toEqual([])
  })
})

describe('a crash at any step', () => {
  test('leaves all that was durable, and never a mixture', () => {
    let crashes = 0
    for (let seed = 0; seed < 5; seed++) {
      for (let step = 0; ; step += 1 + (step > 60 ? seed % 3 : 0)) {
        const disk = new FakeDisk(new Random(`${seed}/disk`))
        const random = new Random(`${seed}/run`)
        const books = newBooks()
        disk.fate = ({ number }) => {
          if (number === step) throw new WorldEnd()
        }
        const hasCrashed = endsIn(() => {
          const log = openLog(disk)
          log.recover()
          live(log, disk, random, books, 12)
        })
        if (!hasCrashed) break
        crashes++
        const after = random.fork(`${step}`)
        for (const left of [
          disk.afterKill(),
          disk.afterPowerLoss(after),
          disk.afterPowerLoss(after),
        ]) {
          const log = openLog(left)
          const recovered = log.recover()
          expect(wrongIn(books, recovered)).toBe(null)
          // It goes on from there, and what it found stays.
          const again = openLog(left.afterPowerLoss(after)).recover()
          expect(again.snapshot).toEqual(recovered.snapshot)
          expect(again.entries.length).toBe(recovered.entries.length)
        }
      }
    }
    expect(crashes).toBeGreaterThan(200)
  })

  test('many lives of one directory', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = new Random(`lives ${seed}`)
      let disk = new FakeDisk(random.fork('disk'))
      const books = newBooks()
      for (let life = 0; life < 6; life++) {
        const endAt = disk.steps + random.integer(0, 120)
        disk.fate = ({ number }) => {
          if (number === endAt) throw new WorldEnd()
        }
        endsIn(() => {
          const log = openLog(disk)
          const { snapshot, entries: rest } = log.recover()
          expect(
            wrongIn(books, {
              currentTerm: 0,
              votedFor: null,
              entries: rest,
              snapshot: snapshot ?? null,
            }),
          ).toBe(null)
          const covered = snapshot?.lastIndex ?? 0
          books.entries.length = covered + rest.length
          books.coveredFrom = covered
          books.coveredTo = covered
          books.lastIndex = covered + rest.length
          live(log, disk, random, books, 6)
        })
        disk = random.chance(0.5) ? disk.afterKill() : disk.afterPowerLoss(random)
      }
      disk.fate = () => {}
      expect(wrongIn(books, openLog(disk).recover())).toBe(null)
    }
  })

  test('what was on its way is gone at the next start', () => {
    const disk = diskWithSnapshot(4, 2, contentAt(1, 1))
    const log = openLog(disk)
    log.recover()
    const writer = log.snapshots.begin('received', point(9))
    wait(disk, (done) => writer.append(new Uint8Array(70_000), done))
    const left = disk.afterKill()
    expect(left.list().some((name) => name.endsWith('.tmp'))).toBe(true)
    openLog(left)
    expect(left.list().filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

test('a bit that flips anywhere in it stops the server, which names file and offset', () => {
  const disk = diskWithSnapshot(3, 2, contentAt(3, 2))
  const name = 'snapshot-0000000000000002.snap'
  const random = new Random('flips')
  for (let i = 0; i < 300; i++) {
    const files = disk.contents()
    const bytes = files.get(name) as Uint8Array
    // The header's unused bytes are covered as well.
    const at = i < 100 ? random.integer(0, 600) : random.integer(0, bytes.length - 1)
    bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7))
    let found: unknown = null
    try {
      openLog(diskWith(files))
    } catch (error) {
      found = error
    }
    expect(found).toBeInstanceOf(StorageError)
    const { code, file, offset } = found as StorageError
    expect([['CORRUPT', 'FORMAT_UNKNOWN'].includes(code), file]).toEqual([true, name])
    expect(Math.abs((offset ?? at) - at)).toBeLessThan(65_536 + 512)
  }
})

describe('one that was received', () => {
  const aside = 'snapshot-received.tmp'

  test('is not restored where a bit of it has flipped since: file and offset are named', () => {
    const content = contentAt(3, 2)
    const disk = new FakeDisk(new Random('flipped'))
    const log = openLog(disk)
    log.recover()
    const writer = log.snapshots.begin('received', point(5))
    finished(disk, writer, content, 7000)
    const begin = 512 + point(5).configuration.length
    const whole = disk.contents().get(aside) as Uint8Array
    // In the first block, in its checksum, in the second, and in the last byte of all.
    for (const at of [begin, begin + 65_536, begin + 70_000, whole.length - 1]) {
      disk.overwrite(aside, new Uint8Array([(whole[at] as number) ^ 4]), at)
      let error: unknown = null
      try {
        for (const _ of writer.read());
      } catch (thrown) {
        error = thrown
      }
      const offset = begin + Math.floor((at - begin) / 65_540) * 65_540
      expect(error).toMatchObject({ code: 'CORRUPT', file: aside, offset })
      disk.overwrite(aside, whole.subarray(at, at + 1), at)
    }
    expect(Buffer.compare(Buffer.concat([...writer.read()]), content)).toBe(0)
  })

  test('is that which was received, and not an older one whose checksums hold', () => {
    const disk = new FakeDisk(new Random('stale'))
    const log = openLog(disk)
    log.recover()
    finished(disk, log.snapshots.begin('received', point(4)), contentAt(7, 1), 7000)
    const stale = disk.contents().get(aside) as Uint8Array
    const writer = log.snapshots.begin('received', point(5))
    finished(disk, writer, contentAt(14, 1), 7000)
    disk.overwrite(aside, stale, 0)
    expect(() => [...writer.read()]).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })

  test('goes on after a chunk of nothing, whatever the checksum makes of nothing', () => {
    const disk = new FakeDisk(new Random('nothing'))
    const log = openSegmentedLog(disk, {
      identity,
      checksum: (bytes, previous) => (bytes.length === 0 ? 0 : crc32(bytes, previous)),
      random: new Random('salts'),
      soon: disk.soon,
    })
    log.recover()
    const writer = log.snapshots.begin('received', point(5))
    wait(disk, (done) => writer.append(new Uint8Array([1, 2, 3]), done))
    expect(writer.checksum).not.toBe(0)
    expect(writer.checksumWith(new Uint8Array(0))).toBe(writer.checksum)
  })
})
