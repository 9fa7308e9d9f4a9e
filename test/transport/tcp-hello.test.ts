/**
 * Who is let in by the port that clients and servers share: what a hello says, and what does not
 * fit.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { serversMax } from '../../src/cli/store/servers.ts'
import { encodeHello } from '../../src/transport/control-frame.ts'
import { controlBit } from '../../src/transport/frame-reader.ts'
import { until } from '../ports/until.ts'
import {
  connected,
  deliver,
  identity,
  newServer,
  newServers,
  peerOf,
  type TcpServer,
} from './tcp-cluster.ts'
import { atEnd, dial, framed, host, rawClient } from './tcp-ends.ts'

function text(words: string): Uint8Array {
  return Buffer.from(words)
}

describe('who is let in', () => {
  test.each<[string, string, TcpServerIdentities]>([
    ['another cluster', 'OTHER_CLUSTER', { a: ['a', 'red'], b: ['b', 'blue'] }],
    ['another server', 'OTHER_SERVER', { a: ['a'], b: ['c'] }],
    ['a server of our own name', 'SAME_SERVER', { a: ['b'], b: ['b'] }],
    ['a server that has lost its memory', 'DATA_LOST', { a: ['a', '', 2], b: ['b'], known: 1 }],
    [
      'one that knew us before we lost ours',
      'OTHER_INCARNATION',
      { a: ['a'], b: ['b', '', 2], wanted: 1 },
    ],
  ])('not %s', async (_, code, { a: ours, b: theirs, known = 0, wanted = 0 }) => {
    const a = await newServer(identity(...ours))
    const b = await newServer(identity(...theirs))
    b.begin()
    if (known > 0) b.transport.setPeer({ id: 'a', address: '', incarnation: known })
    a.begin()
    a.transport.setPeer({ id: 'b', address: b.address, incarnation: wanted })
    await until('both to tell', () => a.refusals.length > 0 && b.refusals.length > 0)
    expect(a.refusals[0]).toMatchObject({ by: 'peer', peer: 'b', code, remote: b.address })
    expect(b.refusals[0]).toMatchObject({ by: 'us', peer: ours[0], code })
    expect(b.refusals[0]?.text).toBe(a.refusals[0]?.text)
    // It is asked again and again, and says the same; that is not told again.
    await until('more attempts', () => a.transport.counters.refused > 3)
    expect(a.refusals).toHaveLength(1)
    a.transport.send('b', text('never'))
    expect(b.arrivals).toEqual([])
    expect(a.transport.status[0]?.normal).not.toBe('open')
  })

  interface TcpServerIdentities {
    readonly a: Parameters<typeof identity>
    readonly b: Parameters<typeof identity>
    /** The incarnation of a that b knows, and that of b that a knows. */
    readonly known?: number
    readonly wanted?: number
  }

  describe('where two disagree about an incarnation', () => {
    // b has another data directory than a expects. What decides is who knows more, and whether b's
    // own configuration names it: only then was it taken in.
    test.each<[string, boolean, number, boolean, number]>([
      ['the later configuration counts, and it names the one', true, 12, true, 9],
      ['an earlier one does not', false, 9, true, 12],
      ['nor the same', false, 9, true, 9],
      ['nor a later one that does not name it', false, 12, false, 9],
    ])('%s', async (_, isLetIn, settledIndex, isNamed, known) => {
      const a = await newServer({ ...identity('a', 'red', 1), settledIndex: known, isNamed: true })
      const b = await newServer({ ...identity('b', 'red', 7), settledIndex, isNamed })
      a.begin()
      b.begin()
      a.transport.setPeer(peerOf(b, 5))
      b.transport.setPeer(peerOf(a, 1))
      if (isLetIn) {
        await deliver(a, b, 'to it')
        await deliver(b, a, 'from it')
        expect([...a.refusals, ...b.refusals]).toEqual([])
        return
      }
      const hasTold = (server: TcpServer, by: string, code: string): boolean =>
        server.refusals.some((one) => one.by === by && one.code === code)
      await until('each to turn the other away', () => {
        return hasTold(a, 'us', 'DATA_LOST') && hasTold(a, 'peer', 'OTHER_INCARNATION')
      })
      expect([...a.arrivals, ...b.arrivals]).toEqual([])
    })

    test('a removed server that knows less is told, and turned away', async () => {
      // a has left and come again with another directory; b is the one that has heard of it.
      const a = await newServer({ ...identity('a', 'red', 1), settledIndex: 9, isNamed: true })
      const b = await newServer({ ...identity('b', 'red', 7), settledIndex: 12, isNamed: true })
      a.begin()
      b.begin()
      b.transport.setPeer(peerOf(a, 2))
      a.transport.setPeer(peerOf(b, 7))
      await until('it to be told', () => a.refusals.some(({ code }) => code === 'DATA_LOST'))
      expect([...a.arrivals, ...b.arrivals]).toEqual([])
    })
  })

  test('is let in as soon as it is known by its new incarnation', async () => {
    const a = await newServer(identity('a', 'red', 2))
    const b = await newServer(identity('b', 'red', 7))
    a.begin()
    b.begin()
    b.transport.setPeer({ id: 'a', address: a.address, incarnation: 1 })
    a.transport.setPeer(peerOf(b, 7))
    await until('it to be refused', () => b.refusals.length > 0)
    b.transport.setPeer(peerOf(a, 2))
    await deliver(a, b, 'known')
    await deliver(b, a, 'known as well')
    expect(b.identified).toContainEqual(identity('a', 'red', 2))
  })

  test('what is not known is not checked', async () => {
    const a = await newServer(identity('a', '', 0))
    const b = await newServer(identity('b', 'red', 7))
    a.begin([b])
    b.begin()
    b.transport.setPeer({ id: 'a', address: a.address, incarnation: 5 })
    await deliver(a, b, 'one')
    await deliver(b, a, 'two')
  })

  test('one who answers in the place of a peer is sent nothing', async () => {
    const a = await newServer('a')
    const answers = await rawServer((socket) => {
      socket.write(framed(Uint8Array.of(4, 2, 0, 1, 0x63, ...new Uint8Array(58)), controlBit))
    })
    a.begin()
    a.transport.setPeer({ id: 'b', address: answers, incarnation: 0 })
    await until('it to be told', () => a.refusals.length > 0)
    expect(a.refusals[0]).toMatchObject({ by: 'peer', peer: 'b', code: 'OTHER_SERVER' })
  })

  test('one who answers with something else is not a server', async () => {
    const a = await newServer('a')
    const answers = await rawServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    a.begin()
    a.transport.setPeer({ id: 'b', address: answers, incarnation: 0 })
    const { transport } = a
    await until('it to be given up', () => transport.counters.disconnected > 1)
    expect(transport.status[0]?.lastError).not.toBeNull()
  })

  async function rawServer(onHello: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => onHello(socket))
    })
    await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve))
    atEnd(() => server.close())
    return `${host}:${(server.address() as AddressInfo).port}`
  }

  test('clients come by the same port', async () => {
    const [a, b] = (await newServers(['a', 'b'])) as [TcpServer, TcpServer]
    await connected(a, b)
    const client = dial(b.address)
    client.connection?.send(text('hello from a client'))
    await until('the client to be heard', () => b.clients[0]?.frames.length === 1)
    expect(b.listener.status).toMatchObject({ clients: 1, servers: 1 })
    await deliver(a, b, 'still here')
    expect(b.clients[0]?.texts()).toEqual(['hello from a client'])
  })

  test('a client that says hello later, or a hello that says nothing, is sent away', async () => {
    const b = await newServer('b')
    b.begin()
    const from = identity('a')
    const hello = {
      kind: 'hello',
      lane: 'normal',
      from,
      address: '',
      to: 'b',
      toIncarnation: 0,
    } as const
    const whole = encodeHello(hello)
    for (const stream of [
      Buffer.concat([framed('a client'), framed(whole, controlBit)]),
      framed(whole.subarray(0, 5), controlBit),
      Buffer.concat([framed(whole, controlBit), framed(whole, controlBit)]),
    ]) {
      const raw = await rawClient(b.listener.port)
      raw.socket.write(stream)
      await until('it to be sent away', () => raw.isClosed)
    }
    const { failed } = b.listener.counters
    await until('all to be counted', () => failed['NOT_OUR_PROTOCOL'] === 3)
    expect(Object.keys(failed)).toEqual(['NOT_OUR_PROTOCOL'])
    expect(b.arrivals).toEqual([])
  })

  test('all servers of the longest list, with two connections each', async () => {
    const b = await newServer('b')
    b.begin()
    const peers = Array.from({ length: serversMax - 1 }, (_, i) => identity(`s${i}`))
    for (const from of peers) {
      for (const lane of ['normal', 'bulk'] as const) {
        const hello = { kind: 'hello', lane, from, address: '', to: 'b', toIncarnation: 0 } as const
        const raw = await rawClient(b.listener.port)
        raw.socket.write(framed(encodeHello(hello), controlBit))
      }
    }
    await until('all to be let in', () => b.listener.status.servers === 2 * peers.length)
    expect(b.listener.counters.failed).toEqual({})
  })

  test('a peer that connects again takes the place of its older connection', async () => {
    const b = await newServer('b')
    b.begin()
    const from = identity('a')
    const hello = {
      kind: 'hello',
      lane: 'normal',
      from,
      address: '',
      to: 'b',
      toIncarnation: 0,
    } as const
    const older = await rawClient(b.listener.port)
    older.socket.write(framed(encodeHello(hello), controlBit))
    await until('it to be let in', () => b.listener.status.servers === 1)
    const newer = await rawClient(b.listener.port)
    newer.socket.write(Buffer.concat([framed(encodeHello(hello), controlBit), framed('new')]))
    await until('the older one to be ended', () => older.isClosed)
    await until('the newer one to be heard', () => b.arrivals.length === 1)
    expect(newer.isClosed).toBe(false)
    const { failed } = b.listener.counters
    await until('it to be counted', () => failed['REPLACED'] === 1)
  })
})
