/**
 * One machine of the world: a disk, a clock, and at times a process, which is the real driver with
 * the real storage. It can be crashed, started, paused; whether and when is decided elsewhere.
 */
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { Message, Milliseconds, RaftState, ServerId } from '../raft/index.ts'
import type { Change } from './change.ts'
import type { ServerView } from './checkers/index.ts'
import type { Target } from './event-queue.ts'
import { Life, type StillBorn } from './life.ts'
import { type ProcessCall, serverEvent } from './server-event.ts'
import { SimClock } from './sim-clock.ts'
import type { CrashKind, SimDisk } from './sim-disk.ts'
import type { Proposal } from './workload.ts'
import type { World } from './world.ts'

interface Waiting {
  readonly what: number
  readonly payload: unknown
}

/** What waits for a paused process beyond this is dropped, as a full socket does. */
const waitingMax = 4096

export class SimServer implements Target, ServerView {
  readonly id: ServerId
  /** Among the servers. */
  readonly place: number
  readonly disk: SimDisk
  readonly clock: SimClock
  readonly #world: World
  readonly #random: Random
  life: Life | null = null
  /** How many there were, stillborn ones included. */
  lives = 0
  isPaused = false
  /** Down for good: see atlas.ts. */
  isDoomed = false
  /** Of its data directory; see identities.ts. */
  incarnation: number
  /** Its data directory was emptied: it waits to be taken in. */
  isEmptied = false
  #waiting: Waiting[] = []

  constructor(world: World, id: ServerId, place: number, disk: SimDisk, random: Random) {
    this.id = id
    this.place = place
    this.incarnation = place + 1
    this.disk = disk
    this.#world = world
    this.#random = random
    const { driftMax } = world.options.clocks
    const ringAt = (at: Milliseconds): void => {
      world.queue.push(at, this, serverEvent.alarm, at)
    }
    const rate = 1 + random.between(-driftMax, driftMax)
    this.clock = new SimClock(world, ringAt, random.between(0, 1e6), rate)
  }

  get state(): RaftState | null {
    return this.life === null ? null : this.life.state
  }

  /** Up, and its process is run. */
  get isActive(): boolean {
    return this.life !== null && !this.isPaused
  }

  happen(what: number, payload: unknown): void {
    const { life } = this
    if (life === null) {
      if (what === serverEvent.message) this.#world.wasDown(this, payload as Message)
      if (what === serverEvent.propose) this.#world.workload.notHeard(payload as Proposal)
    } else if (this.isPaused) {
      this.#wait(what, payload)
    } else {
      this.#take(life, what, payload)
      this.#world.afterEvent(this)
    }
  }

  #wait(what: number, payload: unknown): void {
    if (this.#waiting.length < waitingMax) this.#waiting.push({ what, payload })
    if (what === serverEvent.message) this.#world.marks.hit('message met a paused server')
  }

  #take(life: Life, what: number, payload: unknown): void {
    switch (what) {
      case serverEvent.message:
        this.#receive(life, payload as Message)
        break
      case serverEvent.alarm:
        this.clock.ring(payload as Milliseconds)
        break
      case serverEvent.call: {
        const { process, callback } = payload as ProcessCall
        if (!process.isGone) callback()
        break
      }
      case serverEvent.propose: {
        const { id, command } = payload as Proposal
        this.#world.trace.add('propose', this.place, id, null)
        life.replica.driver.propose(id, command)
        break
      }
      case serverEvent.change: {
        const changeId = life.nextChangeId++
        life.replica.driver.changeMembership({ ...(payload as Change), changeId })
        break
      }
      case serverEvent.transfer:
        life.replica.driver.transfer(life.nextChangeId++, payload as ServerId | null)
        break
      default:
        assert(false, `a server knows no event ${what}`)
    }
  }

  #receive(life: Life, message: Message): void {
    const { identities, marks, trace } = this.#world
    if (identities.admits(this, message)) {
      trace.add('arrive', this.place, message, null)
      life.replica.receiveMessage(message)
      return
    }
    trace.add('arrive', this.place, message, 'of or for other data, and refused')
    marks.hit('message refused for its incarnation')
  }

  /** All that it has is gone, and its data directory is another one. */
  empty(): void {
    if (this.life !== null) this.crash('power')
    this.disk.wipe()
    this.#world.emptied(this)
    this.incarnation += this.#world.servers.length
    this.isEmptied = true
    this.isDoomed = false
  }

  /** Starts a process, if its disk lets it. */
  start(): 'started' | StillBorn {
    assert(this.life === null, 'a server that is started is down')
    assert(!this.isDoomed, 'a doomed server stays down')
    this.lives += 1
    this.clock.forget()
    const life = Life.start(this.#world, this, this.#random.fork(`life ${this.lives}`))
    if (typeof life === 'string') {
      if (life === 'doomed') this.isDoomed = true
      if (life !== 'ended') this.disk.crash('kill')
      this.#world.trace.add('fault', this.place, `does not start (${life})`, null)
      return life
    }
    this.life = life
    life.replica.start()
    const { currentTerm, log } = life.state
    const what = `starts, for the ${this.lives}. time: term ${currentTerm}, log to ${log.lastIndex}`
    this.#world.trace.add('boot', this.place, what, null)
    this.#world.afterEvent(this)
    return 'started'
  }

  /** The process is gone, whatever it was at. */
  crash(kind: CrashKind): void {
    this.life?.end(kind)
    this.life = null
    this.isPaused = false
    this.#waiting = []
    const { lost, torn } = this.disk.crash(kind)
    if (lost > 0) this.#world.marks.hit('sectors lost')
    if (torn > 0) this.#world.marks.hit('sector torn')
    const what = kind === 'kill' ? 'is killed' : `loses power: ${lost} sectors lost, ${torn} torn`
    this.#world.trace.add('end', this.place, what, null)
    this.#world.afterEvent(this)
  }

  /** The process is not run; the world goes on. */
  pause(): void {
    this.isPaused = true
  }

  /** What has come is taken in first, then what the process had asked for, then the alarm. */
  unpause(): void {
    if (!this.isPaused) return
    this.isPaused = false
    const waiting = this.#waiting
    this.#waiting = []
    const { queue, now } = this.#world
    for (const kinds of [
      [serverEvent.message, serverEvent.propose, serverEvent.change, serverEvent.transfer],
      [serverEvent.call],
      [serverEvent.alarm],
    ]) {
      for (const { what, payload } of waiting) {
        if (kinds.some((kind) => kind === what)) queue.push(now, this, what, payload)
      }
    }
  }
}
