/**
 * Servers that speak to each other over TCP on this machine, one listener and one transport each.
 */
import {
  type Given,
  noLife,
  type TcpIdentity,
  TcpListener,
  type TcpListenerOptions,
  type TcpPeer,
  type TcpRefusal,
  TcpTransport,
  type TcpTransportOptions,
} from '../../src/transport/index.ts'
import type { Arrival, TransportCluster } from '../ports/transport-acceptance.ts'
import { until } from '../ports/until.ts'
import { atEnd, End, host } from './tcp-ends.ts'

export interface TcpServerOptions {
  readonly port?: number
  readonly listener?: Given<TcpListenerOptions>
  readonly transport?: Given<TcpTransportOptions>
}

/** One server, its peers not yet known. */
export class TcpServer {
  readonly identity: TcpIdentity
  readonly listener: TcpListener
  readonly transport: TcpTransport
  readonly arrivals: Arrival[] = []
  readonly refusals: TcpRefusal[] = []
  readonly identified: TcpIdentity[] = []
  readonly clients: End[] = []
  #port: number

  constructor(identity: TcpIdentity, options: TcpServerOptions = {}) {
    this.identity = identity
    this.#port = options.port ?? 0
    this.listener = new TcpListener({ sweepMs: 10, ...options.listener })
    const events = {
      refused: (refusal: TcpRefusal) => this.refusals.push(refusal),
      identified: (peer: TcpIdentity) => this.identified.push(peer),
    }
    const transport = { sweepMs: 10, backoffMaxMs: 50, ...options.transport }
    this.transport = new TcpTransport(identity, [], transport, events)
  }

  get id(): string {
    return this.identity.serverId
  }

  get address(): string {
    return `${host}:${this.#port}`
  }

  async listen(): Promise<void> {
    const client = (): End => {
      const end = new End()
      this.clients.push(end)
      return end
    }
    await this.listener.start(host, this.#port, { client, server: this.transport.accept })
    this.#port = this.listener.port
  }

  /** Reaches for its peers, and takes in what arrives. */
  begin(peers: readonly TcpServer[] = []): void {
    for (const peer of peers) if (peer !== this) this.transport.setPeer(peerOf(peer))
    this.transport.start((source, bytes) => {
      this.arrivals.push({ source, bytes: Uint8Array.from(bytes) })
    })
  }

  async stop(): Promise<void> {
    this.transport.stop()
    await this.listener.stop()
  }

  texts(): string[] {
    return this.arrivals.map(({ bytes }) => Buffer.from(bytes).toString())
  }
}

export function peerOf(server: TcpServer, incarnation = 0): TcpPeer {
  return { id: server.id, address: server.address, incarnation }
}

export function identity(serverId: string, clusterId = '', incarnation = 0): TcpIdentity {
  const knows = { settledIndex: 0, isNamed: false, life: noLife }
  return { clusterId, serverId, incarnation, standing: 'member', ...knows }
}

/** Listens; ended with the test. */
export async function newServer(
  who: TcpIdentity | string,
  options: TcpServerOptions = {},
): Promise<TcpServer> {
  const server = new TcpServer(typeof who === 'string' ? identity(who) : who, options)
  atEnd(() => server.stop())
  await server.listen()
  return server
}

/** Servers that know each other. */
export async function newServers(
  ids: readonly string[],
  options: TcpServerOptions = {},
): Promise<TcpServer[]> {
  const servers: TcpServer[] = []
  for (const id of ids) servers.push(await newServer(id, options))
  for (const server of servers) server.begin(servers)
  return servers
}

/** Sends until it arrives. */
export async function deliver(from: TcpServer, to: TcpServer, words: string): Promise<void> {
  await until(`${words} to arrive`, () => {
    if (to.texts().includes(words)) return true
    from.transport.send(to.id, Buffer.from(words))
    return false
  })
}

/** Waits until all that these servers reach for is there. */
export async function connected(...servers: TcpServer[]): Promise<void> {
  await until('all to be connected', () =>
    servers.every((one) => one.transport.status.every(({ normal }) => normal === 'open')),
  )
}

/** For the suite that every Transport must pass. */
export async function tcpCluster(count: number): Promise<TransportCluster> {
  const servers = await newServers(Array.from({ length: count }, (_, i) => `server${i + 1}`))
  const server = (id: string): TcpServer => servers.find((one) => one.id === id) as TcpServer
  return {
    ids: servers.map(({ id }) => id),
    transport: (id) => server(id).transport,
    arrived: (id) => server(id).arrivals,
    stop: (id) => server(id).stop(),
    close: async () => {
      await Promise.all(servers.map((one) => one.stop()))
    },
  }
}
