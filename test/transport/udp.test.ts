/**
 * The UDP transport on real sockets: who is speaking, what is counted and dropped, when names are
 * resolved, and how a start fails. What every transport does is in the acceptance suite.
 */
import dns from 'node:dns'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { TransportError, UdpTransport } from '../../src/transport/index.ts'
import { until } from '../ports/until.ts'
import {
  freePorts,
  hasIPv6,
  hasLoopbackAliases,
  loopback,
  sendFrom,
  server,
  start,
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

describe('who is speaking', () => {
  test('an address that is no server’s is a client’s', async () => {
    const { ids, servers, arrived } = await cluster(['127.0.0.1', '127.0.0.1'])
    const client = await stranger('127.0.0.1')
    await sendFrom(client, x, '127.0.0.1', servers[0]?.port as number)
    await until('the datagram', () => arrived(ids[0] as string).length > 0)
    expect(arrived(ids[0] as string)[0]?.source).toEqual({
      kind: 'client',
      address: `127.0.0.1:${client.address().port}`,
    })
  })

  test('clients by either family of a server that has both', async () => {
    const host = hasIPv6 ? '::1' : '127.0.0.1'
    const { ids, servers, arrived } = await cluster(['127.0.0.1', host])
    const clients = [await stranger('127.0.0.1'), await stranger(host)]
    for (const client of clients) {
      await sendFrom(client, x, client.address().address, servers[0]?.port as number)
    }
    await until('both datagrams', () => arrived(ids[0] as string).length === 2)
    expect(arrived(ids[0] as string).map(({ source }) => source)).toEqual(
      clients.map((client) => {
        const { address, port } = client.address()
        const shown = address === '::1' ? '[::1]' : address
        return { kind: 'client', address: `${shown}:${port}` }
      }),
    )
  })

  test('servers on one port of several addresses are told apart', async () => {
    const [port, other] = (await freePorts(2)) as [number, number]
    const second = server(loopback(2), hasLoopbackAliases ? port : other)
    const servers = [server('127.0.0.1', port), second]
    const made = await start(servers)
    closing.push(made.close)
    const [a, b] = made.ids as [string, string]
    made.transport(b).send(a, x)
    await until('the datagram', () => made.arrived(a).length > 0)
    expect(made.arrived(a)[0]?.source).toEqual({ kind: 'server', id: b })
  })

  test('another implementation that binds all addresses is known by its port', async () => {
    const [ours, theirs] = (await freePorts(2)) as [number, number]
    const servers = [server('127.0.0.1', ours), server(loopback(2), theirs)]
    const [a, b] = servers.map(({ id }) => id) as [string, string]
    const transport = new UdpTransport(a, servers)
    closing.push(() => transport.stop())
    const sources: unknown[] = []
    await transport.start((source) => sources.push(source))
    const peer = await stranger('0.0.0.0', theirs)
    await sendFrom(peer, x, '127.0.0.1', ours)
    await until('the datagram', () => sources.length > 0)
    expect(sources).toEqual([{ kind: 'server', id: b }])
    const answers: Uint8Array[] = []
    peer.on('message', (bytes) => answers.push(bytes))
    await until('the answer', () => {
      transport.send(b, x)
      return answers.length > 0
    })
  })

  test('everything leaves from the one socket that is bound to the identity', async () => {
    const { ids, servers, transport } = await cluster([loopback(2), '127.0.0.1'])
    await transport(ids[1] as string).stop()
    const peer = await stranger('127.0.0.1', servers[1]?.port as number)
    const from: string[] = []
    peer.on('message', (_, { address, port }) => from.push(`${address}:${port}`))
    await until('the datagram', () => {
      transport(ids[0] as string).send(ids[1] as string, x)
      return from.length > 0
    })
    expect(from[0]).toBe(ids[0])
    expect(transport(ids[0] as string).status?.boundTo).toBe(ids[0])
  })
})

describe('limits and counters', () => {
  test('what is sent and received is counted', async () => {
    const { ids, transport, arrived } = await cluster(['127.0.0.1', '127.0.0.1'])
    const [a, b] = ids as [string, string]
    transport(a).send(b, new Uint8Array(10))
    transport(a).send(b, new Uint8Array(1372))
    await until('both', () => arrived(b).length === 2)
    await until('their count', () => transport(a).counters.sent === 2)
    expect(transport(a).counters).toMatchObject({ sent: 2, sentBytes: 1382, sentOversize: 0 })
    expect(transport(b).counters).toMatchObject({
      received: 2,
      receivedBytes: 1382,
      receivedFromClients: 0,
    })
  })

  test('above the datagram’s size is sent and counted; above UDP’s is dropped and counted', async () => {
    const { ids, transport, arrived } = await cluster(['127.0.0.1', '127.0.0.1'])
    const [a, b] = ids as [string, string]
    transport(a).send(b, new Uint8Array(1373))
    transport(a).send(b, new Uint8Array(65_508))
    transport(a).send(b, new Uint8Array(65_507))
    await until('both', () => arrived(b).length === 2)
    await until('their count', () => transport(a).counters.sent === 2)
    expect(transport(a).counters).toMatchObject({ sentOversize: 2, sendDroppedTooLarge: 1 })
    expect(arrived(b).map(({ bytes }) => bytes.length)).toEqual([1373, 65_507])
  })

  test('what nobody can get is dropped and counted', async () => {
    const { ids, transport } = await cluster(['127.0.0.1', '127.0.0.1'])
    const [a, b] = ids as [string, string]
    transport(a).send('nobody:1', x)
    transport(a).send(a, x)
    expect(transport(a).counters.sendDroppedUnknownServer).toBe(2)
    await transport(a).stop()
    transport(a).send(b, x)
    expect(transport(a).counters.sendDroppedNotRunning).toBe(1)
    expect(transport(a).counters.sent).toBe(0)
  })

  test('what the operating system refuses is counted, and named', async () => {
    const [port] = (await freePorts(1)) as [number]
    // Nothing bound to loopback leaves this machine.
    const servers = [server('127.0.0.1', port), server('203.0.113.1', port)]
    const [a, b] = servers.map(({ id }) => id) as [string, string]
    const transport = new UdpTransport(a, servers)
    closing.push(() => transport.stop())
    await transport.start(() => undefined)
    transport.send(b, x)
    await until('the refusal', () => transport.counters.sendErrors > 0)
    expect(transport.status?.lastError).toMatch(/^E[A-Z]+$/)
    expect(transport.counters.sent).toBe(0)
  })

  test('a full send queue drops what comes', async () => {
    const { ids, transport } = await cluster(['127.0.0.1', '127.0.0.1'])
    const [a, b] = ids as [string, string]
    const { Socket } = await import('node:dgram')
    const queued = vi.spyOn(Socket.prototype, 'getSendQueueSize').mockReturnValue(4 * 1024 * 1024)
    transport(a).send(b, x)
    queued.mockRestore()
    expect(transport(a).counters.sendDroppedQueueFull).toBe(1)
    transport(a).send(b, x)
    await until('the next one', () => transport(a).counters.sent === 1)
  })

  test('clients that fill their inbox lose the oldest, and take no server’s place', async () => {
    const options = { clientDatagramsPerTurnMax: 1, clientInboxDatagramsMax: 2 }
    const { ids, servers, transport, arrived } = await cluster(['127.0.0.1', '127.0.0.1'], options)
    const [a, b] = ids as [string, string]
    const client = await stranger('127.0.0.1')
    // All of these are in the socket's buffer before it is read.
    const port = servers[1]?.port as number
    const sent: Promise<void>[] = []
    for (let i = 0; i < 20; i++) sent.push(sendFrom(client, Uint8Array.of(i), '127.0.0.1', port))
    transport(a).send(b, Uint8Array.of(99))
    await Promise.all(sent)
    await until('all of them', () => transport(b).counters.received === 21)
    await until('the server’s', () =>
      arrived(b).some(({ source, bytes }) => source.kind === 'server' && bytes[0] === 99),
    )
    const dropped = transport(b).counters.receiveDroppedFromClients
    expect(dropped).toBeGreaterThan(0)
    expect(transport(b).counters.receiveDroppedFromServers).toBe(0)
    await until('the rest', () => arrived(b).length === 21 - dropped)
    expect(transport(b).counters.receivedFromClients).toBe(20)
  })

  test('the operating system is asked for room, and what it gave is shown', async () => {
    const small = await cluster(['127.0.0.1'], { socketBufferBytes: 65_507 })
    const large = await cluster(['127.0.0.1'])
    const given = (made: UdpCluster): number =>
      made.transport(made.ids[0] as string).status?.receiveBufferBytes as number
    expect(given(small)).toBeGreaterThan(0)
    expect(given(large)).toBeGreaterThan(given(small))
  })

  test.each([
    ['datagramBytesMax', 65_508],
    ['datagramBytesMax', 0],
    ['serverDatagramsPerTurnMax', 0],
    ['clientInboxDatagramsMax', 1.5],
    ['resolveIntervalMs', Number.NaN],
    ['bindAddress', 'localhost'],
  ])('an option that cannot be is refused: %s %s', (name, value) => {
    const make = (): unknown =>
      new UdpTransport('a:1', [server('a', 1)], { [name]: value } as object)
    expect(make).toThrow(TransportError)
    expect(make).toThrow(new RegExp(`^${name} must be .*it is ${value}$`))
  })
})

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

describe('starting and stopping', () => {
  async function failure(transport: UdpTransport): Promise<TransportError> {
    closing.push(() => transport.stop())
    const error: unknown = await transport.start(() => undefined).catch((caught) => caught)
    if (!(error instanceof TransportError)) throw new Error(`not refused: ${String(error)}`)
    expect(error.message).not.toContain('\n')
    return error
  }

  test('a port in use', async () => {
    const { servers } = await cluster(['127.0.0.1'])
    const own = servers[0] as ReturnType<typeof server>
    const { code, message } = await failure(new UdpTransport(own.id, servers))
    expect(code).toBe('ADDRESS_IN_USE')
    expect(message).toBe(
      `${own.id}: port ${own.port} of 127.0.0.1 is in use; is this server running already?`,
    )
  })

  test('an address that this machine does not have', async () => {
    const [port] = (await freePorts(1)) as [number]
    const own = server('203.0.113.1', port)
    const { code, message } = await failure(new UdpTransport(own.id, [own]))
    expect(code).toBe('ADDRESS_NOT_AVAILABLE')
    expect(message).toBe(`${own.id}: this machine does not have the address 203.0.113.1`)
  })

  test.each(['server1', 'server2'])('a name that does not resolve: %s', async (lost) => {
    const servers = [server('server1', 1), server('server2', 2)]
    const lookup = async (host: string): Promise<string[]> => {
      if (host === lost) throw Object.assign(new Error(), { code: 'ENOTFOUND' })
      return ['127.0.0.1']
    }
    const { code, message } = await failure(new UdpTransport('server1:1', servers, { lookup }))
    expect(code).toBe('NAME_NOT_RESOLVED')
    expect(message).toMatch(new RegExp(`^${lost}:[12]: ${lost} does not resolve \\(ENOTFOUND\\)$`))
  })

  test('the operating system’s own answer for a name that cannot be', async () => {
    const own = server('no such name', 1)
    expect((await failure(new UdpTransport(own.id, [own]))).code).toBe('NAME_NOT_RESOLVED')
  })

  test('stopped, it frees its port and gives nothing more to anybody', async () => {
    const { ids, servers, transport, arrived } = await cluster(['127.0.0.1', '127.0.0.1'])
    const [a, b] = ids as [string, string]
    await until('the datagram', () => {
      transport(a).send(b, x)
      return arrived(b).length > 0
    })
    const sending = transport(a).send(b, x)
    await transport(b).stop()
    const before = arrived(b).length
    await stranger('127.0.0.1', servers[1]?.port as number)
    expect([sending, arrived(b).length]).toEqual([undefined, before])
    expect(transport(b).status).toBeNull()
    await transport(b).stop()
  })

  test('stopped at any point of its start, it does not run', async () => {
    for (let steps = 0; steps < 20; steps++) {
      const [port] = (await freePorts(1)) as [number]
      const own = server('127.0.0.1', port)
      const transport = new UdpTransport(own.id, [own])
      const starting = transport.start(() => undefined)
      for (let i = 0; i < steps; i++) await null
      await transport.stop()
      await starting
      expect(transport.status).toBeNull()
      await stranger('127.0.0.1', port)
    }
  })

  test('stopped while names are resolved, it does not even try the port', async () => {
    const [port] = (await freePorts(1)) as [number]
    await stranger('127.0.0.1', port)
    const own = server('127.0.0.1', port)
    const transport = new UdpTransport(own.id, [own])
    const starting = transport.start(() => undefined)
    await transport.stop()
    await expect(starting).resolves.toBeUndefined()
  })

  test('it is started once', async () => {
    const { ids, transport } = await cluster(['127.0.0.1'])
    await expect(transport(ids[0] as string).start(() => undefined)).rejects.toThrow(AssertionError)
  })
})
