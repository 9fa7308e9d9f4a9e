/**
 * Real sockets on this machine: servers with UDP transports, strangers, and free ports for both.
 */
import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import {
  type ServerAddress,
  TransportError,
  type UdpOptions,
  UdpTransport,
} from '../../src/transport/index.ts'
import type { Arrival, TransportCluster } from '../ports/transport-acceptance.ts'

/** Whether this machine can talk to itself by IPv6. */
export const hasIPv6: boolean = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1')

/**
 * Whether all of 127.0.0.0/8 is this machine, as on Linux; elsewhere it may be 127.0.0.1 alone.
 */
export const hasLoopbackAliases: boolean = process.platform === 'linux'

/** A loopback address with another one's number where there are several. */
export function loopback(number: number): string {
  return hasLoopbackAliases ? `127.0.0.${number}` : '127.0.0.1'
}

/** Below the ports that systems give away: a stranger's socket must not get a server's. */
const portLow = 10_000
const portHigh = 32_000

/** So many different ports, free a moment ago for every address that we have. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = portLow + Math.floor(Math.random() * (portHigh - portLow))
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket(hasIPv6 ? 'udp6' : 'udp4')
  return new Promise((resolve) => {
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(true)))
  })
}

/** `host:port` as a server's name. */
export function server(host: string, port: number): ServerAddress {
  return { id: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, host, port }
}

export interface UdpCluster extends TransportCluster {
  readonly servers: readonly ServerAddress[]
  transport(id: string): UdpTransport
}

/** Servers on these hosts, one port each. Tries other ports where somebody was faster. */
export async function udpCluster(
  hosts: readonly string[],
  options: Partial<UdpOptions> = {},
): Promise<UdpCluster> {
  for (let tries = 1; ; tries++) {
    const ports = await freePorts(hosts.length)
    const servers = hosts.map((host, i) => server(host, ports[i] as number))
    try {
      return await start(servers, options)
    } catch (error) {
      const isTaken = error instanceof TransportError && error.code === 'ADDRESS_IN_USE'
      if (!isTaken || tries === 5) throw error
    }
  }
}

/** These servers, all of them started. */
export async function start(
  servers: readonly ServerAddress[],
  options: Partial<UdpOptions> = {},
): Promise<UdpCluster> {
  const ids = servers.map(({ id }) => id)
  const arrivals = new Map(ids.map((id) => [id, [] as Arrival[]]))
  const arrived = (id: string): Arrival[] => arrivals.get(id) as Arrival[]
  const transports = new Map(ids.map((id) => [id, new UdpTransport(id, servers, options)]))
  const transport = (id: string): UdpTransport => transports.get(id) as UdpTransport
  const close = async (): Promise<void> => {
    await Promise.all(ids.map((id) => transport(id).stop()))
  }
  try {
    for (const id of ids) {
      await transport(id).start((source, bytes) => arrived(id).push({ source, bytes }))
    }
  } catch (error) {
    await close()
    throw error
  }
  return { ids, servers, transport, arrived, stop: (id) => transport(id).stop(), close }
}

/** A socket that is no UdpTransport: a client, or another implementation. */
export async function strangerSocket(
  address: string,
  port = 0,
  type: SocketType = address.includes(':') ? 'udp6' : 'udp4',
): Promise<Socket> {
  const socket = createSocket(type)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, resolve)
  })
  return socket
}

/** Sends from the stranger; resolves when the bytes have left. */
export function sendFrom(
  socket: Socket,
  bytes: Uint8Array,
  address: string,
  port: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, port, address, (error) => (error === null ? resolve() : reject(error)))
  })
}
