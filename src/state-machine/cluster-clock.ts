/**
 * The cluster's time as a leader has it, to be put on session entries (§6.3). It goes on from what
 * was applied, by what has elapsed on this server's monotonic clock while it leads, so no time
 * passes without a leader, and clients that could reach none are not expired for it.
 */
import type { Milliseconds } from '../raft/index.ts'

export class ClusterClock {
  /** The cluster's time when the monotonic clock showed `#readAt`. */
  #timeMs: Milliseconds = 0
  #readAt: Milliseconds = 0

  /** This server leads from now on; `appliedMs` is the cluster's time that it has applied. */
  lead(appliedMs: Milliseconds, now: Milliseconds): void {
    this.#timeMs = appliedMs
    this.#readAt = now
  }

  /** Entries of earlier leaders may be ahead of what was applied at the election. */
  applied(appliedMs: Milliseconds): void {
    this.#timeMs = Math.max(this.#timeMs, appliedMs)
  }

  /**
   * The time to put on an entry: whole milliseconds, never going back while this server leads.
   * However long nobody looked, it moves by `leapMaxMs` at most (`timeLeapMaxMs`): a process that
   * was paused, or a clock that has leapt, tells in this way from time that clients could use.
   */
  read(now: Milliseconds, leapMaxMs: Milliseconds): Milliseconds {
    const elapsedMs = Math.max(0, now - this.#readAt)
    this.#timeMs += Math.min(elapsedMs, leapMaxMs)
    this.#readAt = Math.max(this.#readAt, now)
    return Math.floor(this.#timeMs)
  }
}
