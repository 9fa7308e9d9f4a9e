/**
 * One server's clock: monotonic, as the port promises, but faster or slower than the world's, and
 * at times it jumps ahead, as after a suspended machine. Alarms ring late, never early.
 */
import { assert } from '../base/assert.ts'
import type { Milliseconds } from '../raft/index.ts'

/** Whose time is the true one. */
export interface TrueTime {
  readonly now: Milliseconds
}

/** A thousandth of a millisecond: an alarm rings at least so much late, whatever rounding does. */
const latenessMs = 0.001

export class SimClock {
  readonly #world: TrueTime
  /** Has `ring(at)` called at world time `at`. */
  readonly #ringAt: (at: Milliseconds) => void
  /** Own milliseconds in one of the world's. */
  #rate: number
  /** Own time `#ownBase` was world time `#worldBase`. */
  #ownBase: Milliseconds
  #worldBase: Milliseconds
  #deadline: Milliseconds = Number.POSITIVE_INFINITY
  #wake: (() => void) | null = null
  /**
   * The world time of the earliest ring that is asked for; earlier alarms wait for it to re-ask.
   */
  #ringsAt: Milliseconds = Number.POSITIVE_INFINITY

  constructor(
    world: TrueTime,
    ringAt: (at: Milliseconds) => void,
    start: Milliseconds,
    rate: number,
  ) {
    this.#world = world
    this.#ringAt = ringAt
    this.#ownBase = start
    this.#worldBase = world.now
    this.#rate = rate
  }

  now(): Milliseconds {
    return this.#ownBase + (this.#world.now - this.#worldBase) * this.#rate
  }

  /** As {@link Clock.wakeAt}. Most alarms are put off before they ring: that costs no event. */
  wakeAt(deadline: Milliseconds, wake: () => void): void {
    this.#deadline = deadline
    this.#wake = wake
    this.#ask()
  }

  cancel(): void {
    this.#deadline = Number.POSITIVE_INFINITY
    this.#wake = null
  }

  /** From now on it is so much later. */
  jump(ms: Milliseconds): void {
    assert(ms >= 0, 'a monotonic clock is not set back')
    this.#rebase(this.#rate, ms)
    this.#ask()
  }

  setRate(rate: number): void {
    this.#rebase(rate, 0)
    this.#ask()
  }

  /** The world rings, as asked for `at`. Returns whether the alarm went off. */
  ring(at: Milliseconds): boolean {
    if (at !== this.#ringsAt) return false
    this.#ringsAt = Number.POSITIVE_INFINITY
    const wake = this.#wake
    if (wake === null) return false
    if (this.now() < this.#deadline) {
      this.#ask()
      return false
    }
    this.cancel()
    wake()
    return true
  }

  /** A new process: the alarm of the last one is gone. */
  forget(): void {
    this.cancel()
    this.#ringsAt = Number.POSITIVE_INFINITY
  }

  #rebase(rate: number, jump: Milliseconds): void {
    this.#ownBase = this.now() + jump
    this.#worldBase = this.#world.now
    this.#rate = rate
  }

  #ask(): void {
    if (this.#deadline === Number.POSITIVE_INFINITY) return
    const wait = Math.max(0, this.#deadline - this.now()) / this.#rate
    const at = this.#world.now + wait + latenessMs
    if (at >= this.#ringsAt) return
    this.#ringsAt = at
    this.#ringAt(at)
  }
}
