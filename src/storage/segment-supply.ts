/**
 * The segments to come. The next one is made in the background while the current one fills, so that
 * a save hardly ever waits for a file of zeros, and a disk that is full is found so while there is
 * room. What fails in the background is tried once more when it is needed.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { Random } from '../base/random.ts'
import type { Disk, DiskFile } from '../ports/index.ts'
import { diskFailed, type StorageError } from './errors.ts'
import { sectorBytes } from './frame.ts'
import { encodeHeader, type LogId, type SegmentHeader, segmentName } from './segment.ts'

/** A segment that is written to. */
export interface OpenSegment {
  readonly name: string
  readonly header: SegmentHeader
  readonly file: DiskFile
  /** Where the next frame goes. */
  position: number
}

export interface SegmentSupplyOptions {
  readonly checksum: Checksum
  readonly random: Random
  readonly logId: LogId
  readonly segmentBytes: number
}

/** Of a segment: what entries leave free where the disk is full. Each save takes a sector of it. */
const shareForTerms = 1 / 4

/** What the supply does where the disk is full: see log-space.ts. */
export interface SupplySpace {
  lacking(): void
  wait(waiting: { again(): void; giveUp(): void }): void
}

/** A segment as it is handed out: where the frames begin is for the taker to say. */
type Made = Omit<OpenSegment, 'position'>

type Taken = (
  ...result: [error: StorageError, segment: null] | [error: null, segment: Made]
) => void

export class SegmentSupply {
  readonly #disk: Disk
  readonly #options: SegmentSupplyOptions
  readonly #space: SupplySpace
  #spare: Made | null
  #isMaking = false
  /** The background has failed for the segment that is next: it is not tried again there. */
  #hasFailed = false
  #whenMade: (() => void) | null = null

  constructor(disk: Disk, options: SegmentSupplyOptions, spare: Made | null, space: SupplySpace) {
    this.#space = space
    this.#disk = disk
    this.#options = options
    this.#spare = spare
  }

  get isMaking(): boolean {
    return this.#isMaking
  }

  /** Of entries, beside the part of a segment that is kept for terms and votes. */
  roomBytes({ header, position }: OpenSegment): number {
    const spareBytes = this.#spare?.header.size ?? 0
    const left = header.size - position + spareBytes - 2 * sectorBytes
    return Math.max(0, left - header.size * shareForTerms)
  }

  /** Makes segment `number` in the background, unless it is there, or on its way, or failed. */
  prepare(number: number, made: () => void): void {
    if (this.#spare !== null || this.#isMaking || this.#hasFailed) return
    this.#make(number, this.#options.segmentBytes, (error) => {
      this.#hasFailed = error !== null
      if (error?.code === 'FULL') this.#space.lacking()
      made()
    })
  }

  /** Whatever was tried before: makes the segment after this one, and says whether it is there. */
  makeNext({ header, position }: OpenSegment, made: (isThere: boolean) => void): void {
    this.#hasFailed = false
    // None is made before the one that is there holds something.
    if (position === sectorBytes || this.#spare !== null) made(true)
    else if (this.#isMaking) made(false)
    else this.prepare(header.number + 1, () => made(this.#spare !== null))
  }

  /**
   * Hands out segment `number` with room for `bytes`. May call `taken` from inside this call; where
   * the disk is full, not before there is space, and with an error if there never is.
   */
  take(number: number, bytes: number, taken: Taken): void {
    if (this.#isMaking) {
      assert(this.#whenMade === null, 'one segment is taken at a time')
      this.#whenMade = () => this.take(number, bytes, taken)
      return
    }
    const spare = this.#spare
    if (spare !== null && spare.header.size >= bytes) {
      assert(spare.header.number === number, 'the segment that was made is the next one')
      this.#handOut(taken)
      return
    }
    // Too small for this save: the file is replaced by a larger one of the same name.
    spare?.file.close()
    this.#spare = null
    this.#make(number, Math.max(this.#options.segmentBytes, bytes), (error) => {
      if (error === null) {
        this.#handOut(taken)
      } else if (error.code === 'FULL') {
        const again = (): void => this.take(number, bytes, taken)
        this.#space.wait({ again, giveUp: () => taken(error, null) })
      } else {
        taken(error, null)
      }
    })
  }

  close(): void {
    assert(!this.#isMaking, 'a supply is closed when nothing is being made')
    this.#spare?.file.close()
    this.#spare = null
  }

  #handOut(taken: Taken): void {
    const spare = this.#spare
    assert(spare !== null, 'there is a segment to hand out')
    this.#spare = null
    this.#hasFailed = false
    taken(null, spare)
  }

  #make(number: number, size: number, made: (error: StorageError | null) => void): void {
    const { checksum, random, logId } = this.#options
    const header = { number, logId, salt: random.uint32(), size }
    const name = segmentName(number)
    this.#isMaking = true
    this.#disk.createLater(name, encodeHeader(header, checksum), size, (cause, file) => {
      this.#isMaking = false
      if (file !== null) this.#spare = { name, header, file }
      made(cause === null ? null : diskFailed(this.#disk.path, 'make', name, null, cause))
      const whenMade = this.#whenMade
      this.#whenMade = null
      whenMade?.()
    })
  }
}
