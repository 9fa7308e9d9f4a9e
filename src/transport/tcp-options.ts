/**
 * What can be set about TCP: the limits of a connection, of a listener, and of what servers have
 * between each other, each with the reason for its default. What happens past each of them is in
 * docs/wire.md. Times are kept to within a sweep or two (see sweeper.ts).
 */
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import { ConnectionError, TransportError } from './errors.ts'

/** The limits of one end of one connection. */
export interface ConnectionLimits {
  /** The longest frame, either way. */
  readonly frameBytesMax: number
  /** What may wait to be sent. There must be room for the longest frame. */
  readonly sendBufferBytesMax: number
  /** After so many bytes the other connections and the timers have their turn. */
  readonly readBytesPerTurnMax: number
  /** Until a connection that we make is there. */
  readonly connectTimeoutMs: number
  /** Until the other end has said anything whole. */
  readonly firstFrameTimeoutMs: number
  /** Between the beginning and the end of one frame. */
  readonly frameTimeoutMs: number
  /** How long the other end may take nothing of what waits for it. */
  readonly stallTimeoutMs: number
  /** How long the other end may say nothing. */
  readonly silenceMaxMs: number
  /** We ask whether the other end is there after so long; 0: we do not, the other end does. */
  readonly pingAfterMs: number
  /** How long a connection that we close may take for what is still on its way. */
  readonly lingerMs: number
  /** When the operating system begins to ask by itself whether the other machine is there. */
  readonly keepAliveMs: number
}

const kibi = 1024
const mebi = 1024 * kibi
const never = Number.POSITIVE_INFINITY

/** A server's end of a client's connection. */
export const defaultClientLimits: ConnectionLimits = {
  // A message between client and server has 2 MiB at most.
  frameBytesMax: 2 * mebi,
  // Four of the longest answers. A client that asks for more at once reads too slowly.
  sendBufferBytesMax: 8 * mebi,
  // Some 2500 requests of 100 bytes: a few milliseconds of work.
  readBytesPerTurnMax: 256 * kibi,
  connectTimeoutMs: never,
  firstFrameTimeoutMs: 10_000,
  // 2 MiB at 70 KB a second.
  frameTimeoutMs: 30_000,
  stallTimeoutMs: 10_000,
  // Our own client asks every five seconds; another one may keep silent between its requests.
  silenceMaxMs: 60_000,
  pingAfterMs: 0,
  lingerMs: 1000,
  keepAliveMs: 15_000,
}

/** A client's end of its connection to a server. */
export const defaultDialerLimits: ConnectionLimits = {
  ...defaultClientLimits,
  connectTimeoutMs: 3000,
  firstFrameTimeoutMs: never,
  // Three questions without an answer.
  pingAfterMs: 5000,
  silenceMaxMs: 15_000,
}

/** Either end of a connection between servers. */
export const defaultServerLimits: ConnectionLimits = {
  // An entry as large as a client's message, several of them together, a piece of a snapshot.
  frameBytesMax: 16 * mebi,
  // What is not sent is sent again by Raft, so that more would only be older.
  sendBufferBytesMax: 32 * mebi,
  readBytesPerTurnMax: mebi,
  connectTimeoutMs: 2000,
  firstFrameTimeoutMs: 10_000,
  frameTimeoutMs: 30_000,
  stallTimeoutMs: 5000,
  // Three questions without an answer. A peer that is gone is noticed by Raft long before; this is
  // for dialling it anew, since TCP itself would go on trying for a quarter of an hour.
  pingAfterMs: 1000,
  silenceMaxMs: 3000,
  lingerMs: 1000,
  keepAliveMs: 15_000,
}

export interface TcpListenerOptions {
  readonly clientLimits: ConnectionLimits
  readonly serverLimits: ConnectionLimits
  /** Clients at a time. Each idle one costs a few kilobytes, and a file descriptor. */
  readonly clientsMax: number
  /** A client that has been silent for so long may lose its place to another. */
  readonly evictAfterMs: number
  /** Connections that have not said yet whether they are a client's or a server's. */
  readonly undecidedMax: number
  /** Connections from servers: two from each, and some that are being replaced. */
  readonly serversMax: number
  /** All frames of clients together that are not whole, or wait to be sent. */
  readonly buffersBytesMax: number
  /** Connections that the operating system holds until we look; it may hold fewer. */
  readonly backlog: number
  readonly sweepMs: number
  /** Makes the server: the door for TLS, whose `createServer` gives a server as well. */
  readonly createServer: (accept: (socket: Socket) => void) => Server
}

