/**
 * Ports that nobody has, for UDP and for TCP. They come from below the range of which systems give
 * sockets that name no port (from 32768 on Linux): a client's socket must not land on the port of a
 * server that was killed and will be started again.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const lowest = 10_000
const highest = 32_000
/** Given out in this process: a server that is down for a moment keeps its port. */
const given = new Set<number>()

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (given.has(port) || !(await isFreeForUdp(port)) || !(await isFreeForTcp(port))) {
      continue
    }
    given.add(port)
    ports.push(port)
  }
  return ports
}

/** Bound to all addresses of both families, so that it is free on each of them. */
function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((told) => {
    const socket = createSocket('udp6')
    socket.once('error', () => {
      socket.close()
      told(false)
    })
    socket.bind({ port, address: '::', exclusive: true }, () => socket.close(() => told(true)))
  })
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((told) => {
    const server = createServer()
    server.once('error', () => told(false))
    server.listen({ port, host: '::', exclusive: true }, () => server.close(() => told(true)))
  })
}
