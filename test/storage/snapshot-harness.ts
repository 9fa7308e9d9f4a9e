/**
 * A log and its snapshots on a fake disk, put through what a server does with both: saves, own
 * snapshots after which the log is trimmed, and received ones that take its place. What must be
 * found after a crash is kept as plain data.
 */
import { Random } from '../../src/base/random.ts'
import type { Recovered, SaveBatch, SnapshotWriter } from '../../src/ports/index.ts'
import {
  configuration,
  type Entry,
  encodeConfiguration,
  entry,
  type SnapshotPoint,
} from '../../src/raft/index.ts'
import type { SegmentedLog } from '../../src/storage/index.ts'
import { FakeDisk } from './fake-disk.ts'
import { openLog } from './harness.ts'

const configurationBytes = encodeConfiguration(configuration(['s1', 's2', 's3']))

/** What a state machine would say of the entries through `index`: long enough for some blocks. */
export function contentAt(index: number, blocks: number): Uint8Array {
  const bytes = new Uint8Array(blocks * 65_536 + (index % 7) * 100)
  for (let i = 0; i < bytes.length; i += 37) bytes[i] = (index * 31 + i) & 0xff
  return bytes
}

/** One after the other, as the port wants it. */
export function finished(
  disk: FakeDisk,
  writer: SnapshotWriter,
  content: Uint8Array,
  pieceBytes: number,
): void {
  for (let at = 0; at < content.length; at += pieceBytes) {
    const piece = content.subarray(at, at + pieceBytes)
    wait(disk, (done) => writer.append(piece, done))
  }
  wait(disk, (done) => writer.finish(done))
}

/** Runs the disk until the call has ended well. */
export function wait(disk: FakeDisk, call: (done: (error: Error | null) => void) => void): void {
  let result: Error | null | undefined
  call((error) => {
    result = error
  })
  disk.run()
  if (result !== null) throw result ?? new Error('the disk never answered')
}

/** What the log holds for certain, and what it may hold as well. */
export interface Books {
  /** By index; what a snapshot covers stays here. */
  entries: Entry[]
  /** Covered by a snapshot that is durable for certain; and by one that may be. */
  coveredFrom: number
  coveredTo: number
  /** Durable for certain. */
  lastIndex: number
  /** Of the next entries. */
  term: number
}

/** Whether this is what may be recovered; null, or what is wrong. */
export function wrongIn(books: Books, { entries, snapshot }: Recovered): string | null {
  const covered = snapshot?.lastIndex ?? 0
  if (covered < books.coveredFrom || covered > books.coveredTo) {
    return `covered ${covered}, not ${books.coveredFrom} to ${books.coveredTo}`
  }
  if (snapshot != null && snapshot.lastTerm !== books.entries[covered - 1]?.term) {
    return `the snapshot ends in term ${snapshot.lastTerm}`
  }
  for (const [i, found] of entries.entries()) {
    if (found.index !== covered + 1 + i) return `entry ${found.index} follows ${covered + i}`
    if (found.term !== books.entries[found.index - 1]?.term) return `entry ${found.index} differs`
  }
  const last = covered + entries.length
  return last < books.lastIndex ? `ends at ${last}, not at ${books.lastIndex}` : null
}

/** Does one thing after the other until `steps` are done; the books are right at every moment. */
export function live(
  log: SegmentedLog,
  disk: FakeDisk,
  random: Random,
  books: Books,
  steps: number,
): void {
  for (let i = 0; i < steps; i++) {
    const what = random.pick(['save', 'save', 'save', 'own', 'received'] as const)
    if (what === 'save') save(log, disk, random, books)
    else if (what === 'own') takeOwn(log, disk, random, books)
    else receive(log, disk, random, books)
  }
}

function save(log: SegmentedLog, disk: FakeDisk, random: Random, books: Books): void {
  const entries: Entry[] = []
  for (let n = random.integer(1, 4); n > 0; n--) {
    const bytes = new Uint8Array(random.integer(0, 300)).fill(7)
    entries.push(entry(books.entries.length + 1, books.term, 'command', bytes))
    books.entries.push(entries.at(-1) as Entry)
  }
  const batch = { currentTerm: books.term, votedFor: null, truncateFrom: null, entries }
  wait(disk, (done) => log.save([batch], done))
  books.lastIndex = books.entries.length
}

function takeOwn(log: SegmentedLog, disk: FakeDisk, random: Random, books: Books): void {
  const lastIndex = random.integer(Math.max(1, books.coveredFrom), books.lastIndex || 1)
  if (lastIndex > books.lastIndex || lastIndex <= books.coveredFrom) return
  const lastTerm = books.entries[lastIndex - 1]?.term as number
  const point = { lastIndex, lastTerm, configuration: configurationBytes }
  const writer = log.snapshots.begin('own', point)
  finished(disk, writer, contentAt(lastIndex, random.integer(0, 2)), 10_000)
  books.coveredTo = lastIndex
  wait(disk, (done) => writer.publish(done))
  books.coveredFrom = lastIndex
  log.snapshots.discardPrefix(random.integer(1, lastIndex))
  disk.run()
}

const nothing = { votedFor: null, truncateFrom: null, entries: [] }

/** A leader's snapshot of entries that this server does not have, or has otherwise. */
function receive(log: SegmentedLog, disk: FakeDisk, random: Random, books: Books): void {
  const lastIndex = books.entries.length + random.integer(1, 5)
  const lastTerm = ++books.term
  const point = { lastIndex, lastTerm, configuration: configurationBytes }
  const writer = log.snapshots.begin('received', point)
  const content = contentAt(lastIndex, random.integer(0, 1))
  finished(disk, writer, content, 30_000)
  while (books.entries.length < lastIndex) {
    const index = books.entries.length + 1
    const term = index === lastIndex ? lastTerm : lastTerm - 1
    books.entries.push(entry(index, term, 'noop', new Uint8Array(0)))
  }
  const { size, checksum } = writer
  books.coveredTo = lastIndex
  const snapshot = { ...point, size, checksum }
  const batch = { ...nothing, currentTerm: books.term, snapshot }
  wait(disk, (done) => log.save([batch], done))
  books.coveredFrom = lastIndex
  books.lastIndex = lastIndex
}

export function point(lastIndex: number, lastTerm = 1): SnapshotPoint {
  return { lastIndex, lastTerm, configuration: encodeConfiguration(configuration(['s1'])) }
}

export function entries(count: number, bytes = 100): Entry[] {
  return Array.from({ length: count }, (_, i) => entry(i + 1, 1, 'command', new Uint8Array(bytes)))
}

export const batch: Omit<SaveBatch, 'entries'> = {
  currentTerm: 1,
  votedFor: null,
  truncateFrom: null,
}

/** A disk with a log of `count` entries and a snapshot of the first `covered`. */
export function diskWithSnapshot(count: number, covered: number, content: Uint8Array): FakeDisk {
  const disk = new FakeDisk(new Random('with'))
  const log = openLog(disk)
  log.recover()
  for (const one of entries(count)) {
    wait(disk, (done) => log.save([{ ...batch, entries: [one] }], done))
  }
  takeOwnAt(disk, log, point(covered), content)
  log.close()
  disk.run()
  return disk
}

export function takeOwnAt(
  disk: FakeDisk,
  log: SegmentedLog,
  at: SnapshotPoint,
  content: Uint8Array = contentAt(1, 1),
): void {
  const writer = log.snapshots.begin('own', at)
  finished(disk, writer, content, 5000)
  wait(disk, (done) => writer.publish(done))
  log.snapshots.discardPrefix(at.lastIndex)
  disk.run()
}
