/**
 * One timer for many connections. Their timeouts are counted in sweeps, not in time that has
 * passed: after a pause of this process one sweep has gone by, and nobody is taken for silent who
 * was merely not listened to.
 */

export interface Swept {
  sweep(): void
}

export class Sweeper {
  readonly sweepMs: number
  readonly #swept = new Set<Swept>()
  #timer: NodeJS.Timeout | null = null

  constructor(sweepMs: number) {
    this.sweepMs = sweepMs
  }

  /** How many are swept. */
  get size(): number {
    return this.#swept.size
  }

  /** So many sweeps that at least `ms` go by, since the first may come at once. */
  sweepsIn(ms: number): number {
    return Math.ceil(ms / this.sweepMs) + 1
  }

  add(swept: Swept): void {
    this.#swept.add(swept)
    this.#timer ??= setInterval(() => this.#sweep(), this.sweepMs)
  }

  delete(swept: Swept): void {
    this.#swept.delete(swept)
    if (this.#swept.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #sweep(): void {
    for (const swept of this.#swept) swept.sweep()
  }
}
