/**
 * The port of a server, over TCP: clients and other servers come by the same one, and the first
 * frame tells them apart. A server's is a hello; anything else is a client's.
 */
import type { AddressInfo, Server, Socket } from 'node:net'
import { assert } from '../base/assert.ts'
import type { ConnectionHandlers, Listener } from '../ports/index.ts'
import { formatAddress, plainAddress } from './address.ts'
import { bindError } from './bind-error.ts'
import { ByteBudget } from './byte-budget.ts'
import {
  type ControlFrame,
  encodeWelcome,
  type Hello,
  type RefusalCode,
  type TcpIdentity,
} from './control-frame.ts'
import type { ConnectionError } from './errors.ts'
import { FramedSocket, type SharedByConnections } from './framed-socket.ts'
import { Sweeper } from './sweeper.ts'
import {
  defaultTcpListenerOptions,
  type Given,
  type TcpListenerOptions,
  withDefaults,
} from './tcp-options.ts'

/** A server is let in, and whom to tell of its connection; or it is not, and why. */
export type Verdict =
  | { readonly welcome: TcpIdentity; readonly handlers: ConnectionHandlers }
  | { readonly code: RefusalCode; readonly text: string }

/** Takes the connection of a server that says who it is. */
export type ServerListener = (connection: FramedSocket, hello: Hello) => Verdict

/** Whom the connections are for. */
export interface TakeIn {
  readonly client: Listener
  /** Null where no servers are expected. */
  readonly server: ServerListener | null
}

/** What has happened since the start. Only grows. */
export interface TcpListenerCounters {
  accepted: number
  clients: number
  servers: number
  /** Clients that lost their place to another, which had been silent for long. */
  evicted: number
  /** Answers that no connection took. */
  framesNotTaken: number
  /** Connections that did not end well, by why. */
  readonly failed: Record<string, number>
}

/** One connection, whoever it turns out to be. */
interface Guest {
  readonly socket: FramedSocket
  role: 'undecided' | 'client' | 'server'
  handlers: ConnectionHandlers | null
}

