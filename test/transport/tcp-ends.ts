/**
 * Real TCP on this machine: listeners on free ports, clients that are ours, and sockets that are
 * nobody's. All are ended when a test is.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach } from 'vitest'
import type { Connection, ConnectionHandlers, Listener } from '../../src/ports/index.ts'
import {
  type ConnectionError,
  type Given,
  TcpDialer,
  type TcpDialerOptions,
  TcpListener,
  type TcpListenerOptions,
} from '../../src/transport/index.ts'
import { until } from '../ports/until.ts'

export const host = '127.0.0.1'

const endings: (() => unknown)[] = []

/** Called when the test is over, the last first. */
export function atEnd(end: () => unknown): void {
  endings.push(end)
}

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** One end of a connection, and all that it was told. */
export class End implements ConnectionHandlers {
  connection: Connection | null = null
  opens = 0
  readonly frames: Buffer[] = []
  readonly closings: (Error | null)[] = []

  opened(): void {
    this.opens++
  }

  frame(bytes: Uint8Array): void {
    this.frames.push(Buffer.from(bytes))
  }

  closed(error: Error | null): void {
    this.closings.push(error)
  }

  get isClosed(): boolean {
    return this.closings.length > 0
  }

  /** The code of what it was closed for; '' where nothing was wrong. */
  get code(): string {
    return (this.closings[0] as ConnectionError | null)?.code ?? ''
  }

  texts(): string[] {
    return this.frames.map((frame) => frame.toString())
  }
}

export interface Served {
  readonly listener: TcpListener
  readonly port: number
  readonly address: string
  /** Clients in the order in which they came. */
  readonly ends: End[]
}

/** A listener for clients; `onClient` may do more with each than take notes. */
export async function serve(
  options: Given<TcpListenerOptions> = {},
  onFrame: (end: End, bytes: Uint8Array) => void = () => undefined,
): Promise<Served> {
  const ends: End[] = []
  const client: Listener = (connection) => {
    const end = new End()
    end.connection = connection
    ends.push(end)
    return {
      frame: (bytes) => {
        end.frame(bytes)
        onFrame(end, bytes)
      },
      closed: (error) => end.closed(error),
    }
  }
  const listener = new TcpListener({ sweepMs: 10, ...options })
  await listener.start(host, 0, { client, server: null })
  atEnd(() => listener.stop())
  const { port } = listener
  return { listener, port, address: `${host}:${port}`, ends }
}

/** One of our own clients. */
export function dial(address: string, options: Given<TcpDialerOptions> = {}): End {
  const end = new End()
  end.connection = new TcpDialer({ sweepMs: 10, ...options }).connect(address, end)
  atEnd(() => end.connection?.close())
  return end
}

/** Somebody's socket; what it is sent is kept as bytes unless it is paused. */
export interface Raw {
  readonly socket: Socket
  readonly received: Buffer[]
  readonly errors: Error[]
  isClosed: boolean
}

export async function rawClient(port: number): Promise<Raw> {
  const socket = connect({ host, port })
  const raw: Raw = { socket, received: [], errors: [], isClosed: false }
  socket.on('data', (chunk) => raw.received.push(chunk))
  socket.on('error', (error) => raw.errors.push(error))
  socket.on('close', () => {
    raw.isClosed = true
  })
  atEnd(() => socket.destroy())
  await once(socket, 'connect')
  return raw
}

/** A frame as it stands in the stream. */
export function framed(text: string | Uint8Array, flag = 0): Buffer {
  const body = Buffer.from(text)
  const header = Buffer.alloc(4)
  header.writeUInt32BE(body.length + flag)
  return Buffer.concat([header, body])
}

/** A port that nobody listens to, as far as can be known. */
export async function deadPort(): Promise<number> {
  const server = createServer()
  server.listen({ host, port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Waits for the end to be closed, and says for what. */
export async function closing(end: End): Promise<string> {
  await until('a connection to be closed', () => end.isClosed)
  return end.code
}
