/**
 * What opening writes before anything read is relied upon. The last frame may stand in the
 * system's memory only: its process was killed before the sync ended, or the sync failed, after
 * which the system believes what it never wrote. So it is written once more, and what an unfinished
 * write left is made zeros; then, when that is durable, it is sealed. A seal that came to the disk
 * without its frame would make of a write that was never acknowledged a damage. Repairing twice
 * changes nothing.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import { encodeSeal, sectorBytes } from './frame.ts'
import type { Segment } from './segment.ts'
import type { Tail } from './tail.ts'

/** Bytes to overwrite, durably. */
export interface Repair {
  readonly name: string
  readonly position: number
  readonly bytes: Uint8Array
}

/** Where the log ends. `lastFrameAt` is 0 where the segment has no frame. */
export interface LogEnd {
  readonly position: number
  readonly sequence: number
  readonly lastFrameAt: number
  readonly tail: Tail
}

export function planRepairs(
  path: string,
  segment: Segment,
  end: LogEnd,
  next: Segment | null,
  checksum: Checksum,
): { repairs: Repair[]; notes: string[] } {
  const { position, tail } = end
  const repairs: Repair[] = []
  const notes: string[] = []
  repairs.push(...repairEnd(segment, end, checksum))
  if (tail.cutTo > position) notes.push(cutNote(path, segment.name, position, tail.cutTo))
  if (next !== null && tail.nextCutTo > sectorBytes) {
    const bytes = new Uint8Array(tail.nextCutTo - sectorBytes)
    repairs.push({ name: next.name, position: sectorBytes, bytes })
    notes.push(cutNote(path, next.name, sectorBytes, tail.nextCutTo))
  }
  return { repairs, notes }
}

/** In this order, each durable before the next. */
function repairEnd(segment: Segment, end: LogEnd, checksum: Checksum): Repair[] {
  const { position, sequence, lastFrameAt, tail } = end
  const { name, header } = segment
  const whole = tail.sealed ? position + sectorBytes : position
  const zeros = new Uint8Array(Math.max(0, tail.cutTo - whole))
  if (tail.sealed || lastFrameAt === 0) {
    return zeros.length === 0 ? [] : [{ name, position: whole, bytes: zeros }]
  }
  assert(position + sectorBytes <= header.size, 'a segment keeps a sector for its seal')
  const bytes = new Uint8Array(position - lastFrameAt + zeros.length)
  bytes.set(segment.bytes.subarray(lastFrameAt, position))
  const seal = encodeSeal('seal', sequence, header.salt, checksum)
  return [
    { name, position: lastFrameAt, bytes },
    { name, position, bytes: seal },
  ]
}

function cutNote(path: string, name: string, from: number, to: number): string {
  return (
    `${path}/${name} at offset ${from}: the last write was not finished and was cut, ` +
    `${to - from} bytes; nothing shows that it had been acknowledged`
  )
}
