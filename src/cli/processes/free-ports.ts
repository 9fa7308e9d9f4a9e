/**
 * Ports for servers of our own on this machine, UDP or TCP. They are taken from below the range
 * that systems give to sockets without a wish (from 32768 up on Linux, 49152 elsewhere): a client's
 * socket must not land on the port of a server that is down and will be back.
 */

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

export const portLow = 10_000
const portHigh = 32_000
const triesMax = 1000

/** So many different ports that were free a moment ago; for UDP, where nothing else is asked. */
export async function freePorts(
  count: number,
  isPortFree: (port: number) => Promise<boolean> = isFree,
): Promise<number[]> {
  const ports = new Set<number>()
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === triesMax) {
      throw new Error(`no ${count} free ports found between ${portLow} and ${portHigh}`)
    }
    const port = randomInt(portLow, portHigh)
    if (await isPortFree(port)) ports.add(port)
  }
  return [...ports]
}

/** Whether a server of ours could bind the port on 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () =>
      socket.close(() => resolve(true)),
    )
  })
}

/** The same for TCP. */
export function isTcpPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}
