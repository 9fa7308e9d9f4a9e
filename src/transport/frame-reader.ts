/**
 * Frames out of a stream of bytes, however it is cut up: four bytes of length, the highest first,
 * then so many bytes. The highest bit of the length marks a frame of the transport's own (see
 * control-frame.ts). A length above the limit is noticed before anything of the frame is kept, and
 * of a frame that has begun no more is held than twice what has arrived.
 */
import type { ByteBudget } from './byte-budget.ts'

export const frameHeaderBytes = 4

/** Set in the length of a frame of the transport's own. */
export const controlBit = 0x8000_0000

/** The longest frame of the transport's own: a hello with five names of 255 bytes has room. */
export const controlFrameBytesMax = 2048

/** What a part of a frame is given at first; it doubles as long as the frame goes on. */
const partBytesFirst = 1024

/** Why a stream cannot be read on. */
export type FrameProblem = 'frameTooLarge' | 'noRoom'

/** Told of every whole frame. The bytes are a view of what was read, or their own. */
export type TakeFrame = (frame: Uint8Array, isControl: boolean) => void

export class FrameReader {
  /** The longest frame that is taken; may change between frames. */
  frameBytesMax: number
  /** Whole frames so far. */
  frames = 0
  readonly #take: TakeFrame
  readonly #budget: ByteBudget
  /** The frame's length, as far as its four bytes have arrived. */
  #header = 0
  #headerFilled = 0
  /** The frame that is under way: where it goes, and how much of it has come. */
  #part: Uint8Array | null = null
  #partFilled = 0
  #length = 0
  #isControl = false
  #isStopped = false

  constructor(frameBytesMax: number, budget: ByteBudget, take: TakeFrame) {
    this.frameBytesMax = frameBytesMax
    this.#budget = budget
    this.#take = take
  }

  /** True where a frame has begun and not ended. */
  get isMidFrame(): boolean {
    return this.#headerFilled > 0 || this.#part !== null
  }

  /** Hands over the frames that `chunk` completes. After a problem nothing more can be read. */
  read(chunk: Uint8Array): FrameProblem | null {
    let at = 0
    while (!this.#isStopped) {
      if (this.#part !== null) {
        const end = Math.min(chunk.length, at + this.#length - this.#partFilled)
        if (!this.#fill(chunk, at, end)) return this.#stopFor('noRoom')
        at = end
        if (this.#partFilled < this.#length) return null
        this.#completePart()
        continue
      }
      at = this.#readHeader(chunk, at)
      if (this.#headerFilled < frameHeaderBytes) return null
      this.#headerFilled = 0
      this.#isControl = this.#header >= controlBit
      this.#length = this.#isControl ? this.#header - controlBit : this.#header
      const lengthMax = this.#isControl ? controlFrameBytesMax : this.frameBytesMax
      if (this.#length > lengthMax) return this.#stopFor('frameTooLarge')
      const end = at + this.#length
      if (end <= chunk.length) {
        this.frames++
        this.#take(chunk.subarray(at, end), this.#isControl)
        at = end
      } else if (!this.#begin(chunk.length - at)) return this.#stopFor('noRoom')
    }
    return null
  }

  /** Hands over nothing more, and lets go of what has begun; also from inside a handing over. */
  stop(): void {
    this.#isStopped = true
    if (this.#part !== null) this.#budget.give(this.#part.length)
    this.#part = null
    this.#headerFilled = 0
  }

  #stopFor(problem: FrameProblem): FrameProblem {
    this.stop()
    return problem
  }

  /** Reads what there is of the four bytes; returns where the next ones are. */
  #readHeader(chunk: Uint8Array, from: number): number {
    let at = from
    if (this.#headerFilled === 0) this.#header = 0
    while (this.#headerFilled < frameHeaderBytes && at < chunk.length) {
      this.#header = this.#header * 256 + (chunk[at++] as number)
      this.#headerFilled++
    }
    return at
  }

  /** Makes room for a frame of which `arrived` bytes are there. */
  #begin(arrived: number): boolean {
    const size = Math.min(this.#length, Math.max(partBytesFirst, arrived * 2))
    if (!this.#budget.take(size)) return false
    this.#part = new Uint8Array(size)
    this.#partFilled = 0
    return true
  }

  /** Takes `chunk` from `at` to `end` into the frame under way, which is made larger for it. */
  #fill(chunk: Uint8Array, at: number, end: number): boolean {
    let part = this.#part as Uint8Array
    const needed = this.#partFilled + end - at
    if (needed > part.length) {
      const size = Math.min(this.#length, Math.max(needed, part.length * 2))
      if (!this.#budget.take(size - part.length)) return false
      const larger = new Uint8Array(size)
      larger.set(part.subarray(0, this.#partFilled))
      this.#part = part = larger
    }
    part.set(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end), this.#partFilled)
    this.#partFilled = needed
    return true
  }

  #completePart(): void {
    const part = this.#part as Uint8Array
    this.#part = null
    this.#budget.give(part.length)
    this.frames++
    this.#take(part, this.#isControl)
  }
}
