/**
 * The segments that are there, and which of them may go: one whose entries a durable snapshot
 * covers. They go oldest first and one by one, each durably, so that what is left never has a gap.
 */
import { assert } from '../base/assert.ts'
import type { Disk } from '../ports/index.ts'
import type { LogIndex } from '../raft/index.ts'
import { segmentName } from './segment.ts'

export interface KeptSegment {
  readonly number: number
  /**
   * The log's last entry before the segment: all that the earlier segments hold of the log that
   * counts. 0 where the log has been replaced since, and nothing of theirs counts.
   */
  startIndex: LogIndex
}

export class KeptSegments {
  readonly #disk: Disk
  /** Oldest first; the last is the one that is written to. */
  readonly #segments: KeptSegment[]
  #isRemoving = false
  #covered: LogIndex = 0
  #whenQuiet: () => void = () => {}

  constructor(disk: Disk, segments: readonly KeptSegment[], whenQuiet: () => void) {
    this.#disk = disk
    this.#segments = segments.map(({ number, startIndex }) => ({ number, startIndex }))
    this.#whenQuiet = whenQuiet
  }

  get isRemoving(): boolean {
    return this.#isRemoving
  }

  /** A frame was made durable in this segment, the first there where the number is new. */
  wrote(number: number, startIndex: LogIndex): void {
    if (this.#segments.at(-1)?.number !== number) this.#segments.push({ number, startIndex })
  }

  /** The log was replaced as a whole: no earlier segment counts any more. */
  replaced(): void {
    for (const segment of this.#segments) segment.startIndex = 0
  }

  /** Entries through `index` are covered for good: removes what may go, in the background. */
  discard(index: LogIndex): void {
    this.#covered = Math.max(this.#covered, index)
    this.#removeNext()
  }

  #removeNext(): void {
    const [oldest, next] = this.#segments
    if (this.#isRemoving || oldest === undefined || next === undefined) return
    if (next.startIndex > this.#covered) return
    this.#isRemoving = true
    this.#disk.removeLater(segmentName(oldest.number), (error) => {
      this.#isRemoving = false
      // What cannot be removed now may be later: it is only space.
      if (error === null) {
        assert(this.#segments[0] === oldest, 'segments go oldest first')
        this.#segments.shift()
        this.#removeNext()
      }
      this.#whenQuiet()
    })
  }
}

/** The segments among these that need not be there: to be removed in this order, at a start. */
export function superfluous(segments: readonly KeptSegment[], covered: LogIndex): string[] {
  const names: string[] = []
  // Without a snapshot all of it is the log.
  if (covered === 0) return names
  for (let i = 0; i + 1 < segments.length; i++) {
    if ((segments[i + 1] as KeptSegment).startIndex > covered) break
    names.push(segmentName((segments[i] as KeptSegment).number))
  }
  return names
}
