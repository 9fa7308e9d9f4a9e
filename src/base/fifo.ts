/** A queue: in at the end, out at the head, at the same cost however long it is. */

/** Places at the head that are free before the others move up: so that this is rarely done. */
const freeMax = 1024

export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  /** Where the first one stands. */
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  /** The one at the head; undefined where there is none. */
  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  /** Takes out the one at the head; undefined where there is none. */
  shift(): Item | undefined {
    const first = this.#items[this.#head]
    if (first === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head >= freeMax && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return first
  }

  /** All of them, in their order; none is left. */
  takeAll(): Item[] {
    const items = this.#items.slice(this.#head) as Item[]
    this.#items.length = 0
    this.#head = 0
    return items
  }
}
