/**
 * Messages between servers over TCP: found again after anything, bounded in what waits, and large
 * ones apart from small ones.
 */
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { TcpTransport } from '../../src/transport/index.ts'
import { turn, until } from '../ports/until.ts'
import {
  connected,
  deliver,
  identity,
  newServer,
  newServers,
  peerOf,
  type TcpServer,
} from './tcp-cluster.ts'
import { atEnd, deadPort, host } from './tcp-ends.ts'

const mebi = 1024 * 1024

function text(words: string): Uint8Array {
  return Buffer.from(words)
}

function linkOf(server: TcpServer, to: TcpServer): string {
  return server.transport.status.find(({ id }) => id === to.id)?.normal ?? 'none'
}

describe('a connection between servers', () => {
  test('is there from the start, and carries messages whole and in order', async () => {
    const [a, b] = (await newServers(['a', 'b'])) as [TcpServer, TcpServer]
    await connected(a, b)
    const texts = Array.from({ length: 20_000 }, (_, i) => `message ${i}`)
    for (const words of texts) a.transport.send('b', text(words))
    await until('all to arrive', () => b.arrivals.length === texts.length)
    expect(b.texts()).toEqual(texts)
    expect(b.arrivals.every(({ source }) => source.kind === 'server' && source.id === 'a')).toBe(
      true,
    )
    expect(a.transport.counters.sent).toBe(20_000)
    expect(b.transport.inputCount).toBe(20_000)
    expect(b.listener.counters).toMatchObject({ servers: 1, clients: 0 })
  })

  test('is made again when the peer comes back, and not before', async () => {
    const [a, b] = (await newServers(['a', 'b'])) as [TcpServer, TcpServer]
    await deliver(a, b, 'one')
    const { port } = b.listener
    await b.stop()
    await until('a to notice', () => linkOf(a, b) === 'waiting')
    const { sendDroppedNotConnected } = a.transport.counters
    a.transport.send('b', text('lost'))
    expect(a.transport.counters.sendDroppedNotConnected).toBe(sendDroppedNotConnected + 1)
    const again = await newServer('b', { port })
    again.begin([a])
    await deliver(a, again, 'two')
    await deliver(again, a, 'three')
    expect(again.texts()).not.toContain('lost')
    expect(a.transport.status[0]?.lastError).toBeNull()
  })

  test('that the peer makes is reason enough to try again at once', async () => {
    const slow = { transport: { backoffMinMs: 600_000, backoffMaxMs: 600_000 } }
    const port = await deadPort()
    const a = await newServer('a', slow)
    a.begin()
    a.transport.setPeer({ id: 'b', address: `${host}:${port}`, incarnation: 0 })
    await until('a to give up for ten minutes', () => a.transport.status[0]?.normal === 'waiting')
    const b = await newServer('b', { port })
    b.begin([a])
    await deliver(a, b, 'found')
  })

  test('goes to the new address of a peer that has moved', async () => {
    const [a, b, c] = (await newServers(['a', 'b', 'c'])) as [TcpServer, TcpServer, TcpServer]
    await deliver(a, b, 'here')
    await b.stop()
    const moved = await newServer('b')
    moved.begin([c])
    a.transport.setAddress('b', moved.address)
    await deliver(a, moved, 'there')
    expect(a.transport.status.find(({ id }) => id === 'b')?.address).toBe(moved.address)
  })

  test('is made to a peer of unknown address once it has said where it is', async () => {
    const [a, b] = [await newServer('a'), await newServer('b')]
    a.begin()
    b.begin()
    a.transport.setPeer({ id: 'b', address: '', incarnation: 0 })
    // Another transport speaks as b, so as to say where b is.
    const speaker = new TcpTransport(identity('b'), [peerOf(a)], { address: b.address })
    atEnd(() => speaker.stop())
    speaker.start(() => undefined)
    await deliver(a, b, 'found')
    expect(a.transport.status[0]?.address).toBe(b.address)
  })

  test('is not made to where a peer says nothing of use', async () => {
    const [a, b] = [await newServer('a'), await newServer('b', { transport: { address: 'b' } })]
    a.begin()
    b.begin([a])
    await deliver(b, a, 'hello')
    expect(a.transport.status).toEqual([])
  })

  test('ends with a peer that is removed', async () => {
    const [a, b] = (await newServers(['a', 'b'])) as [TcpServer, TcpServer]
    await deliver(a, b, 'one')
    a.transport.removePeer('b')
    a.transport.send('b', text('two'))
    expect(a.transport.counters.sendDroppedUnknownServer).toBe(1)
    expect(a.transport.status).toEqual([])
    await deliver(b, a, 'three')
    expect(b.texts()).not.toContain('two')
  })

  test('that has gone dead without a word is made anew', async () => {
    const limits = { pingAfterMs: 20, silenceMaxMs: 100 }
    const a = await newServer('a', { transport: { limits } })
    const b = await newServer('b')
    b.begin()
    // A network that swallows everything once it has carried the hello: nobody answers.
    let isDead = true
    const proxy = createServer((socket) => {
      socket.on('error', () => undefined)
      if (isDead) return void socket.resume()
      const onward = connect({ host, port: b.listener.port })
      onward.on('error', () => undefined)
      socket.pipe(onward).pipe(socket)
    })
    atEnd(() => proxy.close())
    await new Promise<void>((resolve) => proxy.listen({ host, port: 0 }, resolve))
    const { port } = proxy.address() as AddressInfo
    a.begin()
    a.transport.setPeer({ id: 'b', address: `${host}:${port}`, incarnation: 0 })
    const silent = (): boolean => a.transport.status[0]?.lastError?.includes('silent') ?? false
    await until('a to notice', silent)
    isDead = false
    await deliver(a, b, 'alive')
  })
})

