/**
 * A world for clients: virtual time, a network of connections that carry real frames late and may
 * be cut, and servers that do as a test says.
 */

import { utf8Encode } from '../../src/base/bytes.ts'
import { Random } from '../../src/base/random.ts'
import {
  ClientCore,
  type ClientEvent,
  type ClientOptions,
  channelsOver,
  clientOptions,
  type RequestResult,
} from '../../src/client/index.ts'
import type { Clock, Connection, ConnectionEvents, Dialer } from '../../src/ports/index.ts'
import {
  type ClientRequestMessage,
  type ClientResponseMessage,
  decodeEnvelope,
  encodeClientMessage,
} from '../../src/wire/index.ts'

interface Task {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class World {
  now = 1000
  readonly random: Random
  /** Answers and frames take up to so long, one way. */
  delayMaxMs = 1
  #tasks: Task[] = []
  #orders = 0
  readonly servers = new Map<string, FakeServer>()

  constructor(seed: number | string = 1) {
    this.random = new Random(seed)
  }

  at(time: number, run: () => void): void {
    const task = { at: Math.max(time, this.now), order: this.#orders++, run }
    let low = 0
    let high = this.#tasks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#tasks[middle] as Task).at <= task.at) low = middle + 1
      else high = middle
    }
    this.#tasks.splice(low, 0, task)
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run)
  }

  /** Lets so much time pass. */
  run(ms: number): void {
    this.runUntil(() => false, ms)
  }

  /** Lets time pass until the condition holds; false where that took longer than `ms`. */
  runUntil(condition: () => boolean, ms = 60_000): boolean {
    const end = this.now + ms
    while (!condition()) {
      const next = this.#tasks[0]
      if (next === undefined || next.at > end) {
        this.now = end
        return condition()
      }
      this.#tasks.shift()
      this.now = next.at
      next.run()
    }
    return true
  }

  clock(): Clock {
    let alarm = 0
    return {
      now: () => this.now,
      wakeAt: (deadline, wake) => {
        const mine = ++alarm
        this.at(Math.max(deadline, this.now), () => {
          if (alarm === mine) wake()
        })
      },
      soon: (callback) => this.after(0, callback),
      cancel: () => {
        alarm += 1
      },
    }
  }

  server(address: string): FakeServer {
    const server = new FakeServer(this, address)
    this.servers.set(address, server)
    return server
  }

  readonly dialer: Dialer = {
    connect: (address, events) => new FakeConnection(this, address, events),
  }

  client(servers: readonly string[], options: Partial<ClientOptions> = {}): TestClient {
    return new TestClient(this, servers, options)
  }
}

export type Respond = (response: ClientResponseMessage) => void

/** Takes requests and does with them what `handle` says. */
export class FakeServer {
  readonly address: string
  /** `down` refuses connections; `silent` takes them and says nothing. */
  state: 'up' | 'down' | 'silent' = 'up'
  /** In the order in which they came. */
  readonly requests: ClientRequestMessage[] = []
  readonly connections = new Set<FakeConnection>()
  connectionsMade = 0
  handle: (message: ClientRequestMessage, respond: Respond) => void = () => {}

  constructor(_world: World, address: string) {
    this.address = address
  }

  /** Ends every connection, as a process that dies. */
  crash(): void {
    this.state = 'down'
    this.cut()
  }

  cut(): void {
    for (const connection of [...this.connections]) connection.cut('connection reset')
  }

  receive(connection: FakeConnection, bytes: Uint8Array): void {
    if (this.state !== 'up') return
    const decoded = decodeEnvelope(bytes, null, this.address)
    if (decoded.kind !== 'clientMessage' || 'status' in decoded.message) {
      throw new Error('a client says what a client says')
    }
    this.requests.push(decoded.message)
    this.handle(decoded.message, (response) => {
      if (this.state === 'up') connection.deliver(encodeClientMessage(response))
    })
  }
}

export class FakeConnection implements Connection {
  readonly remote: string
  readonly #world: World
  readonly #events: ConnectionEvents
  #isOver = false
  /** The order of frames is kept, each way. */
  #lastOut = 0
  #lastIn = 0
  /** Frames that it does not take. */
  isFull = false

  constructor(world: World, address: string, events: ConnectionEvents) {
    this.#world = world
    this.remote = address
    this.#events = events
    world.after(this.#delay(), () => this.#open())
  }

  send(frame: Uint8Array): boolean {
    if (this.#isOver || this.isFull) return false
    this.#lastOut = Math.max(this.#lastOut, this.#world.now + this.#delay())
    this.#world.at(this.#lastOut, () => {
      if (!this.#isOver) this.#world.servers.get(this.remote)?.receive(this, frame)
    })
    return true
  }

  close(): void {
    this.#end(null)
  }

  /** From the server. */
  deliver(frame: Uint8Array): void {
    this.#lastIn = Math.max(this.#lastIn, this.#world.now + this.#delay())
    this.#world.at(this.#lastIn, () => {
      if (!this.#isOver) this.#events.frame(frame)
    })
  }

  cut(reason: string): void {
    this.#end(new Error(reason))
  }

  #open(): void {
    const server = this.#world.servers.get(this.remote)
    if (this.#isOver) return
    if (server === undefined || server.state === 'down') {
      this.cut('connection refused')
      return
    }
    server.connections.add(this)
    server.connectionsMade += 1
    this.#events.opened()
  }

  #end(error: Error | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#world.servers.get(this.remote)?.connections.delete(this)
    this.#world.after(0, () => this.#events.closed(error))
  }

  #delay(): number {
    return this.#world.random.between(0, this.#world.delayMaxMs)
  }
}

/** A client, and what became of what it was asked. */
export class TestClient {
  readonly core: ClientCore
  readonly events: ClientEvent[] = []

  constructor(world: World, servers: readonly string[], options: Partial<ClientOptions>) {
    this.core = new ClientCore({
      openChannel: channelsOver(world.dialer),
      clock: world.clock(),
      random: world.random.fork('client'),
      servers: servers.map((address) => ({ address })),
      preferred: servers[0] ?? null,
      options: clientOptions(options),
      trace: (event) => this.events.push(event),
    })
  }

  request(text: string, options: { timeoutMs?: number; session?: boolean } = {}): Pending {
    return track((done) => this.core.request(utf8Encode(text), options, done))
  }

  query(
    text: string,
    options: { timeoutMs?: number; consistency?: 'linearizable' | 'lease' | 'stale' } = {},
  ): Pending {
    return track((done) => this.core.query(utf8Encode(text), options, done))
  }

  status(address: string, timeoutMs = 1000): Pending {
    return track((done) => this.core.status(address, { timeoutMs }, done))
  }

  count(kind: ClientEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length
  }
}

export interface Pending {
  result: RequestResult | null
  cancel(): void
}

function track(begin: (done: (result: RequestResult) => void) => { cancel(): void }): Pending {
  const pending: Pending = { result: null, cancel: () => operation.cancel() }
  const operation = begin((result) => {
    if (pending.result !== null) throw new Error('a result is given once')
    pending.result = result
  })
  if (pending.result !== null) throw new Error('a result does not come from inside the call')
  return pending
}
