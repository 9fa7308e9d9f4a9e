/**
 * The real clock: monotonic, on Node's timers. It lives beside the transport for the rule that they
 * keep together: what has arrived is taken in before an alarm goes off, so that a server that was
 * held up hears its leader before it doubts it.
 *
 * A turn of the event loop runs timers, then reads sockets, then runs immediates. An alarm that is
 * due waits for the immediates, so the sockets have been read. But a turn reads only some datagrams
 * of many; so an alarm that is late, as after a pause, waits for more turns until one brings
 * nothing.
 */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../ports/index.ts'

export interface NodeClockOptions {
  /** A number that moves as long as there is input: see `UdpTransport.inputCount`. */
  readonly inputCount: () => number
  /** An alarm this late means that the process was held up. Timers are 1 or 2 ms late in health. */
  readonly lateMs: number
  /**
   * Turns that a late alarm waits at most, however much arrives. 256 turns of some 32 datagrams
   * empty a receive buffer of 4 MiB, small datagrams counted with Linux's overhead.
   */
  readonly catchUpTurnsMax: number
}

export const defaultNodeClockOptions: NodeClockOptions = {
  inputCount: () => 0,
  lateMs: 10,
  catchUpTurnsMax: 256,
}

/** setTimeout takes no more (2^31 - 1 ms); a later deadline is reached in several steps. */
const timeoutMaxMs = 2 ** 31 - 1

export class NodeClock implements Clock {
  readonly #options: NodeClockOptions
  #deadline: number | null = null
  #wake: (() => void) | null = null
  #timer: NodeJS.Timeout | null = null
  #timerDeadline = 0
  #immediate: NodeJS.Immediate | null = null

  constructor(options: Partial<NodeClockOptions> = {}) {
    this.#options = { ...defaultNodeClockOptions, ...options }
  }

  now(): number {
    return performance.now()
  }

  wakeAt(deadline: number, wake: () => void): void {
    this.#deadline = deadline
    this.#wake = wake
    if (this.#immediate !== null) return // Under way already; it will look at the deadline again.
    // Deadlines mostly move into the future, at every message: the timer is not set anew for that.
    if (this.#timer !== null && this.#timerDeadline <= deadline) return
    this.#arm(deadline)
  }

  soon(callback: () => void): void {
    setImmediate(callback)
  }

  cancel(): void {
    this.#deadline = null
    this.#wake = null
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#immediate !== null) clearImmediate(this.#immediate)
    this.#timer = null
    this.#immediate = null
  }

  #arm(deadline: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const delayMs = deadline - this.now()
    if (!(delayMs > 0)) {
      this.#waitForInput(-delayMs > this.#options.lateMs, 0)
      return
    }
    this.#timerDeadline = deadline
    // Node cuts a fraction off, which would be too early.
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(Math.ceil(delayMs), timeoutMaxMs))
  }

  #onTimer(): void {
    this.#timer = null
    if (this.#deadline !== null) this.#arm(this.#deadline)
  }

  #waitForInput(isLate: boolean, turns: number): void {
    const inputCount = this.#options.inputCount()
    this.#immediate = setImmediate(() => {
      this.#immediate = null
      if (this.#deadline === null) return
      const moved = this.#options.inputCount() !== inputCount
      if (this.#deadline > this.now()) this.#arm(this.#deadline)
      else if (isLate && moved && turns < this.#options.catchUpTurnsMax) {
        this.#waitForInput(true, turns + 1)
      } else this.#fire()
    })
  }

  #fire(): void {
    const wake = this.#wake
    this.#deadline = null
    this.#wake = null
    wake?.()
  }
}
