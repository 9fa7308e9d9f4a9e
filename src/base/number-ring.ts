/**
 * Things by numbers that ascend, and that are taken out again in about that order: each number has
 * one place in a ring, which grows as long as two things want the same place, up to a bound; past
 * it the newer one stands aside. A Map does the same and costs several times as much, for it is
 * made anew all the time when what is in it comes and goes.
 */
import { broken } from './assert.ts'

const sizeFirst = 8

/** A ring is no larger: a few thousand numbers apart is as far as those come who keep to limits. */
const sizeMax = 4096

export class NumberRing<Value> {
  #numbers: number[] = new Array<number>(sizeFirst).fill(-1)
  #values: (Value | null)[] = new Array<Value | null>(sizeFirst).fill(null)
  #aside: Map<number, Value> | null = null
  #count = 0

  /** Places that it has: it gives them back when few are left in it. */
  get places(): number {
    return this.#numbers.length
  }

  /** How many there are. */
  get size(): number {
    return this.#count
  }

  get(number: number): Value | null {
    const place = number % this.#numbers.length
    if (this.#numbers[place] === number) return this.#values[place] as Value | null
    return this.#aside?.get(number) ?? null
  }

  /** Under a whole number, from 0 up, under which nothing stands. */
  set(number: number, value: Value): void {
    if (this.get(number) !== null) broken(`nothing stands under ${number} yet`)
    this.#count += 1
    for (;;) {
      const place = number % this.#numbers.length
      if (this.#values[place] === null) {
        this.#numbers[place] = number
        this.#values[place] = value
        return
      }
      if (this.#numbers.length >= sizeMax) {
        this.#aside ??= new Map()
        this.#aside.set(number, value)
        return
      }
      this.#resize(2 * this.#numbers.length)
    }
  }

  /** False where there was none. */
  delete(number: number): boolean {
    const place = number % this.#numbers.length
    if (this.#numbers[place] === number) {
      this.#numbers[place] = -1
      this.#values[place] = null
    } else if (this.#aside?.delete(number) !== true) return false
    this.#count -= 1
    const size = this.#numbers.length
    if (size > sizeFirst && this.#count === size >> 4) this.#resize(size >> 2)
    return true
  }

  /** All of them, in no order: a new list. */
  entries(): [number, Value][] {
    const entries: [number, Value][] = [...(this.#aside ?? [])]
    for (const [at, value] of this.#values.entries()) {
      if (value !== null) entries.push([this.#numbers[at] as number, value])
    }
    return entries
  }

  /** To another size, where each has a place of its own: as in a larger one they always have. */
  #resize(size: number): void {
    const numbers = new Array<number>(size).fill(-1)
    const values = new Array<Value | null>(size).fill(null)
    for (let at = 0; at < this.#values.length; at++) {
      const value = this.#values[at] as Value | null
      if (value === null) continue
      const number = this.#numbers[at] as number
      const place = number % size
      if (values[place] !== null) return
      numbers[place] = number
      values[place] = value
    }
    this.#numbers = numbers
    this.#values = values
  }
}
