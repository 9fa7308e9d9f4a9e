/**
 * TCP as the port for connections: whole frames in order, endings told once, and nothing told from
 * inside a call.
 */
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { TcpDialer, TcpListener, TransportError } from '../../src/transport/index.ts'
import { turn, until } from '../ports/until.ts'
import { closing, deadPort, dial, End, framed, host, rawClient, serve } from './tcp-ends.ts'

const mebi = 1024 * 1024

describe('a client and a server', () => {
  test('speak in frames, whole and in order, either way', async () => {
    const { address, ends } = await serve({}, (end, bytes) => end.connection?.send(bytes))
    const client = dial(address)
    const texts = Array.from({ length: 10_000 }, (_, i) => `frame ${i} ${'x'.repeat(i % 50)}`)
    // Before it is open, too.
    for (const text of texts) expect(client.connection?.send(Buffer.from(text))).toBe(true)
    await until('all to come back', () => client.frames.length === texts.length)
    expect(client.opens).toBe(1)
    expect(ends).toHaveLength(1)
    expect(ends[0]?.texts()).toEqual(texts)
    expect(client.texts()).toEqual(texts)
  })

  test('take frames of 8 MiB among small ones', async () => {
    const limits = { frameBytesMax: 8 * mebi, sendBufferBytesMax: 40 * mebi }
    const { address } = await serve({ clientLimits: limits }, (end, bytes) => {
      end.connection?.send(bytes)
    })
    const client = dial(address, { limits })
    const sent = [
      Buffer.from('a'),
      Buffer.alloc(8 * mebi, 'bcd'),
      Buffer.from(''),
      Buffer.from('e'),
    ]
    const all = [...sent, ...sent]
    for (const frame of all) expect(client.connection?.send(frame)).toBe(true)
    await until('all to come back', () => client.frames.length === all.length)
    expect(client.frames.every((frame, i) => frame.equals(all[i] as Buffer))).toBe(true)
  })

  test('frames arrive whole however TCP cuts them up', async () => {
    const { port, ends } = await serve()
    const raw = await rawClient(port)
    const random = new Random('tcp/cuts')
    const texts = Array.from({ length: 300 }, (_, i) => `${i}`.repeat(random.integer(0, 300)))
    const stream = Buffer.concat(texts.map((text) => framed(text)))
    for (let at = 0; at < stream.length; ) {
      const end = at + random.integer(1, 900)
      raw.socket.write(stream.subarray(at, end))
      at = end
      await turn()
    }
    await until('all to arrive', () => ends[0]?.frames.length === texts.length)
    expect(ends[0]?.texts()).toEqual(texts)
  })

  test('what was sent before a close still arrives, and nothing after it', async () => {
    const { address, ends } = await serve()
    const client = dial(address)
    await until('it to open', () => client.opens === 1)
    for (let i = 0; i < 1000; i++) client.connection?.send(Buffer.from(`${i}`))
    client.connection?.close()
    expect(client.connection?.send(Buffer.from('late'))).toBe(false)
    expect(await closing(client)).toBe('')
    await until('the server to know', () => ends[0]?.isClosed === true)
    expect(ends[0]?.frames).toHaveLength(1000)
    expect(ends[0]?.code).toBe('')
  })

  test('no frame is handed over after a close', async () => {
    const { address, ends } = await serve({}, (end) => end.connection?.close())
    const client = dial(address)
    for (let i = 0; i < 10; i++) client.connection?.send(Buffer.from(`${i}`))
    expect(await closing(client)).toBe('')
    await until('the server to know', () => ends[0]?.isClosed === true)
    expect(ends[0]?.texts()).toEqual(['0'])
  })
})

describe('a client that closes', () => {
  test('is told of no frame that is already there', async () => {
    const { address } = await serve({}, (end) => {
      for (let i = 0; i < 10; i++) end.connection?.send(Buffer.from(`${i}`))
    })
    const client = new End()
    const connection = new TcpDialer().connect(address, {
      opened: () => client.opened(),
      frame: (bytes) => {
        client.frame(bytes)
        connection.close()
      },
      closed: (error) => client.closed(error),
    })
    connection.send(Buffer.from('all of them, please'))
    expect(await closing(client)).toBe('')
    expect(client.texts()).toEqual(['0'])
  })
})

