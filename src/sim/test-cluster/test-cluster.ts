/**
 * A cluster for trying out a state machine: the real servers and a real client in a small seeded
 * world, whose time passes event by event, as its holder says. Unlike the world of the simulator
 * proper it is not there to find fault with Raft, and its faults come when they are asked for.
 */
import { assert } from '../../base/assert.ts'
import { Random } from '../../base/random.ts'
import { ClientCore, type ClientOptions, channelsOver } from '../../client/index.ts'
import {
  type Configuration,
  type Milliseconds,
  makeConfiguration,
  type RaftOptions,
  type ServerId,
} from '../../raft/index.ts'
import type { GivenServiceOptions, GivenSnapshotOptions } from '../../server/index.ts'
import type { ByteMachine } from '../../state-machine/index.ts'
import { EventQueue, type Target } from '../event-queue.ts'
import { SimConnections } from '../sim-connections.ts'
import { type Link, type NetworkOptions, SimNetwork } from '../sim-network.ts'
import { Agreement } from './agreement.ts'
import { ClusterServer, type ServerSurroundings } from './cluster-server.ts'
import { Examiner } from './examiner.ts'
import { ClusterProcess } from './process.ts'

export interface TestClusterOptions {
  readonly seed: number | string
  readonly servers: number
  readonly raft: Partial<RaftOptions>
  readonly service: GivenServiceOptions
  readonly snapshots: GivenSnapshotOptions
  readonly client: ClientOptions
  /** See Examiner. */
  readonly snapshotEveryEntries: number
  /** Messages and connections are lost, now and then. */
  readonly isLossy: boolean
  /** A new machine, for a server that starts. */
  readonly makeMachine: (id: ServerId) => ByteMachine
  /** A new machine that is only looked at. */
  readonly anotherMachine: () => ByteMachine
  /** What happens, a line each. */
  readonly trace: ((line: string) => void) | null
}

/** Where the client is. */
export const clientHost = 'client'

interface Packet {
  readonly from: ServerId
  readonly bytes: Uint8Array
}

export class TestCluster implements Target, ServerSurroundings {
  readonly random: Random
  readonly queue: EventQueue = new EventQueue()
  readonly servers: readonly ClusterServer[]
  readonly client: ClientCore
  readonly connections: SimConnections
  readonly configuration: Configuration
  readonly raft: Partial<RaftOptions>
  readonly service: GivenServiceOptions
  readonly snapshots: GivenSnapshotOptions
  /** The first thing that must not be and was. */
  failure: { readonly problem: string; readonly cause: Error | null } | null = null
  readonly #options: TestClusterOptions
  readonly #network: SimNetwork<Packet>
  readonly #agreement: Agreement
  readonly #places = new Map<ServerId, number>()
  #cutLinks: Link[] = []
  #blocked: [string, string][] = []

  constructor(options: TestClusterOptions) {
    this.#options = options
    const { seed, servers, raft, service, snapshots, isLossy } = options
    this.random = new Random(seed)
    this.raft = raft
    this.service = service
    this.snapshots = snapshots
    const ids = Array.from({ length: servers }, (_, place) => `s${place + 1}`)
    for (const [place, id] of ids.entries()) this.#places.set(id, place)
    const addresses = new Map(ids.map((id) => [id, `${id}:1`]))
    this.configuration = makeConfiguration(ids, null, [], addresses)
    this.#network = this.#makeNetwork(isLossy)
    this.connections = this.#makeConnections(isLossy)
    this.#agreement = new Agreement((problem) => this.problem(problem))
    this.servers = ids.map((id) => new ClusterServer(this, id, this.random.fork(id)))
    this.client = this.#makeClient(addresses)
    for (const server of this.servers) server.start()
  }

  get now(): Milliseconds {
    return this.queue.time
  }

