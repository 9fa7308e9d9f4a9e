/**
 * What is wrong with a connection that does nothing: looked at in sweeps, and counted in them.
 */
import type { Sweeper } from './sweeper.ts'
import type { ConnectionLimits } from './tcp-options.ts'

/** What a sweep has found. `askIt`: nothing yet, but the other end should show that it is there. */
export type Finding =
  | 'notConnected'
  | 'saidNothing'
  | 'frameNotEnded'
  | 'stalled'
  | 'silent'
  | 'lingered'
  | 'askIt'

export class ConnectionWatch {
  /** Sweeps in which nothing has arrived. */
  sweepsSilent = 0
  readonly #sweeper: Sweeper
  #state: 'connecting' | 'open' | 'ending'
  #sweepsInState = 0
  /** What has moved since the last sweep. */
  #hasHeard = false
  #hasWritten = false
  #frames = 0
  /** For how many sweeps the frame that has begun has not ended, and nothing has been written. */
  #sweepsInFrame = 0
  #sweepsStalled = 0

  constructor(sweeper: Sweeper, state: 'connecting' | 'open') {
    this.#sweeper = sweeper
    this.#state = state
  }

  enter(state: 'open' | 'ending'): void {
    this.#state = state
    this.#sweepsInState = 0
  }

  /** Something has arrived, be it only a byte. */
  heard(): void {
    this.#hasHeard = true
  }

  /** The operating system has taken something to be sent. */
  wrote(): void {
    this.#hasWritten = true
  }

  /** `frames` have arrived whole; `waitingBytes` wait to be sent. */
  sweep(
    limits: ConnectionLimits,
    frames: number,
    isMidFrame: boolean,
    waitingBytes: number,
  ): Finding | null {
    this.#sweepsInState++
    if (this.#state === 'connecting') {
      return this.#isOver(this.#sweepsInState, limits.connectTimeoutMs) ? 'notConnected' : null
    }
    if (this.#state === 'ending') {
      return this.#isOver(this.#sweepsInState, limits.lingerMs) ? 'lingered' : null
    }
    this.sweepsSilent = this.#hasHeard ? 0 : this.sweepsSilent + 1
    this.#sweepsInFrame = isMidFrame && frames === this.#frames ? this.#sweepsInFrame + 1 : 0
    this.#sweepsStalled = this.#hasWritten || waitingBytes === 0 ? 0 : this.#sweepsStalled + 1
    this.#frames = frames
    this.#hasHeard = false
    this.#hasWritten = false
    return this.#findingOf(limits)
  }

  #findingOf(limits: ConnectionLimits): Finding | null {
    if (this.#isOver(this.#sweepsStalled, limits.stallTimeoutMs)) return 'stalled'
    if (this.#isOver(this.#sweepsInFrame, limits.frameTimeoutMs)) return 'frameNotEnded'
    if (this.#frames === 0 && this.#isOver(this.#sweepsInState, limits.firstFrameTimeoutMs)) {
      return 'saidNothing'
    }
    if (this.#isOver(this.sweepsSilent, limits.silenceMaxMs)) return 'silent'
    const { pingAfterMs } = limits
    if (pingAfterMs === 0 || this.sweepsSilent === 0) return null
    const every = Math.max(1, Math.ceil(pingAfterMs / this.#sweeper.sweepMs))
    return this.sweepsSilent % every === 0 ? 'askIt' : null
  }

  #isOver(sweeps: number, ms: number): boolean {
    return sweeps > 0 && sweeps >= this.#sweeper.sweepsIn(ms)
  }
}