describe('an ending is told once, later, whatever it was', () => {
  test('of a connection that nobody takes', async () => {
    const client = dial(`${host}:${await deadPort()}`)
    client.connection?.send(Buffer.from('x'))
    expect(client.closings).toEqual([])
    expect(await closing(client)).toBe('CONNECT_FAILED')
    client.connection?.close()
    await turn()
    expect(client.closings).toHaveLength(1)
    expect(client.opens).toBe(0)
    expect(client.closings[0]?.message).toMatch(/^cannot connect to .* \(ECONNREFUSED\)$/)
  })

  test.each(['nowhere', 'host:', 'host:0', 'host:65536', ':1', '::1:5', '', 'a b:c'])(
    'of an address that is none: %j',
    async (address) => {
      const client = dial(address)
      expect(client.closings).toEqual([])
      expect(client.connection?.send(Buffer.from('x'))).toBe(false)
      expect(await closing(client)).toBe('INVALID_ADDRESS')
      client.connection?.close()
      await turn()
      expect(client.closings).toHaveLength(1)
    },
  )

  test('of one that we close before it is there', async () => {
    const { address } = await serve()
    const dialer = new TcpDialer()
    const client = new End()
    const connection = dialer.connect(address, client)
    connection.close()
    connection.close()
    expect(client.closings).toEqual([])
    expect(connection.send(Buffer.from('x'))).toBe(false)
    expect(await closing(client)).toBe('')
    expect(client.opens).toBe(0)
    expect(dialer.connections).toBe(0)
  })

  test('of one that the other end resets, within a frame or without', async () => {
    const { port, ends } = await serve()
    const partials = [Buffer.from(''), framed('x').subarray(0, 3), framed('xyz').subarray(0, 5)]
    for (const [i, partial] of partials.entries()) {
      const raw = await rawClient(port)
      raw.socket.write(Buffer.concat([framed('first'), partial]))
      const end = await client(ends, i + 1)
      raw.socket.resetAndDestroy()
      expect(await closing(end)).toBe('CONNECTION_LOST')
    }
  })

  test('of one that ends within a frame', async () => {
    const { port, ends } = await serve()
    const raw = await rawClient(port)
    raw.socket.end(Buffer.concat([framed('first'), framed('second').subarray(0, 6)]))
    const end = await client(ends, 1)
    expect(await closing(end)).toBe('CONNECTION_LOST')
    expect(end.texts()).toEqual(['first'])
  })

  test('of one whose other end is gone when we write', async () => {
    const { port, ends } = await serve()
    const raw = await rawClient(port)
    raw.socket.write(framed('first'))
    const end = await client(ends, 1)
    raw.socket.resetAndDestroy()
    for (let i = 0; !end.isClosed; i++) {
      end.connection?.send(Buffer.alloc(1000))
      if (i % 10 === 0) await turn()
    }
    await turn()
    expect(end.closings).toHaveLength(1)
    expect(end.connection?.send(Buffer.from('x'))).toBe(false)
  })

  async function client(ends: readonly End[], count: number): Promise<End> {
    await until('a client to be heard', () => ends.length === count)
    return ends[count - 1] as End
  }
})

describe('a server that goes', () => {
  test('tells its clients so, and frees its port', async () => {
    const { listener, address, port } = await serve()
    const client = dial(address)
    client.connection?.send(Buffer.from('x'))
    await until('it to be let in', () => listener.status.clients === 1)
    await listener.stop()
    expect(await closing(client)).toBe('STOPPING')
    expect(listener.port).toBe(0)
    const next = new TcpListener()
    await next.start(host, port, { client: () => new End(), server: null })
    expect(next.port).toBe(port)
    await next.stop()
  })

  test('does not wait for a client that reads nothing', async () => {
    const { listener, port, ends } = await serve({
      clientLimits: { lingerMs: 30, stallTimeoutMs: 60_000 },
    })
    const raw = await rawClient(port)
    raw.socket.pause()
    raw.socket.write(framed('x'))
    await until('it to be let in', () => ends.length === 1)
    while (ends[0]?.connection?.send(Buffer.alloc(mebi))) await turn()
    await listener.stop()
    expect(ends[0]?.closings).toHaveLength(1)
  })

  test('a port that is taken is an error in one line', async () => {
    const { port } = await serve()
    const other = new TcpListener()
    const starting = other.start(host, port, { client: () => new End(), server: null })
    await expect(starting).rejects.toThrow(TransportError)
    await expect(starting).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await other.stop()
  })
})

test('options that cannot be are refused by name', () => {
  expect(() => new TcpListener({ clientsMax: -1 })).toThrow(/clientsMax/)
  expect(() => new TcpListener({ sweepMs: Number.NaN })).toThrow(/sweepMs/)
  expect(() => new TcpListener({ clientLimits: { frameBytesMax: 2 ** 31 } })).toThrow(
    /frameBytesMax/,
  )
  expect(() => new TcpDialer({ limits: { frameBytesMax: 100 * mebi } })).toThrow(
    /sendBufferBytesMax/,
  )
})

test('garbage never harms anybody else', async () => {
  const { address, port, listener } = await serve({}, (end, bytes) => end.connection?.send(bytes))
  const good = dial(address)
  const random = new Random('tcp/garbage')
  for (let i = 0; i < 200; i++) {
    const raw = await rawClient(port)
    const length = random.integer(1, 200)
    const bytes = Buffer.from(Array.from({ length }, () => random.integer(0, 255)))
    // Some look like frames, some like frames of the transport's own.
    const look = random.pick(['frame', 'control', 'neither'])
    if (look === 'frame') bytes.fill(0, 0, Math.min(3, length))
    if (look === 'control') bytes.writeUInt8(0x80, 0)
    raw.socket.end(bytes)
    if (i % 20 === 0) good.connection?.send(Buffer.from(`${i}`))
  }
  await until('all of it to be over', () => listener.status.undecided === 0)
  await until('only one to be left', () => listener.status.clients === 1)
  await until('the good one to be answered', () => good.frames.length === 10)
  expect(listener.status.bufferBytes).toBe(0)
})
