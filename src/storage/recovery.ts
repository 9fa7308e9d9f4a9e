/**
 * Reading the log back after whatever happened: frames are replayed in order, and what follows the
 * last whole frame is judged. Here is the rule that tells a write that a crash interrupted from
 * damage: a frame is written only when the one before it is durable, so a broken frame may be cut
 * only when nothing anywhere shows that it had become durable. This file changes nothing on disk;
 * it says what is to be repaired. The decision table is in docs/storage-format.md.
 */
import type { Checksum } from '../base/crc32.ts'
import type { Disk } from '../ports/index.ts'
import type { Entry, LogIndex, Term } from '../raft/index.ts'
import { corrupt } from './errors.ts'
import { contentHolds, frameExtent, markBytes, readMark, sectorBytes } from './frame.ts'
import type { KeptSegment } from './kept-segments.ts'
import { Ledger } from './ledger.ts'
import type { LogRecord } from './record.ts'
import { RecordReader } from './record.ts'
import { planRepairs, type Repair } from './repair.ts'
import type { LogId, Segment, SegmentHeader } from './segment.ts'
import { readSegment, segmentName } from './segment.ts'
import { examineTail } from './tail.ts'

export interface RecoveredLog {
  /** Contiguous after the ledger's base. */
  readonly entries: readonly Entry[]
  /** Every segment that holds frames, oldest first. */
  readonly kept: readonly KeptSegment[]
  readonly ledger: Ledger
  /** Entries through this one may be in segments that are gone: a snapshot has to cover them. */
  readonly removedThrough: LogIndex
  /** Of the next frame. */
  readonly sequence: number
  /** The segment to go on in, and where. */
  readonly active: SegmentHeader
  readonly position: number
  /** The next segment, where it had been prepared. */
  readonly spare: SegmentHeader | null
  /** To be made durable before the recovered state is relied on. */
  readonly repairs: readonly Repair[]
  /** What an operator should hear of: one line each. */
  readonly notes: readonly string[]
}

/** Replays the segments with these numbers. Throws `StorageError` on damage. */
export function recoverLog(
  disk: Disk,
  numbers: readonly number[],
  logId: LogId,
  checksum: Checksum,
): RecoveredLog {
  const read = (at: number): Segment | null => {
    const number = numbers[at]
    return number === undefined ? null : readSegment(disk, number, logId, checksum)
  }
  const replay = new Replay(disk.path, checksum)
  let at = 0
  let segment = read(0) as Segment
  let next = read(1)
  if (segment.header.number > 1) replay.beginIn(segment)
  replay.segment(segment)
  while (next !== null && replay.continuesIn(next)) {
    segment = next
    next = read(++at + 1)
    replay.segment(segment)
  }
  requireOneSpare(disk, numbers, replay.hasFrames ? at + 1 : at, replay.sequence)
  const { position, sequence, lastFrameAt } = replay
  const tail = examineTail(disk.path, segment, position, sequence, next, checksum)
  return {
    entries: replay.entries,
    kept: replay.kept,
    ledger: replay.ledger,
    removedThrough: replay.removedThrough,
    sequence,
    active: segment.header,
    position,
    spare: next === null ? null : next.header,
    ...planRepairs(disk.path, segment, { position, sequence, lastFrameAt, tail }, next, checksum),
  }
}

/** A segment is made only when the one before it holds a frame: more than one empty is damage. */
function requireOneSpare(
  disk: Disk,
  numbers: readonly number[],
  spareAt: number,
  sequence: number,
): void {
  const beyond = numbers[spareAt + 1]
  if (beyond === undefined) return
  throw corrupt(
    disk.path,
    segmentName(numbers[spareAt] as number),
    sectorBytes,
    `frame ${sequence} is missing or damaged, yet segment ${beyond} was made after it`,
  )
}

/** Follows the frames of one segment after the other. */
class Replay {
  readonly ledger: Ledger = new Ledger()
  readonly #path: string
  readonly #checksum: Checksum
  readonly entries: Entry[] = []
  readonly kept: KeptSegment[] = []
  sequence = 1
  hasFrames = false
  removedThrough: LogIndex = 0
  /** The end of the last whole frame, and its beginning (0: there is none), in the last segment. */
  position: number = sectorBytes
  lastFrameAt = 0

  constructor(path: string, checksum: Checksum) {
    this.#path = path
    this.#checksum = checksum
  }

