/**
 * Small pieces of memory, cut one after the other out of larger ones: an allocation of its own
 * costs about ten times as much as a piece. A piece keeps all of what it was cut from; so a slab is
 * for pieces of one kind, which end soon or in the order in which they were made, and never for two
 * kinds of which one lives longer than the other.
 */

/** What pieces are cut from: some fifty commands of 256 bytes. */
const slabBytes = 16 * 1024

/** What is longer has memory of its own. */
const pieceBytesMax = 2048

/** Up to here the engine keeps the bytes with the object, which costs less than a piece. */
const insideBytesMax = 64

export class Slab {
  #memory: ArrayBuffer = new ArrayBuffer(0)
  #used = 0

  /** So many bytes, all of them 0, that are nobody else's. */
  piece(length: number): Uint8Array {
    if (!isPiece(length)) return new Uint8Array(length)
    if (this.#used + length > this.#memory.byteLength) {
      this.#memory = new ArrayBuffer(slabBytes)
      this.#used = 0
    }
    const piece = new Uint8Array(this.#memory, this.#used, length)
    this.#used += length
    return piece
  }
}

/** A copy of what may be a piece, and would keep much more than itself if it lived on. */
export function ownCopy(bytes: Uint8Array): Uint8Array {
  return isPiece(bytes.length) ? new Uint8Array(bytes) : bytes
}

function isPiece(length: number): boolean {
  return length > insideBytesMax && length <= pieceBytesMax
}
