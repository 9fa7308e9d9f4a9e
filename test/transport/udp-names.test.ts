/** When the UDP transport asks for the addresses of names, and when it does not. */
import dns from 'node:dns'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { UdpTransport } from '../../src/transport/index.ts'
import { until } from '../ports/until.ts'
import {
  freePorts,
  sendFrom,
  server,
  strangerSocket,
  type UdpCluster,
  udpCluster,
} from './udp-cluster.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0).reverse()) await close()
})

async function cluster(...given: Parameters<typeof udpCluster>): Promise<UdpCluster> {
  const made = await udpCluster(...given)
  closing.push(made.close)
  return made
}

async function stranger(...given: Parameters<typeof strangerSocket>) {
  const socket = await strangerSocket(...given)
  closing.push(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  return socket
}

const x = Uint8Array.of(120)

describe('names', () => {
  test('are resolved at the start, and not for every datagram', async () => {
    const asked = vi.spyOn(dns, 'lookup')
    const names: string[] = []
    const lookup = async (host: string): Promise<string[]> => {
      names.push(host)
      return ['127.0.0.1']
    }
    const { ids, transport, arrived } = await cluster(['server1', 'server2'], { lookup })
    const [a, b] = ids as [string, string]
    const atStart = names.length
    await until('a hundred', () => {
      transport(a).send(b, x)
      return arrived(b).length >= 100
    })
    expect(atStart).toBe(4)
    expect(names.length).toBe(atStart)
    // Not even for an address, which Node would ask about too.
    expect(asked.mock.calls.filter(([host]) => host === '127.0.0.1')).toEqual([])
  })

  /** A server at 127.0.0.1, and server2, which is said to be far away until it is moved here. */
  async function withMovingPeer(resolveIntervalMs: number) {
    const ports = (await freePorts(2)) as [number, number]
    const servers = [server('127.0.0.1', ports[0]), server('server2', ports[1])]
    const [a, b] = servers.map(({ id }) => id) as [string, string]
    const names: { server2: string | null } = { server2: '203.0.113.2' }
    let asked = 0
    const lookup = async (): Promise<string[]> => {
      asked++
      if (names.server2 === null) throw Object.assign(new Error(), { code: 'EAI_AGAIN' })
      return [names.server2]
    }
    const transport = new UdpTransport(a, servers, { resolveIntervalMs, lookup })
    closing.push(() => transport.stop())
    const sources: unknown[] = []
    await transport.start((source) => sources.push(source))
    return { transport, names, sources, ports, b, asked: () => asked }
  }

  test('a peer that has moved is known again after it has spoken', async () => {
    const { transport, names, sources, ports, b } = await withMovingPeer(0)
    const peer = await stranger('127.0.0.1', ports[1])
    names.server2 = '127.0.0.1'
    await sendFrom(peer, x, '127.0.0.1', ports[0])
    await until('the resolution', () => transport.counters.resolutions === 1)
    await sendFrom(peer, x, '127.0.0.1', ports[0])
    await until('both', () => sources.length === 2)
    expect(sources).toEqual([
      { kind: 'client', address: `127.0.0.1:${ports[1]}` },
      { kind: 'server', id: b },
    ])
    expect(transport.status?.peers).toEqual([{ id: b, address: `127.0.0.1:${ports[1]}` }])
  })

  test('a peer that cannot be sent to is looked for', async () => {
    const { transport, names, ports, b } = await withMovingPeer(0)
    const peer = await stranger('127.0.0.1', ports[1])
    const arrived: Uint8Array[] = []
    peer.on('message', (bytes) => arrived.push(bytes))
    names.server2 = '127.0.0.1'
    transport.send(b, x)
    await until('the resolution', () => transport.counters.resolutions === 1)
    expect(transport.counters.sendErrors).toBe(1)
    transport.send(b, x)
    await until('the datagram', () => arrived.length === 1)
  })

  test('a name that does not resolve later is counted, and its address kept', async () => {
    const { transport, names, b, ports } = await withMovingPeer(0)
    names.server2 = null
    transport.send(b, x)
    await until('the resolution', () => transport.counters.resolutions === 1)
    expect(transport.counters.resolutionFailures).toBe(1)
    expect(transport.status?.peers).toEqual([{ id: b, address: `203.0.113.2:${ports[1]}` }])
  })

  test('names are not resolved again sooner than allowed, whatever fails', async () => {
    const { transport, asked, b } = await withMovingPeer(2 ** 31 - 1)
    for (let i = 1; i <= 20; i++) {
      transport.send(b, x)
      await until('the refusal', () => transport.counters.sendErrors === i)
    }
    await until('the one resolution', () => transport.counters.resolutions === 1)
    transport.send(b, x)
    await until('the refusal', () => transport.counters.sendErrors === 21)
    expect(asked()).toBe(2)
  })

  test('a client’s port says nothing of names', async () => {
    const { transport, asked, sources, ports } = await withMovingPeer(0)
    const client = await stranger('127.0.0.1')
    await sendFrom(client, x, '127.0.0.1', ports[0])
    await until('the datagram', () => sources.length === 1)
    expect([asked(), transport.counters.resolutions]).toEqual([1, 0])
  })
})
