/**
 * A session's sequence numbers (§6.3): given out from 1, settled in any order. What every request
 * carries is the lowest that is not settled yet, for the servers to forget the responses below.
 */
import { broken } from '../base/assert.ts'

const firstCapacity = 256

export class SequenceWindow {
  readonly #spanMax: number
  /** Whether each number from the lowest unsettled on is settled; at `number % size`. */
  #settled = new Uint8Array(firstCapacity)
  #lowest = 1
  #next = 1

  /** `spanMax`: how far ahead of the lowest unsettled number another is given out. */
  constructor(spanMax: number) {
    this.#spanMax = spanMax
  }

  /** The lowest number that is not settled; the next one, where all are. */
  get lowestUnsettled(): number {
    return this.#lowest
  }

  get isFull(): boolean {
    return this.#next - this.#lowest >= this.#spanMax
  }

  take(): number {
    if (this.isFull) broken(`a sequence number more than ${this.#spanMax} ahead of the lowest`)
    if (this.#next - this.#lowest >= this.#settled.length) this.#grow()
    const number = this.#next++
    this.#settled[number % this.#settled.length] = 0
    return number
  }

  settle(number: number): void {
    const settled = this.#settled
    if (number < this.#lowest || number >= this.#next || settled[number % settled.length] === 1) {
      broken(`sequence number ${number} is settled, and was not waiting`)
    }
    settled[number % settled.length] = 1
    while (this.#lowest < this.#next && settled[this.#lowest % settled.length] === 1) {
      this.#lowest += 1
    }
  }

  #grow(): void {
    const settled = new Uint8Array(2 * this.#settled.length)
    for (let number = this.#lowest; number < this.#next; number++) {
      settled[number % settled.length] = this.#settled[number % this.#settled.length] as number
    }
    this.#settled = settled
  }
}
