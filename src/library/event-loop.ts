/**
 * How late the event loop is: a timer that should go off again and again, and by how much it does
 * not. A server whose loop stands still neither hears nor speaks, whatever its disk and its network
 * do, and is taken for dead by the others; the application that it shares the loop with can see to
 * that, and has to be told. What the core does about a pause is server.ts's: it hears what has come
 * first, and relies on no lease from before.
 */
import { performance } from 'node:perf_hooks'
import { type RaftOptions, raftOptions } from '../raft/index.ts'
import type { EventLoopStatus } from '../server/index.ts'

export interface EventLoopOptions {
  /** Later than this it is a pause, and told. */
  readonly pauseMs: number
  /** Between two looks: what is shorter goes unseen. */
  readonly everyMs: number
  /** A pause is not told so soon after another; how many there were is in the next line. */
  readonly quietMs: number
  /** What `longestMs` is about. */
  readonly windowMs: number
}

/** The window is kept in so many parts, the oldest of which is given up as a whole. */
const parts = 6

export class EventLoopWatch {
  readonly #options: EventLoopOptions
  readonly #warn: (text: string) => void
  readonly #longest: number[] = Array<number>(parts).fill(0)
  #timer: NodeJS.Timeout | null = null
  #expectedAt = 0
  #partEndsAt = 0
  #pauses = 0
  #pausesTold = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(options: EventLoopOptions, warn: (text: string) => void) {
    this.#options = options
    this.#warn = warn
  }

  start(): void {
    this.#partEndsAt = performance.now() + this.#options.windowMs / parts
    this.#set()
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  get status(): EventLoopStatus {
    return { longestDelayMs: Math.round(Math.max(...this.#longest)), pauses: this.#pauses }
  }

  #set(): void {
    const { everyMs } = this.#options
    this.#expectedAt = performance.now() + everyMs
    this.#timer = setTimeout(() => this.#look(), everyMs).unref()
  }

  #look(): void {
    const now = performance.now()
    const { windowMs, pauseMs } = this.#options
    for (; this.#partEndsAt <= now; this.#partEndsAt += windowMs / parts) {
      this.#longest.pop()
      this.#longest.unshift(0)
    }
    const delayMs = Math.max(0, now - this.#expectedAt)
    this.#longest[0] = Math.max(this.#longest[0] ?? 0, delayMs)
    if (delayMs > pauseMs) this.#paused(delayMs, now)
    this.#set()
  }

  #paused(delayMs: number, now: number): void {
    const { quietMs, pauseMs } = this.#options
    this.#pauses += 1
    if (now < this.#toldAt + quietMs) return
    const unsaid = this.#pauses - this.#pausesTold - 1
    const others = unsaid === 0 ? '' : `; ${unsaid} more since the last time this was said`
    this.#toldAt = now
    this.#pausesTold = this.#pauses
    this.#warn(
      `the event loop stood still for ${Math.round(delayMs)} ms, which is more than a heartbeat ` +
        `(${pauseMs} ms)${others}: something in this process computes for too long, or the ` +
        'machine stopped it; if it lasts longer than an election timeout, another server leads',
    )
  }
}

/** So often that no pause is missed that matters; what a person can read of them is less. */
export function watchEventLoop(
  raft: Partial<RaftOptions>,
  warn: (text: string) => void,
): EventLoopWatch {
  const { heartbeatIntervalMs } = raftOptions(raft)
  const everyMs = Math.max(1, heartbeatIntervalMs / 4)
  const options = { pauseMs: heartbeatIntervalMs, everyMs, quietMs: 10_000, windowMs: 60_000 }
  return new EventLoopWatch(options, warn)
}
