/**
 * What the log does where there is no space (`Space`). The next segment is made while the present
 * one is nearly empty, so that a full disk is known long before the last room is gone. A save that
 * does not fit all the same is neither failed nor acknowledged: the reserve is given up for it, and
 * where that is not enough it waits until there is space, and nothing is saved meanwhile.
 */
import { assert } from '../base/assert.ts'
import type { Space } from '../ports/index.ts'
import type { Reserve } from './reserve.ts'

export interface LogSpaceParts {
  readonly soon: (callback: () => void) => void
  readonly reserve: Reserve
  readonly roomBytes: () => number
  /** Makes the next segment, if it is not there: `made` is called with whether it is. */
  readonly makeNext: (made: (isThere: boolean) => void) => void
  /** What is written at present wants the space itself. */
  readonly isWanted: () => boolean
  /** Nothing is under way here any more. */
  readonly whenQuiet: () => void
}

/** What cannot go on without space. */
interface Waiting {
  readonly again: () => void
  /** The log is closed: it will not be. */
  readonly giveUp: () => void
}

export class LogSpace implements Space {
  readonly #parts: LogSpaceParts
  #isFull: boolean
  #changed: () => void = () => {}
  #waiting: Waiting | null = null
  #isLooking = false
  #isClosed = false

  constructor(parts: LogSpaceParts) {
    this.#parts = parts
    this.#isFull = parts.reserve.isMissing
  }

  get isFull(): boolean {
    return this.#isFull
  }

  get roomBytes(): number {
    return this.#parts.roomBytes()
  }

  /** The disk is asked for something that is of no use to a log that is closed. */
  get isBusy(): boolean {
    return this.#isLooking || this.#parts.reserve.isChanging
  }

  watch(changed: () => void): void {
    this.#changed = changed
  }

  /** The disk says that it is full; nobody waits for what was to be written. */
  lacking(): void {
    this.#set(true)
  }

  /** As {@link lacking}, and a save waits. */
  wait(waiting: Waiting): void {
    assert(this.#waiting === null, 'one save waits at a time')
    this.#set(true)
    if (this.#isClosed) {
      waiting.giveUp()
      return
    }
    this.#waiting = waiting
    this.#parts.reserve.giveUp(() => this.#goOn())
  }

  /** Something is to be written that may let a part of the log go. */
  makeRoom(): void {
    if (!this.#isFull || this.#isLooking) return
    this.#parts.reserve.giveUp(() => this.#goOn())
  }

  recheck(): void {
    if (!this.#isFull || this.#isClosed || this.isBusy) return
    if (this.#waiting !== null) {
      this.#goOn()
      return
    }
    if (this.#parts.isWanted()) return
    this.#isLooking = true
    this.#parts.makeNext((isThere) => {
      // What it was about is over, or it is needed at once, which comes first.
      if (isThere && !this.#isClosed && this.#waiting === null) {
        this.#parts.reserve.make((isWhole) => this.#looked(isWhole))
      } else {
        this.#looked(false)
      }
    })
  }

  close(): void {
    this.#isClosed = true
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.giveUp()
  }

  #looked(hasSpace: boolean): void {
    this.#isLooking = false
    if (hasSpace) this.#set(false)
    this.#goOn()
  }

  #goOn(): void {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.again()
    this.#parts.whenQuiet()
  }

  #set(isFull: boolean): void {
    if (this.#isFull === isFull || this.#isClosed) return
    this.#isFull = isFull
    this.#parts.soon(() => {
      if (!this.#isClosed) this.#changed()
    })
  }
}
