/**
 * The UDP transport on real sockets: who is speaking, and what is counted and dropped. What every
 * transport does is in the acceptance suite.
 */
import { afterEach, describe, expect, test, vi } from 'vitest'
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

  test('a client is answered where it was heard from, by either family', async () => {
    const host = hasIPv6 ? '::1' : '127.0.0.1'
    const made = await cluster(['127.0.0.1', host])
    const [id] = made.ids as [string]
    const heard: string[] = []
    for (const from of ['127.0.0.1', host]) {
      const client = await stranger(from)
      client.on('message', (bytes, { port }) => heard.push(`${from} ${bytes[0]} ${port}`))
      await sendFrom(client, x, client.address().address, made.servers[0]?.port as number)
    }
    await until('both datagrams', () => made.arrived(id).length === 2)
    for (const { source } of made.arrived(id)) {
      if (source.kind === 'client') made.transport(id).answer(source.address, Uint8Array.of(7))
    }
    await until('both answers', () => heard.length === 2)
    const port = made.servers[0]?.port
    expect(heard.sort()).toEqual([`127.0.0.1 7 ${port}`, `${host} 7 ${port}`].sort())
    made.transport(id).answer('nowhere', x)
    made.transport(id).answer('127.0.0.1:9', new Uint8Array(70_000))
    expect(made.transport(id).counters).toMatchObject({ answersSent: 2, answersDropped: 2 })
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

  test('above the datagram’s size is sent, above UDP’s is dropped; both are counted', async () => {
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
