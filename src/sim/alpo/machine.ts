/**
 * One machine of ALPO's world: a disk, a clock, and at times a process with an ALPO server in it.
 * Whether and when it crashes is decided elsewhere.
 */
import {
  Alpo,
  type AlpoState,
  describeNotice,
  type Entry,
  type Message,
  type ServerId,
} from '../../alpo/index.ts'
import { unreachable } from '../../base/assert.ts'
import type { Random } from '../../base/random.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { Target } from '../event-queue.ts'
import { SimClock } from '../sim-clock.ts'
import type { CrashKind } from '../sim-disk.ts'
import type { AlpoView } from './checkers.ts'
import { AlpoDriver } from './driver.ts'
import { AlpoStore } from './store.ts'
import type { AlpoWorld } from './world.ts'

/** What happens to a machine, as the event queue knows it. */
export type Happening =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'alarm'; readonly at: Milliseconds }
  | { readonly kind: 'saved'; readonly driver: AlpoDriver }
  | { readonly kind: 'propose'; readonly id: number; readonly command: Uint8Array }

/** What waits for a paused process beyond this is dropped, as a full socket does. */
const waitingMax = 4096

export class AlpoMachine implements Target, AlpoView {
  readonly id: ServerId
  readonly place: number
  readonly clock: SimClock
  readonly #world: AlpoWorld
  readonly #random: Random
  readonly #store = new AlpoStore()
  #driver: AlpoDriver | null = null
  #waiting: Happening[] = []
  /** When the save that was given to the disk last will be durable: saves do not overtake. */
  #savedAt: Milliseconds = 0
  lives = 0
  isPaused = false

  constructor(world: AlpoWorld, id: ServerId, place: number, random: Random) {
    this.id = id
    this.place = place
    this.#world = world
    this.#random = random
    const { driftMax } = world.options.clocks
    const ringAt = (at: Milliseconds): void => this.#push(at, { kind: 'alarm', at })
    const rate = 1 + random.between(-driftMax, driftMax)
    this.clock = new SimClock(world, ringAt, random.between(0, 1e6), rate)
  }

  get state(): AlpoState | null {
    return this.#driver?.state ?? null
  }

  get saved(): readonly Entry[] {
    return this.#store.durable
  }

  get isUp(): boolean {
    return this.#driver !== null
  }

  /** Up, and its process is run. */
  get isActive(): boolean {
    return this.isUp && !this.isPaused
  }

  happen(_what: number, payload: unknown): void {
    const happening = payload as Happening
    if (this.#driver === null) {
      if (happening.kind !== 'message') return
      const { message } = happening
      this.#world.trace.message(this.place, message, `←${message.from}`, ' [nobody is up]')
    } else if (this.isPaused) {
      if (this.#waiting.length < waitingMax) this.#waiting.push(happening)
    } else {
      this.#take(this.#driver, happening)
      this.#world.checkers.afterEvent(this.id)
    }
  }

  propose(id: number, command: Uint8Array): void {
    this.#push(this.#world.now, { kind: 'propose', id, command })
  }

  deliver(message: Message, delayMs: Milliseconds): void {
    this.#push(this.#world.now + delayMs, { kind: 'message', message })
  }

  start(): void {
    this.lives += 1
    const world = this.#world
    this.clock.forget()
    const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = world.timeouts
    const alpo = new Alpo({
      serverId: this.id,
      clusterMap: world.serverIds,
      options: { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs },
      random: this.#random.fork(`life ${this.lives}`),
      now: this.clock.now(),
      accepted: this.saved,
    })
    this.#driver = this.#driverOf(alpo)
    this.#driver.start()
    const { currentTerm, log } = alpo.state
    const isFirst = this.lives === 1
    const what = isFirst ? 'starts' : 'starts again, its vote forgotten'
    world.trace.say(this.place, `${what}: term ${currentTerm}, log to ${log.lastId}`)
    if (!isFirst) world.restarts += 1
    world.checkers.afterEvent(this.id)
  }

  /** The process is gone, and with it the term and the vote. */
  crash(kind: CrashKind): void {
    const { state } = this
    if (state === null) return
    if (kind === 'kill') this.#store.killed()
    const lost = kind === 'kill' ? 0 : this.#store.lostPower(this.#random)
    this.#driver = null
    this.#waiting = []
    this.#savedAt = 0
    this.isPaused = false
    const vote = state.vote?.serverId ?? 'nobody'
    const how = kind === 'kill' ? 'is killed' : `loses power, and ${lost} saves`
    const what = `${how}, in term ${state.currentTerm} with a vote for ${vote}`
    this.#world.trace.say(this.place, what)
    this.#world.checkers.afterEvent(this.id)
  }

  pause(): void {
    this.isPaused = true
  }

  /** What has come meanwhile is taken in now. */
  unpause(): void {
    if (!this.isPaused) return
    this.isPaused = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const happening of waiting) this.#push(this.#world.now, happening)
  }

  #push(at: Milliseconds, happening: Happening): void {
    this.#world.queue.push(at, this, 0, happening)
  }

  #take(driver: AlpoDriver, happening: Happening): void {
    switch (happening.kind) {
      case 'message': {
        const { message } = happening
        this.#world.trace.message(this.place, message, `←${message.from}`, '')
        driver.step({ kind: 'receive', message })
        break
      }
      case 'alarm':
        this.clock.ring(happening.at)
        break
      case 'saved':
        if (happening.driver !== driver) break
        this.#store.sync()
        driver.saved()
        break
      case 'propose': {
        const { id: proposalId, command } = happening
        driver.step({ kind: 'propose', proposalId, command })
        break
      }
      default:
        unreachable(happening)
    }
  }

  #driverOf(alpo: Alpo): AlpoDriver {
    const world = this.#world
    const driver: AlpoDriver = new AlpoDriver(alpo, {
      now: () => this.clock.now(),
      wakeAt: (deadline) => this.clock.wakeAt(deadline, () => driver.step({ kind: 'tick' })),
      save: (save) => {
        this.#store.save(save)
        const { syncMinMs, syncMeanMs } = world.options.disk
        const takesMs = syncMinMs - syncMeanMs * Math.log(1 - this.#random.float())
        this.#savedAt = Math.max(this.#savedAt, world.now + takesMs)
        this.#push(this.#savedAt, { kind: 'saved', driver })
      },
      send: (message) => world.send(this, message),
      applied: (entry) => world.applied(this, entry),
      answered: ({ kind }) => {
        if (kind === 'accepted') world.accepted(this)
      },
      noticed: (notice) => {
        world.trace.say(this.place, describeNotice(notice))
        if (notice.kind === 'roleChanged' && notice.role === 'leader') world.led(this)
      },
    })
    return driver
  }
}