  /** One thing happens, the next that is due; false where nothing does any more. */
  step(): boolean {
    const { queue } = this
    if (!queue.next()) return false
    try {
      ;(queue.target as Target).happen(queue.what, queue.payload)
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error))
      this.problem(cause.message, cause)
    }
    return true
  }

  later(delayMs: Milliseconds, action: () => void): void {
    this.queue.push(this.now + delayMs, this, 0, action)
  }

  happen(_what: number, payload: unknown): void {
    ;(payload as () => void)()
  }

  server(id: ServerId): ClusterServer | null {
    return this.servers[this.#places.get(id) ?? -1] ?? null
  }

  /** Only within a group do its members hear each other. The client may be in one, or in all. */
  partition(groups: readonly (readonly string[])[]): void {
    this.heal()
    const groupOf = (name: string): number => groups.findIndex((group) => group.includes(name))
    for (const { id } of this.servers) {
      for (const other of this.servers) {
        if (groupOf(id) !== groupOf(other.id)) this.#cutLinks.push(this.#link(id, other.id))
      }
      const clientsGroup = groupOf(clientHost)
      if (clientsGroup < 0 || clientsGroup === groupOf(id)) continue
      this.#blocked.push([clientHost, id], [id, clientHost])
    }
    this.#network.cut(this.#cutLinks)
    for (const [from, to] of this.#blocked) this.connections.block(from, to)
    this.told(`parted: ${groups.map((group) => group.join(' ')).join(' | ')}`)
  }

  heal(): void {
    if (this.#cutLinks.length === 0) return
    this.#network.mend(this.#cutLinks)
    for (const [from, to] of this.#blocked) this.connections.unblock(from, to)
    this.#cutLinks = []
    this.#blocked = []
    this.told('healed')
  }

  // What servers need.

  makeMachine(id: ServerId): ByteMachine {
    return this.#options.makeMachine(id)
  }

  examine(id: ServerId, machine: ByteMachine): Examiner {
    return new Examiner({
      id,
      machine,
      agreement: this.#agreement,
      another: this.#options.anotherMachine,
      snapshotEveryEntries: this.#options.snapshotEveryEntries,
      problem: (problem) => this.problem(problem),
    })
  }

  send(from: ServerId, to: ServerId, bytes: Uint8Array): void {
    const places = [this.#places.get(from), this.#places.get(to)] as [number, number]
    this.#network.send(...places, { from, bytes })
  }

  told(line: string): void {
    this.#options.trace?.(`${this.now.toFixed(3)} ms: ${line}`)
  }

  problem(problem: string, cause: Error | null = null): void {
    if (this.failure !== null) return
    this.failure = { problem, cause }
    this.told(problem)
  }

  #makeNetwork(isLossy: boolean): SimNetwork<Packet> {
    const { servers } = this.#options
    const options: NetworkOptions = {
      delay: 'exponential',
      delayMinMs: 0.2,
      delayMeanMs: 1,
      lossChance: isLossy ? 0.01 : 0,
      repeatChance: isLossy ? 0.01 : 0,
      detourChance: isLossy ? 0.01 : 0,
      detourMaxMs: 100,
      shortChance: 0,
    }
    return new SimNetwork<Packet>(
      servers,
      options,
      this.random.fork('network'),
      servers,
      (to, { from, bytes }, delayMs) => {
        this.later(delayMs, () => this.servers[to]?.receive(bytes, from))
      },
    )
  }

  #makeConnections(isLossy: boolean): SimConnections {
    const random = this.random.fork('connections')
    const options = {
      delayMs: () => random.between(0.2, 2),
      breakChance: isLossy ? 0.002 : 0,
      halfOpenChance: 0.2,
      bufferBytesMax: 16 * 1024 * 1024,
    }
    return new SimConnections(options, random, this)
  }

  #makeClient(addresses: ReadonlyMap<ServerId, string>): ClientCore {
    const process = new ClusterProcess(this, clientHost, 1)
    return new ClientCore({
      openChannel: channelsOver(this.connections.dialer(process)),
      clock: process,
      random: this.random.fork('client'),
      servers: [...addresses].map(([id, address]) => ({ id, address })),
      options: this.#options.client,
    })
  }

  #link(from: ServerId, to: ServerId): Link {
    const places = [this.#places.get(from), this.#places.get(to)]
    assert(!places.includes(undefined), `${from} and ${to} are servers`)
    return { from: places[0] as number, to: places[1] as number }
  }
}
