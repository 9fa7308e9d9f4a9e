/** Clusters of servers over real TCP, with real directories, in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Client,
  type ClientSettings,
  type KontikiServer,
  openClient,
  openServer,
  type ServerSettings,
} from '../../src/library/index.ts'
import { freePorts } from '../harness/free-ports.ts'
import { waitFor } from '../harness/waiting.ts'
import { Counter, type CounterCommand } from './machines.ts'

export type CounterServer = KontikiServer<CounterCommand, { what: 'value' }, number, number>
export type CounterClient = Client<CounterCommand, { what: 'value' }, number, number>
type CounterClientSettings = ClientSettings<CounterCommand, { what: 'value' }, number, number>
type Settings = ServerSettings<CounterCommand, { what: 'value' }, number, number>

const names = ['a', 'b', 'c', 'd', 'e', 'f']

export class Cluster {
  readonly addresses: Readonly<Record<string, string>>
  readonly directory: string = mkdtempSync(join(tmpdir(), 'kontiki-library-'))
  readonly running = new Map<string, CounterServer>()
  readonly machines = new Map<string, Counter>()
  readonly #closing: (() => Promise<void>)[] = []

  private constructor(addresses: Readonly<Record<string, string>>) {
    this.addresses = addresses
  }

  /** So many servers have places, and the first `members` of them run and begin a cluster. */
  static async start(
    count: number,
    settings: Partial<Settings> = {},
    members: number = count,
  ): Promise<Cluster> {
    const ports = await freePorts(count)
    const places = ports.map((port, i) => [names[i] as string, `127.0.0.1:${port}`] as const)
    const cluster = new Cluster(Object.fromEntries(places))
    const servers = Object.fromEntries(places.slice(0, members))
    const ids = Object.keys(servers)
    await Promise.all(ids.map((id) => cluster.open(id, { servers, ...settings })))
    return cluster
  }

  async open(id: string, settings: Partial<Settings> = {}): Promise<CounterServer> {
    const machine = new Counter()
    this.machines.set(id, machine)
    const server = await openServer({
      id,
      servers: this.addresses,
      dataDir: join(this.directory, id),
      bootstrap: settings.join !== true,
      segmentBytes: 64 * 1024,
      timeoutMs: 20_000,
      stateMachine: machine,
      ...settings,
    })
    this.running.set(id, server)
    return server
  }

  client(settings: Partial<CounterClientSettings> = {}): CounterClient {
    const servers = Object.values(this.addresses)
    const client: CounterClient = openClient({ servers, timeoutMs: 20_000, ...settings })
    this.#closing.push(() => client.close())
    return client
  }

  async close(id: string): Promise<void> {
    await this.running.get(id)?.close()
    this.running.delete(id)
  }

  leader(): Promise<CounterServer> {
    return waitFor('a leader', () => {
      return [...this.running.values()].find((server) => server.status().role === 'leader')
    })
  }

  async end(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()))
    await Promise.all([...this.running.keys()].map((id) => this.close(id)))
    rmSync(this.directory, { recursive: true, force: true })
  }
}
