/**
 * The limits of connections, one by one, and what happens past each; on a listener, where the world
 * is what it is.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { ByteBudget } from '../../src/transport/byte-budget.ts'
import { decodeControlFrame } from '../../src/transport/control-frame.ts'
import { FrameReader } from '../../src/transport/frame-reader.ts'
import { turn, until } from '../ports/until.ts'
import {
  atEnd,
  closing,
  dial,
  type End,
  framed,
  host,
  type Raw,
  rawClient,
  type Served,
  serve,
} from './tcp-ends.ts'

const mebi = 1024 * 1024

/** What the listener said before it closed the connection. */
async function refusal(raw: Raw): Promise<string> {
  await until('the connection to be closed', () => raw.isClosed)
  let code = ''
  const reader = new FrameReader(mebi, new ByteBudget(mebi), (bytes, isControl) => {
    const frame = isControl ? decodeControlFrame(bytes) : null
    if (frame?.kind === 'refusal') code = frame.code
  })
  for (const chunk of raw.received) reader.read(chunk)
  return code
}

/** Clients that have each said `hi` and been heard. */
async function talkers({ port, ends }: Served, count: number): Promise<Raw[]> {
  const before = ends.length
  const raws: Raw[] = []
  for (let i = 0; i < count; i++) raws.push(await rawClient(port))
  for (const { socket } of raws) socket.write(framed('hi'))
  await until('all to be heard', () => ends.length === before + count)
  return raws
}

describe('a frame', () => {
  test('above its limit is refused by its length alone', async () => {
    const served = await serve({ clientLimits: { frameBytesMax: 10 } })
    const [raw] = (await talkers(served, 1)) as [Raw]
    raw.socket.write(framed('x'.repeat(10)))
    raw.socket.write(Uint8Array.of(0, 0, 0, 11))
    expect(await refusal(raw)).toBe('FRAME_TOO_LARGE')
    const end = served.ends[0] as End
    expect(await closing(end)).toBe('FRAME_TOO_LARGE')
    expect(end.texts()).toEqual(['hi', 'x'.repeat(10)])
    expect(served.listener.counters.failed).toEqual({ FRAME_TOO_LARGE: 1 })
  })

  test('above its limit may be under way: its sender is told why all the same', async () => {
    const { port } = await serve({ clientLimits: { lingerMs: 60_000 } })
    const raw = await rawClient(port)
    raw.socket.write(framed(Buffer.alloc(32 * mebi)))
    expect(await refusal(raw)).toBe('FRAME_TOO_LARGE')
    // What is not read is not answered with a reset, which could overtake the reason.
    expect(raw.errors).toEqual([])
  })

  test('above its limit is not taken to be sent', async () => {
    const served = await serve({ clientLimits: { frameBytesMax: 10 } })
    await talkers(served, 1)
    const { connection } = served.ends[0] as End
    expect(connection?.send(Buffer.alloc(11))).toBe(false)
    expect(connection?.send(Buffer.alloc(10))).toBe(true)
  })

  test('that never ends, byte by byte, has its time', async () => {
    const served = await serve({ clientLimits: { frameTimeoutMs: 50 } })
    const [raw] = (await talkers(served, 1)) as [Raw]
    raw.socket.write(framed('x'.repeat(1_000_000)).subarray(0, 10))
    await until('it to be given up', () => {
      if (!raw.isClosed) raw.socket.write('y')
      return raw.isClosed
    })
    expect(await closing(served.ends[0] as End)).toBe('FRAME_TIMEOUT')
  })

  test('one after the other has its own time', async () => {
    const served = await serve({ clientLimits: { frameTimeoutMs: 40 } })
    const [raw] = (await talkers(served, 1)) as [Raw]
    const end = served.ends[0] as End
    // The end of each comes with the beginning of the next: it is always within a frame.
    const [head, tail] = [framed('abc').subarray(0, 5), framed('abc').subarray(5)]
    raw.socket.write(head)
    const began = performance.now()
    await until('a long while', () => {
      raw.socket.write(Buffer.concat([tail, head]))
      return performance.now() - began > 200
    })
    expect(end.isClosed).toBe(false)
  })
})

