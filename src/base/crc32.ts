/**
 * CRC-32 (IEEE 802.3, as in zlib) in plain code, for the places that have no Node: the simulator in
 * a browser. Production passes `zlib.crc32` in instead; a property test holds the two together.
 */

/** A running checksum: of `bytes`, continued from `previous` (0 at the start); a uint32. */
export type Checksum = (bytes: Uint8Array, previous: number) => number

const table: Uint32Array = new Uint32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  table[byte] = value >>> 0
}

/** {@link Checksum} in plain code: of few bytes the fastest. `length`: of the first alone. */
export function crc32(bytes: Uint8Array, previous: number, length: number = bytes.length): number {
  let crc = ~previous
  for (let i = 0; i < length; i++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number)
  }
  return ~crc >>> 0
}
