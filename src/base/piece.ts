/**
 * Small pieces of memory, cut one after the other out of larger ones: an allocation of its own
 * costs more than ten times as much as a piece. A piece keeps all of what it was cut from, so this
 * is for bytes that do not live long, or that end in the order in which they were made.
 */

/** What pieces are cut from: some fifty commands of 256 bytes. */
const slabBytes = 16 * 1024

/** What is longer has memory of its own. */
const pieceBytesMax = 2048

/** Up to here the engine keeps the bytes with the object, which costs less than a piece. */
const insideBytesMax = 64

let slab: ArrayBuffer = new ArrayBuffer(0)
let used = 0

/** So many bytes, all of them 0, that are nobody else's. */
export function pieceOf(length: number): Uint8Array {
  if (length <= insideBytesMax || length > pieceBytesMax) return new Uint8Array(length)
  if (used + length > slab.byteLength) {
    slab = new ArrayBuffer(slabBytes)
    used = 0
  }
  const piece = new Uint8Array(slab, used, length)
  used += length
  return piece
}