describe('a client that reads slowly', () => {
  test('or not at all: sends are not taken any more, and then it is given up', async () => {
    const limits = { sendBufferBytesMax: 4 * mebi, stallTimeoutMs: 60 }
    const served = await serve({ clientLimits: limits })
    const [raw] = (await talkers(served, 1)) as [Raw]
    const end = served.ends[0] as End
    raw.socket.pause()
    const isTaken = (): boolean => end.connection?.send(Buffer.alloc(100_000)) ?? false
    while (isTaken()) await turn()
    expect(served.listener.status.bufferBytes).toBeGreaterThan(3 * mebi)
    expect(served.listener.status.bufferBytes).toBeLessThanOrEqual(4 * mebi)
    expect(await closing(end)).toBe('STALLED')
    expect(served.listener.status.bufferBytes).toBe(0)
    expect(served.listener.counters.framesNotTaken).toBeGreaterThan(0)
  })

  test('is kept as long as it moves, and gets everything', async () => {
    const limits = {
      stallTimeoutMs: 300,
      sendBufferBytesMax: 16 * mebi,
      frameBytesMax: 16 * mebi - 4,
    }
    const served = await serve({ clientLimits: limits })
    const [raw] = (await talkers(served, 1)) as [Raw]
    const end = served.ends[0] as End
    raw.socket.pause()
    raw.received.length = 0
    expect(end.connection?.send(Buffer.alloc(16 * mebi - 4, 'x'))).toBe(true)
    let received = 0
    await until('all to be read', () => {
      received += (raw.socket.read() as Buffer | null)?.length ?? 0
      return received === 16 * mebi
    })
    expect(end.isClosed).toBe(false)
  })

  test('all of them together have a bound', async () => {
    const served = await serve({
      clientLimits: { sendBufferBytesMax: 8 * mebi, stallTimeoutMs: 60_000, lingerMs: 20 },
      buffersBytesMax: 10 * mebi,
    })
    const raws = await talkers(served, 4)
    for (const { socket } of raws) socket.pause()
    for (let round = 0; round < 200; round++) {
      for (const { connection } of served.ends) connection?.send(Buffer.alloc(200_000))
      expect(served.listener.status.bufferBytes).toBeLessThanOrEqual(10 * mebi)
      await turn()
    }
    expect(served.ends.some(({ connection }) => connection?.send(Buffer.alloc(200_000)))).toBe(
      false,
    )
  })
})

describe('a client that says nothing', () => {
  test('from the start is given up', async () => {
    const { port, listener, ends } = await serve({ clientLimits: { firstFrameTimeoutMs: 40 } })
    const raw = await rawClient(port)
    await until('it to be given up', () => raw.isClosed)
    expect(ends).toEqual([])
    await until('it to be counted', () => listener.counters.failed['FIRST_FRAME_TIMEOUT'] === 1)
  })

  test('any more is given up', async () => {
    const served = await serve({ clientLimits: { silenceMaxMs: 60 } })
    const [raw] = (await talkers(served, 1)) as [Raw]
    expect(await closing(served.ends[0] as End)).toBe('SILENT')
    await until('it to know', () => raw.isClosed)
  })

  test('but is ours, and answers for itself, stays', async () => {
    const { address, listener, ends } = await serve({
      clientLimits: { silenceMaxMs: 200, firstFrameTimeoutMs: 200 },
    })
    const client = dial(address, { limits: { pingAfterMs: 20, silenceMaxMs: 200 } })
    const began = performance.now()
    await until('a long while', () => performance.now() - began > 700)
    expect(client.isClosed).toBe(false)
    client.connection?.send(Buffer.from('still here'))
    await until('it to be heard', () => ends[0]?.frames.length === 1)
    expect(listener.counters.failed).toEqual({})
  })
})

