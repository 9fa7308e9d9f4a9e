/**
 * What follows the last whole frame: nothing, a seal, or what an interrupted write left. Anything
 * else stops the server: a mark that was written later proves that the broken frame had been
 * durable, so it is damaged, not unfinished. Sectors of an unfinished frame may be there in any
 * choice, whole or in part, over zeros or over the seal.
 */
import type { Checksum } from '../base/crc32.ts'
import type { StorageError } from './errors.ts'
import { corrupt } from './errors.ts'
import { encodeSeal, frameExtent, type Mark, readMark, sectorBytes } from './frame.ts'
import { endOfJunk, firstNonZero, type Segment, segmentName } from './segment.ts'

export interface Tail {
  /** The seal stands whole behind the last frame. */
  readonly sealed: boolean
  /** The end of what is to be cut behind the last frame; its beginning where there is nothing. */
  readonly cutTo: number
  /** The same for the segment that was to be next. */
  readonly nextCutTo: number
}

/** Where the log stops being whole, and which frame would have been next. */
interface Break {
  readonly path: string
  readonly segment: Segment
  readonly position: number
  readonly sequence: number
  readonly checksum: Checksum
}

/** Judges what follows `position`, where frame `sequence` does not stand whole. */
export function examineTail(
  path: string,
  segment: Segment,
  position: number,
  sequence: number,
  next: Segment | null,
  checksum: Checksum,
): Tail {
  const end: Break = { path, segment, position, sequence, checksum }
  const here = examineHere(end)
  const nextCutTo = next === null ? sectorBytes : examineNext(end, next)
  if (here.cutTo > position && nextCutTo > sectorBytes) {
    const at = next?.name ?? ''
    throw damaged(end, `something was written to ${at}, which comes after it`)
  }
  return { sealed: here.sealed, cutTo: here.cutTo, nextCutTo }
}

function examineHere(end: Break): { sealed: boolean; cutTo: number } {
  const { path, segment, position, sequence } = end
  const mark = markAt(end, segment, position)
  refuseLaterMarks(end, segment, mark === null ? position : position + sectorBytes)
  const cutTo = endOfJunk(segment.bytes, position)
  if (mark === null) return { sealed: false, cutTo: isPartOfSeal(end, cutTo) ? position : cutTo }
  if (mark.sequence !== sequence) {
    throw damaged(end, `a mark of frame ${mark.sequence} stands in its place`)
  }
  if (mark.kind === 'continued') throw lostContinuation(end)
  if (mark.kind === 'seal') {
    return { sealed: true, cutTo: cutTo === position + sectorBytes ? position : cutTo }
  }
  requireZeros(path, segment, position, mark)
  return { sealed: false, cutTo }
}

/** The next segment may hold nothing, or what is left of its first frame. */
function examineNext(end: Break, next: Segment): number {
  const mark = markAt(end, next, sectorBytes)
  const isDue = mark !== null && mark.kind === 'frame' && mark.sequence === end.sequence
  refuseLaterMarks(end, next, isDue ? 2 * sectorBytes : sectorBytes)
  if (isDue) requireZeros(end.path, next, sectorBytes, mark)
  return endOfJunk(next.bytes, sectorBytes)
}

function markAt({ checksum }: Break, { bytes, view, header }: Segment, at: number): Mark | null {
  return readMark(bytes, view, at, header.salt, checksum)
}

function refuseLaterMarks(end: Break, segment: Segment, from: number): void {
  for (let at = from; at < segment.bytes.length; at += sectorBytes) {
    const mark = markAt(end, segment, at)
    if (mark === null) continue
    const where = segment === end.segment ? `offset ${at}` : `${segment.name} at offset ${at}`
    throw damaged(end, `frame ${mark.sequence} stands at ${where}`)
  }
}

/** An unfinished frame cannot reach beyond its own length. */
function requireZeros(path: string, segment: Segment, position: number, mark: Mark): void {
  const end = position + frameExtent(mark.length)
  const at = firstNonZero(segment.bytes, end)
  if (at >= segment.bytes.length) return
  const what = `something follows frame ${mark.sequence}, which is damaged and ends at ${end}`
  throw corrupt(path, segment.name, at, what)
}

/** A seal is written without a sync, so a crash may leave any part of its one sector. */
function isPartOfSeal({ segment, position, sequence, checksum }: Break, cutTo: number): boolean {
  if (cutTo !== position + sectorBytes) return false
  const seal = encodeSeal('seal', sequence, segment.header.salt, checksum)
  return seal.every((byte, i) => {
    const found = segment.bytes[position + i]
    return found === 0 || found === byte
  })
}

function damaged({ path, segment, position, sequence }: Break, proof: string): StorageError {
  const what = `frame ${sequence} is damaged or missing, yet ${proof}`
  return corrupt(path, segment.name, position, what)
}

function lostContinuation({ path, segment, position, sequence }: Break): StorageError {
  const name = segmentName(segment.header.number + 1)
  const what =
    `frame ${sequence} is damaged or missing, yet ${segment.name} says at offset ${position} ` +
    'that it had been written there'
  return corrupt(path, name, sectorBytes, what)
}
