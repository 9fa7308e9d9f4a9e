/**
 * Time, as the driver sees it. The real one is monotonic and cannot be set back; the simulator's
 * drifts, jumps and stops.
 */
import type { Milliseconds } from '../raft/index.ts'

export interface Clock {
  /** Monotonic milliseconds with a fraction. */
  now(): Milliseconds
  /**
   * Calls `wake` once, at `deadline` or later, never from inside this call. A new call replaces
   * the one before: there is one alarm. A deadline that has passed means as soon as possible, but
   * after whatever input is already waiting has been read: after a pause the inbox comes first.
   */
  wakeAt(deadline: Milliseconds, wake: () => void): void
  /** Calls `callback` once, when the input that is waiting now has been read. Not cancelled. */
  soon(callback: () => void): void
  /** Forgets the alarm. */
  cancel(): void
}
