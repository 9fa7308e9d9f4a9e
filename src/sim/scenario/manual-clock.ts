/** A server's time, which stands still until a command moves it. */
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../ports/index.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { Tasks } from './tasks.ts'

export class ManualClock implements Clock {
  readonly #tasks: Tasks
  #now: Milliseconds = 0
  #alarm: { readonly deadline: Milliseconds; readonly wake: () => void } | null = null

  constructor(tasks: Tasks) {
    this.#tasks = tasks
  }

  now(): Milliseconds {
    return this.#now
  }

  wakeAt(deadline: Milliseconds, wake: () => void): void {
    this.#alarm = { deadline, wake }
  }

  soon(callback: () => void): void {
    this.#tasks.add(callback)
  }

  cancel(): void {
    this.#alarm = null
  }

  /** When the alarm is set for; null where none is, or never. */
  get deadline(): Milliseconds | null {
    const deadline = this.#alarm?.deadline ?? Number.POSITIVE_INFINITY
    return Number.isFinite(deadline) ? deadline : null
  }

  /** On to `time`, without waking anybody. */
  moveTo(time: Milliseconds): void {
    assert(time >= this.#now, `time does not go back, from ${this.#now} to ${time}`)
    this.#now = time
  }

  /** The alarm goes off if its time has come; returns whether it had. */
  ring(): boolean {
    const alarm = this.#alarm
    if (alarm === null || alarm.deadline > this.#now) return false
    this.#alarm = null
    alarm.wake()
    return true
  }
}
