/**
 * Whole numbers of 64 bits on disk, little-endian. In memory they are JavaScript numbers, so what
 * is written is at most 2^53 - 1; what is read above that is not a safe integer, and is refused by
 * whoever reads it.
 */
import { broken } from '../base/assert.ts'

export function setUint64(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) broken(`a number on disk is no safe integer: ${value}`)
  if (value < 0) broken(`a number on disk is negative: ${value}`)
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true)
}

/** The number, or one that `Number.isSafeInteger` refuses where it is above 2^53 - 1. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
}

/** A view over the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
