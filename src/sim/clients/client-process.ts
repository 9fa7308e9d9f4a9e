/** The process that a simulated client runs in: a clock, a host of its own, and an end. */
import type { Clock } from '../../ports/index.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { SimProcess } from '../sim-line.ts'
import type { World } from '../world.ts'

export class ClientProcess implements Clock, SimProcess {
  readonly host: string
  isGone = false
  readonly #world: World
  /** Alarms before this one were replaced. */
  #alarm = 0

  constructor(world: World, host: string) {
    this.#world = world
    this.host = host
  }

  now(): Milliseconds {
    return this.#world.now
  }

  wakeAt(deadline: Milliseconds, wake: () => void): void {
    this.#alarm += 1
    const mine = this.#alarm
    this.at(Math.max(deadline, this.#world.now), () => {
      if (this.#alarm === mine) wake()
    })
  }

  cancel(): void {
    this.#alarm += 1
  }

  soon(callback: () => void): void {
    this.at(this.#world.now, callback)
  }

  at(time: Milliseconds, callback: () => void): void {
    const { world } = { world: this.#world }
    world.later(Math.max(0, time - world.now), () => {
      if (!this.isGone) callback()
    })
  }
}
