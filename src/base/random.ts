/**
 * The only dice in the house: a small seeded generator (sfc32, Chris Doty-Humphrey's "small fast
 * counting" generator). Everything random in the core, the driver and the simulator is drawn from
 * one of these, so that a seed names a run.
 */
import { assert, broken } from './assert.ts'

/** A deterministic source of random numbers; the same seed gives the same sequence for ever. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter: number

  /**
   * `seed`: any safe integer, or a text such as `"seed/server-1"`; equal seeds, equal sequences.
   */
  constructor(seed: number | string) {
    const state = hashSeed(String(seed))
    this.#a = state[0]
    this.#b = state[1]
    this.#c = state[2]
    this.#counter = 1
    // The first outputs still resemble the seed; sfc32's author discards a dozen.
    for (let i = 0; i < 12; i++) this.uint32()
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A number in [0, 1). */
  float(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** A whole number in [low, high], both included. */
  integer(low: number, high: number): number {
    if (high < low) broken(`an integer is drawn from a range that is empty: ${low}..${high}`)
    return low + Math.floor(this.float() * (high - low + 1))
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + this.float() * (high - low)
  }

  /** True with the given probability in [0, 1]. */
  chance(probability: number): boolean {
    return this.float() < probability
  }

  /** One of the items; there must be at least one. */
  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'something is picked from a list that is not empty')
    return items[this.integer(0, items.length - 1)] as T
  }

  /** The items in a random order, as a new list (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(0, i)
      const held = shuffled[i] as T
      shuffled[i] = shuffled[j] as T
      shuffled[j] = held
    }
    return shuffled
  }

  /** A generator of its own, independent of later draws from this one. */
  fork(label: string): Random {
    return new Random(`${this.uint32()}/${label}`)
  }
}

/** FNV-1a over the text, mixed three times with different starts (public domain constants). */
function hashSeed(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b]
  for (let lane = 0; lane < 3; lane++) {
    let hash = words[lane] as number
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
      hash ^= hash >>> 15
    }
    words[lane] = hash | 0
  }
  return words
}
