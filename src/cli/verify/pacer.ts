/**
 * How fast commands are sent. UDP has no flow control, and a full socket buffer loses silently: so
 * there is a pace, and a window of commands that are sent and not seen in any log file yet. Lost
 * commands would fill the window for ever; when nothing moves for a while it is emptied.
 */
import { sleep } from '../processes/waiting.ts'

export interface PacerOptions {
  readonly perSecond: number
  /** How many commands stand in the log file that is furthest on. */
  readonly committed: () => number
  readonly signal: AbortSignal
}

/** A tenth of what a socket buffer of Linux' default size holds of such datagrams. */
const outstandingMax = 100

/** After so long without progress, what is outstanding counts as lost; some elections fit in. */
const stallMs = 1000

/** Log files are read no more often than this. */
const lookEveryMs = 10

/** After a late wake-up this much of the pace may be caught up at once. */
const burstMs = 20

export class Pacer {
  readonly #options: PacerOptions
  readonly #intervalMs: number
  #sent = 0
  #committed = 0
  #writtenOff = 0
  #nextSlotAt = performance.now()
  #lookedAt = 0
  #progressAt = performance.now()

  constructor(options: PacerOptions) {
    this.#options = options
    this.#intervalMs = 1000 / options.perSecond
  }

  get sent(): number {
    return this.#sent
  }

  get committed(): number {
    return this.#committed
  }

  /** Resolves when the next command may be sent, which then counts as sent. */
  async permit(): Promise<void> {
    for (;;) {
      const now = performance.now()
      this.#look(now)
      const hasRoom = this.#sent - this.#committed - this.#writtenOff < outstandingMax
      if (hasRoom && now >= this.#nextSlotAt) {
        this.#nextSlotAt = Math.max(this.#nextSlotAt, now - burstMs) + this.#intervalMs
        this.#sent += 1
        return
      }
      await sleep(hasRoom ? Math.max(1, this.#nextSlotAt - now) : lookEveryMs, this.#options.signal)
    }
  }

  #look(now: number): void {
    if (now - this.#lookedAt < lookEveryMs) return
    this.#lookedAt = now
    const committed = this.#options.committed()
    if (committed > this.#committed) {
      this.#committed = committed
      this.#progressAt = now
    } else if (now - this.#progressAt > stallMs) {
      this.#writtenOff = this.#sent - this.#committed
      this.#progressAt = now
    }
  }
}
