/** One server of the lab: a clock that is right, and the real driver with the real core in it. */
import type { Clock, Storage } from '../../ports/index.ts'
import {
  configuration,
  type Message,
  type Milliseconds,
  Raft,
  type RaftState,
  type Role,
  type ServerId,
} from '../../raft/index.ts'
import { Server } from '../../server/index.ts'
import { decodeDatagram, MessageEncoder, sizeOfEntry } from '../../wire/index.ts'
import type { Target } from '../event-queue.ts'
import { SimClock } from '../sim-clock.ts'
import type { Lab } from './lab.ts'

const messageCame = 1
const alarmRang = 2
const callIsDue = 3

export class LabServer implements Target {
  readonly id: ServerId
  readonly place: number
  readonly #lab: Lab
  #server: Server | null = null
  readonly #clock: SimClock
  /** When the save that was given to the disk last is durable: saves do not overtake. */
  #savedAt: Milliseconds = 0

  constructor(lab: Lab, id: ServerId, place: number) {
    this.#lab = lab
    this.id = id
    this.place = place
    this.#clock = new SimClock(lab, (at) => lab.queue.push(at, this, alarmRang, at), 0, 1)
  }

  get isUp(): boolean {
    return this.#server !== null
  }

  /** Null while it is down. */
  get state(): RaftState | null {
    return this.#server?.state ?? null
  }

  get role(): Role['kind'] | 'down' {
    return this.state?.role.kind ?? 'down'
  }

  get term(): number {
    return this.state?.currentTerm ?? 0
  }

  start(): void {
    const { options, ids, random, hooks } = this.#lab
    const { syncMinMs, syncMeanMs } = options.disk
    const diskRandom = random.fork(`disk of ${this.id}`)
    const clock: Clock = {
      now: () => this.#clock.now(),
      wakeAt: (deadline, wake) => this.#clock.wakeAt(deadline, wake),
      soon: (callback) => this.#later(0, callback),
      cancel: () => this.#clock.cancel(),
    }
    const storage: Storage = {
      recover: () => ({ currentTerm: 0, votedFor: null, entries: [] }),
      save: (_batches, done) => {
        const takesMs = syncMinMs - syncMeanMs * Math.log(1 - diskRandom.float())
        this.#savedAt = Math.max(this.#savedAt, this.#lab.now) + takesMs
        this.#later(this.#savedAt - this.#lab.now, () => done(null))
      },
      close: () => {},
    }
    const encoder = new MessageEncoder()
    const raft = new Raft({
      id: this.id,
      configuration: configuration(ids),
      options: { ...options.raftOf(this.place), sizeOfEntry },
      random: random.fork(this.id),
      now: this.#clock.now(),
      recovered: storage.recover(),
    })
    this.#server = new Server({
      raft,
      clock,
      storage,
      transport: { send: (to, bytes) => this.#lab.send(this, decoded(bytes, this.id, to)) },
      encode: (message) => encoder.encode(message),
      apply: (entry) => hooks.applied?.(this, entry),
      answer: () => {},
      notice: (notice) => hooks.noticed?.(this, notice),
      fatal: (error) => {
        throw error
      },
    })
    this.#server.start()
  }

  /** For good: nothing in the lab starts again. */
  crash(): void {
    this.#server?.close()
    this.#server = null
    this.#clock.forget()
  }

  propose(command: Uint8Array): void {
    this.#server?.propose(0, command)
  }

  /** Back to follower in its term, with a fresh election timer. */
  yield(): void {
    this.#server?.suspend()
    this.#server?.resume()
  }

  deliver(message: Message, at: Milliseconds): void {
    this.#lab.queue.push(at, this, messageCame, message)
  }

  happen(what: number, payload: unknown): void {
    const server = this.#server
    if (server === null) return
    if (what === alarmRang) {
      this.#clock.ring(payload as Milliseconds)
    } else if (what === callIsDue) {
      ;(payload as () => void)()
    } else {
      const { arriving } = this.#lab.hooks
      const message = payload as Message
      const told = arriving === undefined ? message : arriving(this, message)
      if (told !== null) server.receive(told)
    }
  }

  #later(delayMs: Milliseconds, callback: () => void): void {
    this.#lab.queue.push(this.#lab.now + delayMs, this, callIsDue, callback)
  }
}

/** What is on the wire is what the bytes say. */
function decoded(bytes: Uint8Array, from: ServerId, to: ServerId): Message {
  const { kind, ...rest } = decodeDatagram(bytes, from, to)
  if (kind === 'message' && 'message' in rest) return rest.message
  throw new Error(`${from} has sent ${to} what nobody can read: ${kind}`)
}
