/**
 * Which configurations a search has met: the operations already in order, and the state they led
 * to. Meeting one again is pointless, since what follows depends on nothing else (Lowe's
 * memoization). So is meeting one that differs only in having fewer unanswered operations left that
 * can still take effect: they need never happen, so whatever can follow it can follow the thriftier
 * one too.
 *
 * A hash table with open addressing, whose slots lead to chains in one growing arena of words:
 * millions of entries are a handful of objects to the garbage collector. Equal hashes are always
 * compared word by word, so a collision costs time and never a verdict.
 */
import { assert } from '../base/assert.ts'
import type { LinearizedSet } from './linearized-set.ts'

/** Words of an entry: the next of its chain (plus one, 0 for none), state, low, high, expired. */
const nextWord = 0
const stateWord = 1
const lowWord = 2
const highWord = 3
const expiredWord = 4
const headerWords = 5
const slotsAtFirst = 64
const arenaWordsAtFirst = 256
const bytesPerWord = 4

/** How many bytes are still allowed; shared by all the searches of one check. */
export interface MemoryBudget {
  bytesLeft: number
}

export class ConfigurationCache {
  /** How many words of unanswered operations the last `add` had to compare. */
  wordsCompared: number
  readonly #budget: MemoryBudget
  #bytes: number
  /** The first entry of a chain, plus one; 0 is a free slot. */
  #slots: Int32Array
  #hashes: Int32Array
  /** Entries: the header, the words of the unanswered operations, the words low to high - 1. */
  #arena: Int32Array
  #arenaLength: number
  #chainCount: number

  constructor(budget: MemoryBudget) {
    this.wordsCompared = 0
    this.#budget = budget
    this.#bytes = 0
    this.#slots = new Int32Array(slotsAtFirst)
    this.#hashes = new Int32Array(slotsAtFirst)
    this.#arena = new Int32Array(arenaWordsAtFirst)
    this.#arenaLength = 0
    this.#chainCount = 0
    this.charge(bytesPerWord * (2 * slotsAtFirst + arenaWordsAtFirst))
  }

  /** True where the memory budget is overdrawn. */
  get isFull(): boolean {
    return this.#budget.bytesLeft < 0
  }

  /** Takes bytes from the budget; also for what the search keeps beside the cache. */
  charge(bytes: number): void {
    this.#bytes += bytes
    this.#budget.bytesLeft -= bytes
  }

  /** Forgets everything and gives the bytes back; the cache is of no use any more. */
  release(): void {
    this.#budget.bytesLeft += this.#bytes
    this.#bytes = 0
    this.#slots = new Int32Array(0)
    this.#hashes = new Int32Array(0)
    this.#arena = new Int32Array(0)
  }

  /**
   * Remembers the configuration, and tells whether it is worth following: false where it was there
   * already, or one as good. `state` is an interned state; the first `expired` unanswered
   * operations can no longer take effect, spent or not.
   */
  add(set: LinearizedSet, state: number, expired: number): boolean {
    this.wordsCompared = 0
    const hash = set.hash ^ Math.imul(state + 1, 0x9e3779b1)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    while (this.#slots[slot] !== 0) {
      const first = (this.#slots[slot] as number) - 1
      if (this.#hashes[slot] === hash && this.#isAlikeButUnanswered(first, set, state)) {
        return this.#addToChain(first, set, state, expired)
      }
      slot = (slot + 1) & mask
    }
    this.#slots[slot] = this.#append(set, state, expired) + 1
    this.#hashes[slot] = hash
    this.#chainCount++
    if (this.#chainCount * 2 > this.#slots.length) this.#growTable()
    return true
  }

  /** True where the entry has the same state, and the same answered operations in order. */
  #isAlikeButUnanswered(entry: number, set: LinearizedSet, state: number): boolean {
    const arena = this.#arena
    const { low, high, words } = set
    if (arena[entry + stateWord] !== state || arena[entry + lowWord] !== low) return false
    if (arena[entry + highWord] !== high) return false
    let at = entry + headerWords + set.unansweredWords.length
    for (let i = low; i < high; i++) if (arena[at++] !== words[i]) return false
    return true
  }

  #addToChain(first: number, set: LinearizedSet, state: number, expired: number): boolean {
    let last = first
    for (let entry = first; entry >= 0; entry = (this.#arena[entry + nextWord] as number) - 1) {
      if (this.#isThriftier(entry, set, expired)) return false
      last = entry
    }
    // The arena may be moved by this, so it is read again afterwards.
    const added = this.#append(set, state, expired)
    this.#arena[last + nextWord] = added + 1
    return true
  }

  /**
   * True where every unanswered operation that is left after the set is left after the entry too.
   */
  #isThriftier(entry: number, set: LinearizedSet, expired: number): boolean {
    const arena = this.#arena
    const { unansweredWords } = set
    this.wordsCompared++
    if ((arena[entry + expiredWord] as number) > expired) return false
    const first = expired >>> 5
    const at = entry + headerWords
    for (let i = first; i < unansweredWords.length; i++) {
      this.wordsCompared++
      const spent = (arena[at + i] as number) & ~(unansweredWords[i] as number)
      if ((i === first ? spent >>> (expired & 31) : spent) !== 0) return false
    }
    return true
  }

  #append(set: LinearizedSet, state: number, expired: number): number {
    const { low, high, words, unansweredWords } = set
    const entry = this.#arenaLength
    const end = entry + headerWords + unansweredWords.length + (high - low)
    while (end > this.#arena.length) this.#growArena()
    const arena = this.#arena
    arena[entry + nextWord] = 0
    arena[entry + stateWord] = state
    arena[entry + lowWord] = low
    arena[entry + highWord] = high
    arena[entry + expiredWord] = expired
    arena.set(unansweredWords, entry + headerWords)
    let at = entry + headerWords + unansweredWords.length
    for (let i = low; i < high; i++) arena[at++] = words[i] as number
    this.#arenaLength = end
    return entry
  }

  #growArena(): void {
    const length = this.#arena.length * 2
    assert(length < 2 ** 31, 'an entry is found by an int32')
    this.charge(bytesPerWord * (length - this.#arena.length))
    const grown = new Int32Array(length)
    grown.set(this.#arena)
    this.#arena = grown
  }

  #growTable(): void {
    const [slots, hashes] = [this.#slots, this.#hashes]
    this.charge(2 * bytesPerWord * slots.length)
    this.#slots = new Int32Array(slots.length * 2)
    this.#hashes = new Int32Array(slots.length * 2)
    const mask = this.#slots.length - 1
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === 0) continue
      const hash = hashes[i] as number
      let slot = (hash ^ (hash >>> 15)) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = slots[i] as number
      this.#hashes[slot] = hash
    }
  }
}