describe('a server that says nothing', () => {
  test('any more is given up, though the connection stands', async () => {
    const { address } = await serve()
    const limits = { pingAfterMs: 20, silenceMaxMs: 200 }
    const lost = dial(await mutedServer(), { limits })
    const kept = dial(address, { limits })
    expect(await closing(lost)).toBe('SILENT')
    expect(lost.opens).toBe(1)
    expect(kept.isClosed).toBe(false)
  })

  test('and was never reached is given up too', async () => {
    // A name that nobody ever resolves: the attempt neither succeeds nor fails.
    const client = dial('nobody.invalid:1', {
      limits: { connectTimeoutMs: 40 },
      connect: (name, port) => connect({ host: name, port, lookup: () => undefined }),
    })
    expect(await closing(client)).toBe('CONNECT_TIMEOUT')
    expect(client.opens).toBe(0)
  })

  /** It takes connections and reads nothing, as a process does that is stopped. */
  async function mutedServer(): Promise<string> {
    const sockets: Socket[] = []
    const server = createServer({ pauseOnConnect: true }, (socket) => sockets.push(socket))
    server.listen({ host, port: 0 })
    await once(server, 'listening')
    atEnd(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `${host}:${(server.address() as AddressInfo).port}`
  }
})

describe('as many clients as there is room for', () => {
  test('a newcomer is refused while none of them has been silent for long', async () => {
    const served = await serve({ clientsMax: 3, evictAfterMs: 60_000 })
    await talkers(served, 3)
    // Silent for some sweeps, and not for long.
    const began = performance.now()
    await until('a while', () => performance.now() - began > 100)
    const late = await rawClient(served.port)
    late.socket.write(framed('me too'))
    expect(await refusal(late)).toBe('TOO_MANY_CONNECTIONS')
    expect(served.ends).toHaveLength(3)
    expect(served.listener.status.clients).toBe(3)
  })

  test('the one that has been silent for longest makes room', async () => {
    const served = await serve({ clientsMax: 3, evictAfterMs: 100 })
    const [first, silent, last] = (await talkers(served, 3)) as [Raw, Raw, Raw]
    const began = performance.now()
    await until('one to be silent for long', () => {
      for (const { socket } of [first, last]) socket.write(framed('busy'))
      return performance.now() - began > 300
    })
    await talkers(served, 1)
    expect(await refusal(silent)).toBe('TOO_MANY_CONNECTIONS')
    expect(served.listener.counters.evicted).toBe(1)
    expect(served.listener.status.clients).toBe(3)
    expect(first.isClosed || last.isClosed).toBe(false)
  })

  test('those that have not said anything make room for each other, the oldest first', async () => {
    const served = await serve({ undecidedMax: 5 })
    const raws: Raw[] = []
    for (let i = 0; i < 8; i++) {
      raws.push(await rawClient(served.port))
      await until('it to be taken', () => served.listener.counters.accepted === i + 1)
    }
    for (const raw of raws.slice(0, 3)) expect(await refusal(raw)).toBe('TOO_MANY_CONNECTIONS')
    expect(served.listener.status.undecided).toBe(5)
    expect(raws.slice(3).some(({ isClosed }) => isClosed)).toBe(false)
  })

  test('a thousand that are idle cost little, and are all heard', async () => {
    const served = await serve()
    const raws = await talkers(served, 1000)
    expect(served.listener.status).toEqual({
      clients: 1000,
      servers: 0,
      undecided: 0,
      bufferBytes: 0,
    })
    for (const { socket } of raws) socket.write(framed('again'))
    await until('all to be heard', () => served.ends.every((end) => end.frames.length === 2))
    for (const { connection } of served.ends) connection?.send(Buffer.from('answer'))
    await until('all to be answered', () => raws.every(({ received }) => received.length > 0))
    for (const { socket } of raws) socket.destroy()
    await until('all to be gone', () => served.listener.status.clients === 0)
  })

  test('a storm of connections that come and go leaves nothing', async () => {
    const served = await serve({ clientsMax: 20, undecidedMax: 20, evictAfterMs: 60_000 })
    for (let i = 0; i < 10; i++) {
      const raws = await Promise.all(Array.from({ length: 50 }, () => rawClient(served.port)))
      for (const { socket } of raws) if (!socket.destroyed) socket.write(framed('x'))
      for (const { socket } of raws) socket.resetAndDestroy()
    }
    const { listener } = served
    await until('all to have come', () => listener.counters.accepted === 500)
    await until('all to be gone', () => listener.status.clients + listener.status.undecided === 0)
    expect(listener.status.bufferBytes).toBe(0)
    await talkers(served, 1)
  })
})
