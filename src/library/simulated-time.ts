/**
 * Lets simulated time pass while somebody waits for what happens in it, and at no other time. It
 * passes between turns of the real event loop, and stops for one whenever somebody's wait is over:
 * the code that waited goes on at that very moment of simulated time. So what a program does, and
 * when, depends on nothing but the simulation, as long as it waits for nothing else.
 */

/** After so many events the real event loop has its turn in any case, for timeouts of tests. */
const eventsAtOnceMax = 5000

export class SimulatedTime {
  readonly #step: () => void
  readonly #lookers = new Set<() => void>()
  #waiting = 0
  #ended = 0
  #isPassing = false

  /** `step`: has the next thing happen; where nothing does any more, it ends all waiting. */
  constructor(step: () => void) {
    this.#step = step
  }

  /** Somebody waits from now on. The code that has called us first comes to its own `await`. */
  begin(): void {
    this.#waiting += 1
    if (this.#isPassing) return
    this.#isPassing = true
    setImmediate(() => this.#pass())
  }

  /** It has what it waited for, and is told in the next turn. */
  end(): void {
    this.#waiting -= 1
    this.#ended += 1
  }

  /** Calls `look` after each event. */
  watch(look: () => void): void {
    this.#lookers.add(look)
  }

  unwatch(look: () => void): void {
    this.#lookers.delete(look)
  }

  #pass(): void {
    const before = this.#ended
    for (let events = 0; events < eventsAtOnceMax; events++) {
      if (this.#waiting === 0 || this.#ended !== before) break
      this.#step()
      for (const look of [...this.#lookers]) look()
    }
    if (this.#waiting > 0) setImmediate(() => this.#pass())
    else this.#isPassing = false
  }
}
