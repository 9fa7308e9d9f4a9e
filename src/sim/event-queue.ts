/**
 * What will happen, ordered by time and, at one time, by who asked first: a binary heap over
 * columns, so that an event costs no object. Events are never taken back; who no longer wants one
 * ignores it when it comes.
 */
import { broken } from '../base/assert.ts'

/** Something that events happen to. `what` is the target's own affair. */
export interface Target {
  happen(what: number, payload: unknown): void
}

const firstCapacity = 1024

export class EventQueue {
  /** Of the event that `next` has just taken out. */
  time = 0
  target: Target | null = null
  what = 0
  payload: unknown = null

  #times = new Float64Array(firstCapacity)
  /**
   * Ascending with each push: breaks ties, which makes the order of events a function of the run.
   */
  #orders = new Float64Array(firstCapacity)
  readonly #targets: (Target | null)[] = []
  readonly #whats: number[] = []
  readonly #payloads: unknown[] = []
  /** Slots of the columns, as a heap. */
  #heap = new Int32Array(firstCapacity)
  #size = 0
  readonly #freeSlots: number[] = []
  #pushed = 0

  get size(): number {
    return this.#size
  }

  /** The time of the next event; Infinity where there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#timeAt(0)
  }

  push(time: number, target: Target, what: number, payload: unknown): void {
    if (!(time >= this.time))
      broken(`something happens in the past: at ${time}, after ${this.time}`)
    const slot = this.#freeSlots.pop() ?? this.#size
    if (slot >= this.#times.length) this.#grow()
    this.#times[slot] = time
    this.#orders[slot] = this.#pushed++
    this.#targets[slot] = target
    this.#whats[slot] = what
    this.#payloads[slot] = payload
    this.#rise(this.#size++, slot)
  }

  /** Takes the next event out, into this object's fields. False where there is none. */
  next(): boolean {
    if (this.#size === 0) return false
    const slot = this.#heap[0] as number
    this.time = this.#times[slot] as number
    this.target = this.#targets[slot] as Target
    this.what = this.#whats[slot] as number
    this.payload = this.#payloads[slot]
    this.#targets[slot] = null
    this.#payloads[slot] = null
    this.#freeSlots.push(slot)
    this.#size -= 1
    if (this.#size > 0) this.#sink(this.#heap[this.#size] as number)
    return true
  }

  #timeAt(place: number): number {
    return this.#times[this.#heap[place] as number] as number
  }

  #isBefore(a: number, b: number): boolean {
    const timeA = this.#times[a] as number
    const timeB = this.#times[b] as number
    if (timeA !== timeB) return timeA < timeB
    return (this.#orders[a] as number) < (this.#orders[b] as number)
  }

  /** Puts `slot` at the free place `place`, or as far above it as it belongs. */
  #rise(place: number, slot: number): void {
    const heap = this.#heap
    let at = place
    while (at > 0) {
      const parent = (at - 1) >>> 1
      const parentSlot = heap[parent] as number
      if (!this.#isBefore(slot, parentSlot)) break
      heap[at] = parentSlot
      at = parent
    }
    heap[at] = slot
  }

  /** Puts `slot` at the root, or as far below it as it belongs. */
  #sink(slot: number): void {
    const heap = this.#heap
    const size = this.#size
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && this.#isBefore(heap[child + 1] as number, heap[child] as number)) {
        child += 1
      }
      const childSlot = heap[child] as number
      if (!this.#isBefore(childSlot, slot)) break
      heap[at] = childSlot
      at = child
    }
    heap[at] = slot
  }

  #grow(): void {
    const capacity = 2 * this.#times.length
    const times = new Float64Array(capacity)
    times.set(this.#times)
    this.#times = times
    const orders = new Float64Array(capacity)
    orders.set(this.#orders)
    this.#orders = orders
    const heap = new Int32Array(capacity)
    heap.set(this.#heap)
    this.#heap = heap
  }
}
