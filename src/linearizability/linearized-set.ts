/**
 * The operations that a search has put in order so far: a bit per operation. Answered and
 * unanswered ones have words of their own. The answered ones fill up from the front as a search
 * proceeds: the words below `low` are full, those from `high` on are empty, and only the few
 * between have to be remembered and compared. Their hash is kept up to date in O(1) by each change
 * (Zobrist: a random word per operation, xor).
 */
import { assert } from '../base/assert.ts'
import { Random } from '../base/random.ts'

const allBits = -1

export class LinearizedSet {
  /** Bits of the answered operations, 32 a word. */
  readonly words: Int32Array
  /** Bits of the unanswered operations, 32 a word. */
  readonly unansweredWords: Int32Array
  /** All words below this one are full, and it is not. */
  low: number
  /** All words from this one on are empty, and the one before is not; never below low. */
  high: number
  /** Of the answered operations: equal sets have equal hashes; an int32. */
  hash: number
  readonly #answeredCount: number
  readonly #zobrist: Int32Array

  /** Operations 0 to answeredCount - 1 are answered, the next unansweredCount are not. */
  constructor(answeredCount: number, unansweredCount: number) {
    this.words = new Int32Array((answeredCount + 31) >>> 5)
    this.unansweredWords = new Int32Array((unansweredCount + 31) >>> 5)
    this.low = 0
    this.high = 0
    this.hash = 0
    this.#answeredCount = answeredCount
    this.#zobrist = new Int32Array(answeredCount)
    const random = new Random('linearized set')
    for (let i = 0; i < answeredCount; i++) this.#zobrist[i] = random.uint32()
  }

  has(operation: number): boolean {
    const isAnswered = operation < this.#answeredCount
    const words = isAnswered ? this.words : this.unansweredWords
    const bit = isAnswered ? operation : operation - this.#answeredCount
    return ((words[bit >>> 5] as number) & (1 << (bit & 31))) !== 0
  }

  /** Puts in an operation that is not in the set. */
  add(operation: number): void {
    if (operation >= this.#answeredCount) {
      flip(this.unansweredWords, operation - this.#answeredCount)
      return
    }
    this.hash ^= this.#zobrist[operation] as number
    flip(this.words, operation)
    const word = operation >>> 5
    if (word >= this.high) this.high = word + 1
    while (this.low < this.high && this.words[this.low] === allBits) this.low++
  }

  /** Takes out an operation that is in the set. */
  remove(operation: number): void {
    if (operation >= this.#answeredCount) {
      flip(this.unansweredWords, operation - this.#answeredCount)
      return
    }
    this.hash ^= this.#zobrist[operation] as number
    flip(this.words, operation)
    const word = operation >>> 5
    if (word < this.low) this.low = word
    while (this.high > this.low && this.words[this.high - 1] === 0) this.high--
    assert(this.low <= this.high, 'the full words of a set end before its empty words begin')
  }
}

function flip(words: Int32Array, bit: number): void {
  words[bit >>> 5] = (words[bit >>> 5] as number) ^ (1 << (bit & 31))
}