export const defaultTcpListenerOptions: TcpListenerOptions = {
  clientLimits: defaultClientLimits,
  serverLimits: defaultServerLimits,
  clientsMax: 4096,
  evictAfterMs: 10_000,
  undecidedMax: 4096,
  // A hundred servers, the longest list that `kontiki serve` takes, need 198.
  serversMax: 256,
  buffersBytesMax: 512 * mebi,
  backlog: 1024,
  sweepMs: 250,
  createServer: (accept) => createServer(accept),
}

/** Makes a connection: the door for TLS, whose `connect` gives a socket as well. */
export type Connect = (host: string, port: number) => Socket

export interface TcpDialerOptions {
  readonly limits: ConnectionLimits
  /** All connections together, as in {@link TcpListenerOptions}. */
  readonly buffersBytesMax: number
  readonly sweepMs: number
  readonly connect: Connect
}

export const defaultTcpDialerOptions: TcpDialerOptions = {
  limits: defaultDialerLimits,
  buffersBytesMax: 512 * mebi,
  sweepMs: 250,
  connect: (host, port) => netConnect({ host, port }),
}

export interface TcpTransportOptions extends TcpDialerOptions {
  /** Where others reach us, for peers that do not know; '' where we do not say. */
  readonly address: string
  /** Between two attempts to reach a peer: at first, and at most; doubled each time. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** From 0 to below 1, for jitter. */
  readonly random: () => number
}

export const defaultTcpTransportOptions: TcpTransportOptions = {
  ...defaultTcpDialerOptions,
  limits: defaultServerLimits,
  address: '',
  // A refused connection costs little; a second is what a returning peer is waited for at most.
  backoffMinMs: 20,
  backoffMaxMs: 1000,
  random: Math.random,
}

/** Options as they are given: any of them, and any of the limits inside. */
export type Given<Options> = {
  readonly [Name in keyof Options]?: Options[Name] extends ConnectionLimits
    ? Partial<ConnectionLimits>
    : Options[Name]
}

/** The defaults with `given` in their place. Throws {@link TransportError} where they cannot be. */
export function withDefaults<Options extends object>(
  defaults: Options,
  given: Given<Options>,
): Options {
  const options = { ...defaults } as Record<string, unknown>
  for (const [name, value] of Object.entries(given)) {
    const before = options[name]
    options[name] = isLimits(before) ? limits(before, value as Partial<ConnectionLimits>) : value
    if (typeof before === 'number') requireAmount(name, value)
  }
  return options as Options
}

function isLimits(value: unknown): value is ConnectionLimits {
  return typeof value === 'object' && value !== null && 'frameBytesMax' in value
}

function limits(defaults: ConnectionLimits, given: Partial<ConnectionLimits>): ConnectionLimits {
  const all = { ...defaults, ...given }
  for (const [name, value] of Object.entries(all)) requireAmount(name, value)
  if (all.frameBytesMax > frameBytesLimit) {
    throw new TransportError('INVALID_OPTION', `frameBytesMax must be ${frameBytesLimit} at most`)
  }
  if (all.sendBufferBytesMax < all.frameBytesMax + 4) {
    const problem =
      'sendBufferBytesMax must have room for a frame of frameBytesMax and 4 bytes more'
    throw new TransportError('INVALID_OPTION', problem)
  }
  return all
}

/** What the length in front of a frame can say, less its highest bit. */
const frameBytesLimit = 2 ** 31 - 1

function requireAmount(name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0) return
  throw new TransportError('INVALID_OPTION', `${name} must be a number from 0; it is ${value}`)
}

/** `host:port` or `[address]:port` in its parts. Throws {@link ConnectionError} where it is not. */
export function hostAndPort(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3])
  if (host === '' || !(port >= 1 && port <= 65_535)) {
    throw new ConnectionError('INVALID_ADDRESS', `'${address}' is not an address: host:port`)
  }
  return { host, port }
}

/** Whether it is one of those. */
export function isAddress(address: string): boolean {
  try {
    hostAndPort(address)
    return true
  } catch {
    return false
  }
}
