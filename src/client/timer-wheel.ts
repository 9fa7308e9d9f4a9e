/**
 * Thousands of deadlines on the one alarm of a clock: a ring of slots, each a list of the timers
 * that ring in its slice of time. Setting and unsetting a timer costs the same however many there
 * are, and makes no object. Timers ring late by up to one slot, never early.
 */
import { assert } from '../base/assert.ts'
import type { Clock } from '../ports/index.ts'
import type { Milliseconds } from '../raft/index.ts'

/** The precision: fine beside any timeout that makes sense on a network. */
const slotMs = 8
/** A turn of the ring is some 2 s: most deadlines lie within a turn or two. */
const slotCount = 256
/** After the ring: the timers that are about to ring. */
const dueSlot = slotCount

/** The tick of a timer that is not set. */
export const notSet = -1

/** Something that happens at a time. The fields are the wheel's. */
export abstract class Timer {
  /** The slice of time in which it rings, counted from the clock's zero; -1: it is not set. */
  tick: number = notSet
  /** The list in which it stands. */
  slot = 0
  earlier: Timer | null = null
  later: Timer | null = null

  abstract ring(): void
}

/** A timer for one thing of its owner's. */
export class Alarm extends Timer {
  readonly #rung: () => void

  constructor(rung: () => void) {
    super()
    this.#rung = rung
  }

  get isSet(): boolean {
    return this.tick !== notSet
  }

  ring(): void {
    this.#rung()
  }
}

export class TimerWheel {
  readonly #clock: Clock
  readonly #slots: (Timer | null)[] = new Array<Timer | null>(slotCount + 1).fill(null)
  #count = 0
  /** Every timer of this slice of time and of those before has rung. */
  #tick: number
  /** The slice for which the clock's alarm is set. */
  #alarmTick: number = Number.POSITIVE_INFINITY
  #isRinging = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#tick = Math.floor(clock.now() / slotMs)
  }

  /** Timers that are set. */
  get size(): number {
    return this.#count
  }

  /** Has the timer ring at `due`, instead of when it was set for; never where that is Infinity. */
  set(timer: Timer, due: Milliseconds): void {
    // The slice that is under way has perhaps been looked at already.
    const tick = Math.max(Math.ceil(due / slotMs), this.#tick + 1)
    if (tick === timer.tick) return
    this.unset(timer)
    if (tick === Number.POSITIVE_INFINITY) return
    timer.tick = tick
    this.#put(timer, tick % slotCount)
    this.#count += 1
    if (tick < this.#alarmTick && !this.#isRinging) this.#ask(tick)
  }

  unset(timer: Timer): void {
    if (timer.tick === notSet) return
    this.#take(timer)
    timer.tick = notSet
    this.#count -= 1
  }

  /** Nothing rings any more; what is set afterwards does again. */
  stop(): void {
    this.#clock.cancel()
    this.#alarmTick = Number.POSITIVE_INFINITY
  }

  #ask(tick: number): void {
    this.#alarmTick = tick
    this.#clock.wakeAt(tick * slotMs, () => this.#ring())
  }

  #ring(): void {
    assert(!this.#isRinging, 'an alarm does not ring inside another')
    this.#alarmTick = Number.POSITIVE_INFINITY
    const now = Math.floor(this.#clock.now() / slotMs)
    const first = Math.max(this.#tick + 1, now - slotCount + 1)
    this.#tick = Math.max(this.#tick, now)
    this.#isRinging = true
    try {
      for (let tick = first; tick <= now; tick++) this.#ringSlot(tick % slotCount, now)
    } finally {
      this.#isRinging = false
      this.#askForNext()
    }
  }

  /** In two steps, for a timer that rings may set and unset any other. */
  #ringSlot(slot: number, now: number): void {
    let timer = this.#slots[slot] as Timer | null
    while (timer !== null) {
      const { later } = timer
      if (timer.tick <= now) {
        this.#take(timer)
        this.#put(timer, dueSlot)
      }
      timer = later
    }
    for (;;) {
      const due = this.#slots[dueSlot] as Timer | null
      if (due === null) return
      this.unset(due)
      due.ring()
    }
  }

  /** To the head of a list. */
  #put(timer: Timer, slot: number): void {
    const later = this.#slots[slot] as Timer | null
    timer.slot = slot
    timer.later = later
    if (later !== null) later.earlier = timer
    this.#slots[slot] = timer
  }

  #take(timer: Timer): void {
    const { earlier, later } = timer
    if (earlier !== null) earlier.later = later
    else this.#slots[timer.slot] = later
    if (later !== null) later.earlier = earlier
    timer.earlier = null
    timer.later = null
  }

  /** The next slot with something in it, even if that should ring only a turn of the ring later. */
  #askForNext(): void {
    if (this.#count === 0) return
    for (let tick = this.#tick + 1; ; tick++) {
      if (this.#slots[tick % slotCount] === null) continue
      if (tick < this.#alarmTick) this.#ask(tick)
      return
    }
  }
}
