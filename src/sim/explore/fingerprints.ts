/**
 * A set of 64-bit fingerprints in two typed arrays: sixteen bytes a state instead of some hundred,
 * and no garbage. Two different states have the same fingerprint with a probability of one in
 * 2^64; how likely it is that this ever happened is told with the result.
 */

export class Fingerprints {
  #high: Uint32Array = new Uint32Array(1 << 16)
  #low: Uint32Array = new Uint32Array(1 << 16)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How likely it is that two of the members were different states, at most. */
  get collisionProbability(): number {
    return this.#size ** 2 / 2 ** 65
  }

  /** Whether it is new. Zero stands for an empty place, and one is taken in its stead. */
  add(high: number, low: number): boolean {
    const first = high === 0 && low === 0 ? 1 : high
    if (!place(this.#high, this.#low, first, low)) return false
    this.#size += 1
    if (this.#size * 5 > this.#high.length * 3) this.#grow()
    return true
  }

  #grow(): void {
    const high = new Uint32Array(this.#high.length * 2)
    const low = new Uint32Array(this.#high.length * 2)
    for (let i = 0; i < this.#high.length; i++) {
      const first = this.#high[i] as number
      const second = this.#low[i] as number
      if (first !== 0 || second !== 0) place(high, low, first, second)
    }
    this.#high = high
    this.#low = low
  }
}

/** Linear probing; false where it stands already. */
function place(highs: Uint32Array, lows: Uint32Array, high: number, low: number): boolean {
  const mask = highs.length - 1
  for (let at = low & mask; ; at = (at + 1) & mask) {
    if (highs[at] === 0 && lows[at] === 0) {
      highs[at] = high
      lows[at] = low
      return true
    }
    if (highs[at] === high && lows[at] === low) return false
  }
}

/** Two 32-bit hashes of a sequence of numbers, each mixed as in MurmurHash3, with its own start. */
export class Fingerprint {
  high = 0
  low = 0

  start(): void {
    this.high = 0x9747b28c
    this.low = 0x3c6ef372
  }

  mix(value: number): void {
    this.high = mixed(this.high, Math.imul(value, 0xcc9e2d51))
    this.low = mixed(this.low, Math.imul(value ^ 0x5bd1e995, 0x1b873593))
  }

  end(): void {
    this.high = finished(this.high) >>> 0
    this.low = finished(this.low) >>> 0
  }
}

function mixed(hash: number, value: number): number {
  const rotated = (value << 15) | (value >>> 17)
  const next = hash ^ Math.imul(rotated, 0x1b873593)
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

function finished(hash: number): number {
  let value = hash
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}
