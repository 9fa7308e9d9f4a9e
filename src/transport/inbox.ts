/**
 * Datagrams on their way in, so many a turn of the event loop. What comes within the turn's share
 * is taken in at once, while it is being read; the rest waits, in order, for the next turns. So
 * timers and the disk have their turn whatever arrives, and a datagram that is read before an alarm
 * is due is also taken in before it.
 */

export class Inbox<Item> {
  readonly #takeIn: (item: Item) => void
  readonly #perTurnMax: number
  /** A ring: `#length` items from `#first` on. */
  readonly #waiting: (Item | undefined)[]
  readonly #waitingMax: number
  #first = 0
  #length = 0
  #takenThisTurn = 0
  #turnEnd: NodeJS.Immediate | null = null
  readonly #onTurnEnd = (): void => this.#nextTurn()

  constructor(perTurnMax: number, waitingMax: number, takeIn: (item: Item) => void) {
    this.#takeIn = takeIn
    this.#perTurnMax = perTurnMax
    this.#waitingMax = waitingMax
    this.#waiting = []
  }

  /** Items that wait for a later turn. */
  get length(): number {
    return this.#length
  }

  /**
   * Takes the item in, now or in a later turn. Returns false where an older one had to go for it:
   * of what waits too long anyway, the newer says more.
   */
  accept(item: Item): boolean {
    this.#turnEnd ??= setImmediate(this.#onTurnEnd)
    if (this.#length === 0 && this.#takenThisTurn < this.#perTurnMax) {
      this.#takenThisTurn++
      this.#takeIn(item)
      return true
    }
    const isFull = this.#length === this.#waitingMax
    if (isFull) this.#shift()
    this.#waiting[(this.#first + this.#length) % this.#waitingMax] = item
    this.#length++
    return !isFull
  }

  /** Forgets what waits. */
  clear(): void {
    while (this.#length > 0) this.#shift()
    if (this.#turnEnd !== null) clearImmediate(this.#turnEnd)
    this.#turnEnd = null
  }

  #nextTurn(): void {
    this.#takenThisTurn = 0
    // Before anything is taken in, which may throw.
    this.#turnEnd = this.#length > 0 ? setImmediate(this.#onTurnEnd) : null
    while (this.#length > 0 && this.#takenThisTurn < this.#perTurnMax) {
      this.#takenThisTurn++
      this.#takeIn(this.#shift())
    }
  }

  #shift(): Item {
    const item = this.#waiting[this.#first] as Item
    this.#waiting[this.#first] = undefined
    this.#first = (this.#first + 1) % this.#waitingMax
    this.#length--
    return item
  }
}
