/**
 * A small world to measure in: the real core under the real driver, with the simulator's queue,
 * clocks and network, and a disk that only takes its time. Nothing fails but what an experiment
 * makes fail. Servers may differ in their options, and an experiment may stand between the network
 * and a server. Guarantees are not checked here; that is what world.ts is for.
 */
import { assert } from '../../base/assert.ts'
import { Random } from '../../base/random.ts'
import type {
  Entry,
  Message,
  Milliseconds,
  Notice,
  RaftOptions,
  ServerId,
} from '../../raft/index.ts'
import { EventQueue, type Target } from '../event-queue.ts'
import { type Link, type NetworkOptions, SimNetwork } from '../sim-network.ts'
import { LabServer } from './lab-server.ts'

export interface LabOptions {
  readonly servers: number
  readonly raftOf: (place: number) => Partial<RaftOptions>
  readonly network: Pick<NetworkOptions, 'delay' | 'delayMinMs' | 'delayMeanMs'>
  /** A save takes the minimum and, exponentially distributed, the mean above it. */
  readonly disk: { readonly syncMinMs: Milliseconds; readonly syncMeanMs: Milliseconds }
}

/** What an experiment listens to, and what it changes. */
export interface LabHooks {
  readonly noticed?: (server: LabServer, notice: Notice) => void
  readonly applied?: (server: LabServer, entry: Entry) => void
  /** What a server is told in the place of a message; null: nothing. */
  readonly arriving?: (server: LabServer, message: Message) => Message | null
}

export class Lab implements Target {
  readonly options: LabOptions
  readonly hooks: LabHooks
  readonly random: Random
  readonly queue: EventQueue = new EventQueue()
  readonly ids: readonly ServerId[]
  readonly servers: readonly LabServer[]
  readonly #network: SimNetwork
  readonly #places: ReadonlyMap<ServerId, number>
  messages = 0

  constructor(seed: number | string, options: LabOptions, hooks: LabHooks = {}) {
    this.options = options
    this.hooks = hooks
    this.random = new Random(seed)
    this.ids = Array.from({ length: options.servers }, (_, place) => `s${place + 1}`)
    this.#places = new Map(this.ids.map((id, place) => [id, place]))
    this.#network = new SimNetwork(
      options.servers,
      { ...faultless, ...options.network },
      this.random.fork('network'),
      options.servers,
      (to, message, delayMs) => this.servers[to]?.deliver(message, this.now + delayMs),
    )
    this.servers = this.ids.map((id, place) => new LabServer(this, id, place))
  }

  get now(): Milliseconds {
    return this.queue.time
  }

  /** The servers that are up and lead. */
  get leaders(): LabServer[] {
    return this.servers.filter(({ role }) => role === 'leader')
  }

  /** Who leads in the latest term that is led. */
  get leader(): LabServer | null {
    const [first = null] = this.leaders.sort((a, b) => b.term - a.term)
    return first
  }

  /** Starts the servers, each at a random moment of the time `withinMs`. */
  start(withinMs: Milliseconds = 0): void {
    for (const server of this.servers) {
      this.later(this.random.between(0, withinMs), () => server.start())
    }
  }

  /** Lets happen what is due by then. */
  run(until: Milliseconds): void {
    this.runUntil(until, () => false)
  }

  /** The same, but only until `isDone`, which is asked after every event. False where it is not. */
  runUntil(until: Milliseconds, isDone: () => boolean): boolean {
    const { queue } = this
    while (queue.nextTime <= until) {
      queue.next()
      ;(queue.target as Target).happen(queue.what, queue.payload)
      if (isDone()) return true
    }
    queue.time = until
    return isDone()
  }

  happen(_what: number, payload: unknown): void {
    ;(payload as () => void)()
  }

  later(delayMs: Milliseconds, action: () => void): void {
    this.queue.push(this.now + delayMs, this, 0, action)
  }

  cut(links: readonly Link[]): void {
    this.#network.cut(links)
  }

  mend(links: readonly Link[]): void {
    this.#network.mend(links)
  }

  send(from: LabServer, message: Message): void {
    const to = this.#places.get(message.to)
    assert(to !== undefined, 'messages go to servers of the lab')
    this.messages += 1
    this.#network.send(from.place, to, message)
  }
}

const faultless: NetworkOptions = {
  delay: 'even',
  delayMinMs: 0,
  delayMeanMs: 0,
  lossChance: 0,
  repeatChance: 0,
  detourChance: 0,
  detourMaxMs: 0,
  shortChance: 0,
}