  /** The first segment that is left, where those before it have been removed. */
  beginIn(segment: Segment): void {
    const { bytes, view, header } = segment
    const mark = readMark(bytes, view, sectorBytes, header.salt, this.#checksum)
    const isWhole =
      mark?.kind === 'frame' && contentHolds(bytes, sectorBytes, mark, header.salt, this.#checksum)
    if (!isWhole) {
      const what = 'the first frame is damaged, yet earlier segments were removed for it'
      throw corrupt(this.#path, segment.name, sectorBytes, what)
    }
    this.sequence = mark.sequence
  }

  /** True where the next frame is the first of this segment. */
  continuesIn(segment: Segment): boolean {
    return this.#frameAt(segment, sectorBytes) !== null
  }

  segment(segment: Segment): void {
    this.position = sectorBytes
    this.lastFrameAt = 0
    for (;;) {
      const length = this.#frameAt(segment, this.position)
      if (length === null) return
      if (this.lastFrameAt === 0) {
        this.kept.push({ number: segment.header.number, startIndex: this.ledger.lastIndex })
      }
      this.#frame(segment, this.position, length)
      this.hasFrames = true
      this.lastFrameAt = this.position
      this.position += frameExtent(length)
      this.sequence++
    }
  }

  /** The length of the frame that is due, if it stands there whole. */
  #frameAt({ bytes, view, header }: Segment, position: number): number | null {
    const mark = readMark(bytes, view, position, header.salt, this.#checksum)
    if (mark === null || mark.kind !== 'frame' || mark.sequence !== this.sequence) return null
    return contentHolds(bytes, position, mark, header.salt, this.#checksum) ? mark.length : null
  }

  #frame(segment: Segment, position: number, length: number): void {
    const from = position + markBytes
    const reader = new RecordReader(segment.bytes, from, from + length)
    for (;;) {
      const at = reader.position
      const record = reader.next()
      if (record === null) return
      const isFirst = position === sectorBytes && at === from
      const problem = typeof record === 'string' ? record : this.#apply(record, isFirst)
      if (problem !== null) throw corrupt(this.#path, segment.name, at, problem)
    }
  }

  #apply(record: LogRecord, isFirst: boolean): string | null {
    const { ledger } = this
    if (isFirst !== (record.kind === 'start')) {
      return isFirst ? 'a segment does not begin with its start' : 'a start inside a segment'
    }
    switch (record.kind) {
      case 'entry': {
        const { index, term } = record.entry
        this.entries.push(record.entry)
        return ledger.append(index, term)
      }
      case 'hardState':
        return ledger.setHardState(record.currentTerm, record.votedFor)
      case 'truncate':
        return this.#truncate(record.from)
      case 'replace':
        return this.#replace(record)
      case 'start': {
        if (!this.hasFrames && this.sequence > 1) return this.#begin(record)
        if (record.lastIndex === ledger.lastIndex && record.lastTerm === ledger.lastTerm) {
          return null
        }
        return (
          `the segment begins after entry ${record.lastIndex} of term ${record.lastTerm}, ` +
          `the one before it ends with entry ${ledger.lastIndex} of term ${ledger.lastTerm}`
        )
      }
    }
  }

  /**
   * A suffix that was cut off may have begun in a segment that is gone: the snapshot for which that
   * one was removed covers what came in its place.
   */
  #truncate(from: LogIndex): string | null {
    const { ledger } = this
    if (from >= 1 && from <= ledger.baseIndex && ledger.baseIndex <= this.removedThrough) {
      this.entries.length = 0
      ledger.truncateBelowBase(from)
      return null
    }
    const left = Math.max(0, from - 1 - ledger.baseIndex)
    this.entries.length = Math.min(this.entries.length, left)
    return ledger.truncateFrom(from)
  }

  /** Nothing before it counts, wherever it stood: a tail of the log may have gone further. */
  #replace({ lastIndex, lastTerm }: { lastIndex: LogIndex; lastTerm: Term }): string | null {
    const { ledger } = this
    this.entries.length = 0
    for (const segment of this.kept) segment.startIndex = 0
    if (this.removedThrough > 0) ledger.begin(0, 0)
    this.removedThrough = 0
    return ledger.replace(lastIndex, lastTerm)
  }

  /** What the removed segments amounted to. */
  #begin({ lastIndex, lastTerm }: { lastIndex: LogIndex; lastTerm: Term }): null {
    this.removedThrough = lastIndex
    this.ledger.begin(lastIndex, lastTerm)
    for (const segment of this.kept) segment.startIndex = lastIndex
    return null
  }
}
