/**
 * Frames on their way out of one connection. They leave in batches, a write to the socket each:
 * small frames are copied together, large ones are passed on as they are and in pieces, so that a
 * reader that is slow but not stuck is seen to move.
 */
import { controlBit, frameHeaderBytes } from './frame-reader.ts'

/** What one batch holds at most: a common size of socket buffers. */
export const batchBytesMax: number = 128 * 1024

/** Up to here a copy costs less than one more piece to write. */
const copyBytesMax = 4096

/** Frames taken out before the list of them is shortened, so that this is rarely done. */
const forgetAt = 1024

export class Outbox {
  /** Bytes of frames and headers that have not been taken out. */
  bytes = 0
  readonly #frames: Uint8Array[] = []
  readonly #controls: boolean[] = []
  /** The first frame that has not been taken out whole, and how much of it has been. */
  #first = 0
  #firstTaken = 0

  add(frame: Uint8Array, isControl: boolean): void {
    this.#frames.push(frame)
    this.#controls.push(isControl)
    this.bytes += frameHeaderBytes + frame.length
  }

  /** Takes out the next batch: pieces to be written one after the other; none where none waits. */
  takeBatch(): Uint8Array[] {
    const pieces: Uint8Array[] = []
    const copies = Buffer.allocUnsafe(this.#bytesToCopy())
    let [from, to, taken] = [0, 0, 0]
    while (this.#fits(this.#first, batchBytesMax - taken)) {
      const frame = this.#frames[this.#first] as Uint8Array
      if (this.#firstTaken === 0) {
        const flag = this.#controls[this.#first] === true ? controlBit : 0
        to = copies.writeUInt32BE(frame.length + flag, to)
        taken += frameHeaderBytes
      }
      const start = this.#firstTaken
      const end = Math.min(frame.length, start + batchBytesMax - taken)
      if (frame.length <= copyBytesMax) {
        copies.set(frame, to)
        to += frame.length
      } else {
        if (to > from) pieces.push(copies.subarray(from, to))
        from = to
        pieces.push(frame.subarray(start, end))
      }
      taken += end - start
      this.#firstTaken = end
      if (end === frame.length) this.#next()
    }
    if (to > from) pieces.push(copies.subarray(from, to))
    this.bytes -= taken
    this.#forget()
    return pieces
  }

  /** Forgets what waits. */
  clear(): void {
    this.#frames.length = 0
    this.#controls.length = 0
    this.#first = 0
    this.#firstTaken = 0
    this.bytes = 0
  }

  /** True where frame `i`, or a piece of it, has a place in `room`; a small one goes whole. */
  #fits(i: number, room: number): boolean {
    const frame = this.#frames[i]
    if (frame === undefined) return false
    return room > frameHeaderBytes + (frame.length <= copyBytesMax ? frame.length : 0)
  }

  /** What the next batch copies: all headers, and the small frames. */
  #bytesToCopy(): number {
    let [bytes, room] = [0, batchBytesMax]
    for (let i = this.#first; this.#fits(i, room); i++) {
      const { length } = this.#frames[i] as Uint8Array
      const taken = i === this.#first ? this.#firstTaken : 0
      const header = taken === 0 ? frameHeaderBytes : 0
      bytes += header + (length <= copyBytesMax ? length : 0)
      room -= header + length - taken
    }
    return bytes
  }

  #next(): void {
    // The bytes may go as soon as they are sent, the list's own places somewhat later.
    this.#frames[this.#first] = empty
    this.#first++
    this.#firstTaken = 0
  }

  #forget(): void {
    if (this.#first < this.#frames.length && this.#first < forgetAt) return
    this.#frames.splice(0, this.#first)
    this.#controls.splice(0, this.#first)
    this.#first = 0
  }
}

const empty = new Uint8Array(0)
