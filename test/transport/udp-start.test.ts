/** How the UDP transport starts, fails to, and stops. */
import { afterEach, describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { TransportError, UdpTransport } from '../../src/transport/index.ts'
import { until } from '../ports/until.ts'
import { freePorts, server, strangerSocket, type UdpCluster, udpCluster } from './udp-cluster.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
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