describe('what waits', () => {
  test('is bounded, and what is too much is lost whole', async () => {
    const limits = { sendBufferBytesMax: 2 * mebi, frameBytesMax: mebi, silenceMaxMs: 60_000 }
    const [a, b] = (await newServers(['a', 'b'], { transport: { limits } })) as [
      TcpServer,
      TcpServer,
    ]
    await connected(a, b)
    const count = 60
    // All in one turn: nothing leaves meanwhile.
    for (let i = 0; i < count; i++) a.transport.send('b', Buffer.alloc(100_000, i))
    const { sent, sendDroppedQueueFull } = a.transport.counters
    expect(sent + sendDroppedQueueFull).toBe(count)
    expect(sent).toBe(Math.floor((2 * mebi) / 100_004))
    expect(a.transport.status[0]?.sendBufferBytes).toBeLessThanOrEqual(2 * mebi)
    await until('what was taken to arrive', () => b.arrivals.length === sent)
    expect(b.arrivals.every(({ bytes }, i) => bytes.length === 100_000 && bytes[0] === i)).toBe(
      true,
    )
  })

  test('a message above the limit is not sent', async () => {
    const limits = { frameBytesMax: 1000 }
    const [a, b] = (await newServers(['a', 'b'], { transport: { limits } })) as [
      TcpServer,
      TcpServer,
    ]
    await connected(a, b)
    a.transport.send('b', Buffer.alloc(1001))
    await deliver(a, b, 'small')
    expect(a.transport.counters.sendDroppedQueueFull).toBe(1)
    expect(b.arrivals.every(({ bytes }) => bytes.length === 5)).toBe(true)
  })

  test('in bulk holds up nothing else', async () => {
    const [a, b] = (await newServers(['a', 'b'])) as [TcpServer, TcpServer]
    await connected(a, b)
    expect(a.transport.status[0]?.bulk).toBe('idle')
    const chunk = Buffer.alloc(8 * mebi, 'x')
    for (let i = 0; i < 3; i++) a.transport.send('b', chunk, 'bulk')
    a.transport.send('b', text('heartbeat'))
    await until('all to arrive', () => b.arrivals.length === 4)
    expect(b.arrivals[0]?.bytes.length).toBe(9)
    expect(b.arrivals.slice(1).every(({ bytes }) => chunk.equals(bytes))).toBe(true)
    expect(a.transport.status[0]).toMatchObject({ normal: 'open', bulk: 'open' })
    expect(b.transport.status[0]?.incoming).toBe(2)
  })

  test('for nobody in particular is no error', async () => {
    const a = await newServer('a')
    a.transport.send('b', text('x'))
    a.transport.setPeer({ id: 'b', address: '', incarnation: 0 })
    a.transport.send('b', text('before the start'))
    a.begin()
    a.transport.send('b', text('no address'))
    a.transport.send('b', text('no address'), 'bulk')
    await turn()
    expect(a.transport.counters).toMatchObject({
      sendDroppedUnknownServer: 1,
      sendDroppedNotConnected: 3,
    })
  })
})

test('names and addresses that cannot be are refused by name', () => {
  const long = 'x'.repeat(256)
  expect(() => new TcpTransport(identity(long), [])).toThrow(/255 bytes/)
  expect(
    () => new TcpTransport(identity('a'), [{ id: 'b', address: 'b', incarnation: 0 }]),
  ).toThrow(/'b' is not an address/)
  expect(() => new TcpTransport(identity('a'), [], { backoffMaxMs: -1 })).toThrow(/backoffMaxMs/)
})