export class TcpListener {
  readonly counters: TcpListenerCounters = {
    accepted: 0,
    clients: 0,
    servers: 0,
    evicted: 0,
    framesNotTaken: 0,
    failed: {},
  }
  readonly #options: TcpListenerOptions
  readonly #shared: SharedByConnections
  readonly #guests = {
    undecided: new Set<Guest>(),
    client: new Set<Guest>(),
    server: new Set<Guest>(),
  }
  #server: Server | null = null
  #takeIn: TakeIn | null = null
  #onEmpty: (() => void) | null = null

  /** Throws a {@link TransportError} where an option cannot be. */
  constructor(options: Given<TcpListenerOptions> = {}) {
    this.#options = withDefaults(defaultTcpListenerOptions, options)
    const { sweepMs, buffersBytesMax } = this.#options
    this.#shared = { sweeper: new Sweeper(sweepMs), budget: new ByteBudget(buffersBytesMax) }
  }

  /**
   * Binds (port 0: any that is free) and takes connections from then on. Rejects with a
   * {@link TransportError} whose message is one line for a person.
   */
  async start(host: string, port: number, takeIn: TakeIn): Promise<void> {
    assert(this.#server === null && this.#takeIn === null, 'a listener is started once')
    this.#takeIn = takeIn
    const server = this.#options.createServer((socket) => this.#accept(socket))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindError(error, 'TCP', port, host)))
      server.listen({ host, port, backlog: this.#options.backlog, exclusive: true }, () => {
        server.removeAllListeners('error')
        // A connection that could not be accepted; it is its own end's to try again.
        server.on('error', (error) => this.#countFailure(error.name))
        resolve()
      })
    })
  }

  /** The port that it is bound to; 0 unless it runs. */
  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined
    return address?.port ?? 0
  }

  /** What there is now. */
  get status(): { clients: number; servers: number; undecided: number; bufferBytes: number } {
    const { undecided, client, server } = this.#guests
    const bufferBytes = this.#shared.budget.bytes
    return { clients: client.size, servers: server.size, undecided: undecided.size, bufferBytes }
  }

  /** Takes no more, and ends what there is; resolves when the port is free again. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const guest of this.#all()) guest.socket.refuse('STOPPING', 'this server is stopping')
    if (this.#shared.sweeper.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve
      })
    }
    await closed
  }

  *#all(): Iterable<Guest> {
    for (const guests of Object.values(this.#guests)) yield* guests
  }

  #accept(socket: Socket): void {
    const { undecided } = this.#guests
    this.counters.accepted++
    const { remoteAddress = 'unknown', remotePort = 0 } = socket
    const remote = formatAddress(plainAddress(remoteAddress), remotePort)
    const framed = new FramedSocket(socket, remote, this.#options.clientLimits, this.#shared, {
      opened: () => undefined,
      frame: (bytes) => this.#frame(guest, bytes),
      control: (frame) => this.#control(guest, frame),
      closed: (error) => this.#closed(guest, error),
    })
    const guest: Guest = { socket: framed, role: 'undecided', handlers: null }
    undecided.add(guest)
    if (this.#server === null) framed.refuse('STOPPING', 'this server is stopping')
    if (undecided.size <= this.#options.undecidedMax) return
    // A set remembers who came first.
    const [oldest] = undecided
    if (oldest !== undefined) this.#refuseForPlace(oldest)
  }

  #refuseForPlace(guest: Guest): void {
    guest.socket.refuse('TOO_MANY_CONNECTIONS', 'this server has as many connections as it takes')
    this.#leave(guest)
  }

  /** It no longer takes a place; that it is closed is told later all the same. */
  #leave(guest: Guest): void {
    this.#guests[guest.role].delete(guest)
  }

  #become(guest: Guest, role: 'client' | 'server', handlers: ConnectionHandlers): void {
    this.#leave(guest)
    guest.role = role
    guest.handlers = handlers
    this.#guests[role].add(guest)
  }

  #frame(guest: Guest, bytes: Uint8Array): void {
    if (guest.role === 'undecided') this.#admitClient(guest)
    if (guest.socket.isOpen) guest.handlers?.frame(bytes)
  }

  #admitClient(guest: Guest): void {
    const { client } = this.#guests
    if (client.size >= this.#options.clientsMax && !this.#evict()) {
      this.#refuseForPlace(guest)
      return
    }
    assert(this.#takeIn !== null, 'nobody comes before the start')
    this.counters.clients++
    this.#become(guest, 'client', noHandlers)
    guest.handlers = this.#takeIn.client(guest.socket)
  }

  /** Makes a place for a client by ending the one that has been silent for longest. */
  #evict(): boolean {
    let longest: Guest | null = null
    for (const guest of this.#guests.client) {
      if (guest.socket.sweepsSilent > (longest?.socket.sweepsSilent ?? 0)) longest = guest
    }
    const least = this.#shared.sweeper.sweepsIn(this.#options.evictAfterMs)
    if (longest === null || longest.socket.sweepsSilent < least) return false
    this.counters.evicted++
    this.#refuseForPlace(longest)
    return true
  }

  #control(guest: Guest, frame: ControlFrame | null): void {
    const { socket } = guest
    const { server } = this.#guests
    const listener = this.#takeIn?.server ?? null
    if (frame?.kind === 'refusal') {
      socket.abandon(frame.code, frame.text)
    } else if (frame?.kind !== 'hello' || guest.role !== 'undecided') {
      socket.refuse('NOT_OUR_PROTOCOL', 'a hello was expected here, or none')
    } else if (listener === null) {
      socket.refuse('NOT_OUR_PROTOCOL', 'this port is for clients alone')
    } else if (server.size >= this.#options.serversMax) {
      this.#refuseForPlace(guest)
    } else this.#judge(guest, listener, frame)
  }

  #judge(guest: Guest, listener: ServerListener, hello: Hello): void {
    const { socket } = guest
    const verdict = listener(socket, hello)
    if ('code' in verdict) {
      socket.refuse(verdict.code, verdict.text)
      return
    }
    this.counters.servers++
    this.#become(guest, 'server', verdict.handlers)
    socket.limits = this.#options.serverLimits
    socket.sendControl(encodeWelcome(verdict.welcome))
  }

  #closed(guest: Guest, error: ConnectionError | null): void {
    this.#leave(guest)
    this.counters.framesNotTaken += guest.socket.framesNotTaken
    if (error !== null) this.#countFailure(error.code)
    guest.handlers?.closed(error)
    if (this.#shared.sweeper.size === 0) this.#onEmpty?.()
  }

  #countFailure(code: string): void {
    const { failed } = this.counters
    failed[code] = (failed[code] ?? 0) + 1
  }
}

const noHandlers: ConnectionHandlers = { frame: () => undefined, closed: () => undefined }
