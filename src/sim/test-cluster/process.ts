/**
 * A process of the test cluster: an event loop with a clock of its own. What was asked for by a
 * process that has ended never happens; a paused one finds it when it goes on.
 */
import type { Clock } from '../../ports/index.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { EventQueue, Target } from '../event-queue.ts'
import { SimClock } from '../sim-clock.ts'
import type { SimProcess } from '../sim-line.ts'

/** What a world looks like from a process. */
export interface Surroundings {
  readonly now: Milliseconds
  readonly queue: EventQueue
}

/** A turn of the event loop, once whatever has come is taken in. */
const turnMs = 0.01

const call = 0
const alarm = 1

export class ClusterProcess implements Clock, SimProcess, Target {
  readonly host: string
  readonly #world: Surroundings
  readonly #clock: SimClock
  isGone = false
  #isPaused = false
  #waiting: (() => void)[] = []

  /** `rate`: how fast its clock is, by the world's. */
  constructor(world: Surroundings, host: string, rate: number) {
    this.host = host
    this.#world = world
    const ringAt = (at: Milliseconds): void => world.queue.push(at, this, alarm, at)
    this.#clock = new SimClock(world, ringAt, 0, rate)
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  now(): Milliseconds {
    return this.#clock.now()
  }

  wakeAt(deadline: Milliseconds, wake: () => void): void {
    this.#clock.wakeAt(deadline, wake)
  }

  cancel(): void {
    this.#clock.cancel()
  }

  soon(callback: () => void): void {
    this.at(this.#world.now + turnMs, callback)
  }

  at(time: Milliseconds, callback: () => void): void {
    this.#world.queue.push(time, this, call, callback)
  }

  happen(what: number, payload: unknown): void {
    if (this.isGone) return
    const action =
      what === alarm
        ? (): void => void this.#clock.ring(payload as Milliseconds)
        : (payload as () => void)
    if (this.#isPaused) this.#waiting.push(action)
    else action()
  }

  pause(): void {
    this.#isPaused = true
  }

  /** What has come meanwhile is taken in, in the order in which it came. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    for (const action of this.#waiting.splice(0)) this.at(this.#world.now, action)
  }
}
