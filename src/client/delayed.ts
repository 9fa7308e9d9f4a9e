/** Operations that wait for their own next time: after a refusal that may not be one for long. */
import type { Random } from '../base/random.ts'
import type { Clock } from '../ports/index.ts'
import { backoff } from './backoff.ts'
import { type Operation, OperationList } from './operation.ts'
import type { ClientOptions } from './options.ts'

export interface DelayedParts {
  readonly clock: Clock
  readonly random: Random
  readonly options: ClientOptions
  readonly setTimer: (operation: Operation) => void
  /** Its time has come before that. */
  readonly route: (operation: Operation) => void
}

export class Delayed {
  readonly list: OperationList = new OperationList()
  readonly #parts: DelayedParts

  constructor(parts: DelayedParts) {
    this.#parts = parts
  }

  /** To be sent again after a while. */
  delay(operation: Operation): void {
    const { clock, random, options, setTimer } = this.#parts
    const limits = { firstMs: options.backoffFirstMs, mostMs: options.backoffMostMs }
    operation.nextLook = clock.now() + backoff(random, limits, Math.max(1, operation.attempts))
    this.list.add(operation)
    setTimer(operation)
  }

  /**
   * Its session has as many responses as it may. That of the lowest number is always taken, and
   * makes room when it is answered: it need not wait for anything but its turn.
   */
  waitForRoom(operation: Operation): void {
    operation.isOutOfRoom = true
    if (operation.isLowest && !operation.wasLowest) this.#parts.route(operation)
    else this.delay(operation)
  }

  /** An operation is settled: another may have become its session's lowest. */
  releaseLowest(): void {
    const { setTimer, route } = this.#parts
    for (let next = this.list.first; next !== null; next = next.next) {
      if (!next.isOutOfRoom || !next.isLowest || next.wasLowest) continue
      next.nextLook = Number.POSITIVE_INFINITY
      setTimer(next)
      route(next)
      return
    }
  }
}
