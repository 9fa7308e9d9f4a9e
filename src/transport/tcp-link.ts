/**
 * The connection that we make to one peer, for one lane: dialled again for as long as there is an
 * address, with growing pauses. It begins with our hello; what is sent while it is being made
 * follows that, and what is sent while there is none is lost.
 */
import { assert } from '../base/assert.ts'
import type { Lane } from '../ports/index.ts'
import { type ControlFrame, encodeHello, type Hello, type TcpIdentity } from './control-frame.ts'
import { ConnectionError } from './errors.ts'
import { FramedSocket, type SharedByConnections } from './framed-socket.ts'
import { hostAndPort, type TcpTransportOptions } from './tcp-options.ts'
import type { TcpPeer } from './tcp-report.ts'

/** Where a link stands. `refused`: it was answered, and not let in; it tries again all the same. */
export type LinkState = 'idle' | 'connecting' | 'open' | 'waiting' | 'refused' | 'stopped'

/** A peer, the links to it, and why it last was not let in, or did not let us in. */
export interface LinkedPeer {
  peer: TcpPeer
  readonly links: Readonly<Record<Lane, TcpLink>>
  lastRefusal: string
}

/** What the link needs of its transport. */
export interface LinkOwner {
  readonly options: TcpTransportOptions
  readonly shared: SharedByConnections
  /** Who we are and whom we want, as of now. */
  hello(lane: Lane): Hello
  /** Why the one who answered is not the peer; null where nothing speaks against it. */
  objection(identity: TcpIdentity): ConnectionError | null
  welcomed(identity: TcpIdentity): void
  /** A connection has ended, or was never made. */
  failed(error: ConnectionError): void
}

export class TcpLink {
  readonly #lane: Lane
  readonly #owner: LinkOwner
  #address = ''
  #state: LinkState = 'idle'
  #socket: FramedSocket | null = null
  #timer: NodeJS.Timeout | null = null
  #attempts = 0
  /** Who has answered. */
  #identity: TcpIdentity | null = null
  #lastError: ConnectionError | null = null

  constructor(lane: Lane, owner: LinkOwner) {
    this.#lane = lane
    this.#owner = owner
  }

  get state(): LinkState {
    return this.#state
  }

  /** Why the last connection ended or could not be made; null where there is one. */
  get lastError(): ConnectionError | null {
    return this.#lastError
  }

  /** Who has answered; null while there is no connection. */
  get identity(): TcpIdentity | null {
    return this.#identity
  }

  /** What waits to be sent. */
  get sendBufferBytes(): number {
    return this.#socket?.sendBufferBytes ?? 0
  }

  /** Makes the connection, to this address from now on; '' ends it. */
  reach(address: string): void {
    if (this.#state === 'stopped') return
    if (address === this.#address && this.#socket !== null) return
    this.#address = address
    this.#attempts = 0
    this.#drop()
    this.#dial()
  }

  /** The peer is there, as we see from elsewhere: no need to wait. */
  hurry(): void {
    this.#attempts = 0
    if (this.#timer !== null) this.#dial()
  }

  /** What is known of us or of the peer has changed: whoever has answered may be wrong now. */
  recheck(): void {
    const socket = this.#socket
    if (socket === null || this.#identity === null) return
    const objection = this.#owner.objection(this.#identity)
    if (objection === null) return
    socket.abandon(objection.code, objection.message)
    this.#state = 'refused'
  }

  /** We are somebody else than our hello has said: the connection is made again. */
  renew(): void {
    if (this.#socket === null) return
    this.#attempts = 0
    this.#drop()
    this.#dial()
  }

  /** False where it was not taken. */
  send(bytes: Uint8Array): boolean {
    return this.#socket?.send(bytes) ?? false
  }

  stop(): void {
    this.#drop()
    this.#state = 'stopped'
  }

  /** Lets go of the connection: what comes of it no longer concerns us. */
  #drop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const socket = this.#socket
    this.#socket = null
    this.#identity = null
    socket?.close()
    this.#state = 'idle'
  }

  #dial(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    assert(this.#socket === null, 'a link has one connection at a time')
    if (this.#address === '') return
    const { options, shared } = this.#owner
    this.#state = 'connecting'
    try {
      const { host, port } = hostAndPort(this.#address)
      const socket = new FramedSocket(
        options.connect(host, port),
        this.#address,
        options.limits,
        shared,
        {
          opened: () => undefined,
          frame: () => this.#onStrange(socket),
          control: (frame) => this.#onControl(socket, frame),
          closed: (error) => this.#onClosed(socket, error),
        },
      )
      this.#socket = socket
      socket.sendControl(encodeHello(this.#owner.hello(this.#lane)))
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      this.#failed(error)
    }
  }

  #onControl(socket: FramedSocket, frame: ControlFrame | null): void {
    if (socket !== this.#socket) return
    if (frame?.kind === 'refusal') {
      socket.abandon(frame.code, frame.text)
      // One that is stopping may soon be there again.
      if (frame.code !== 'STOPPING') this.#state = 'refused'
    } else if (frame?.kind === 'welcome' && this.#state === 'connecting') {
      this.#onWelcome(socket, frame.identity)
    } else this.#onStrange(socket)
  }

  #onWelcome(socket: FramedSocket, identity: TcpIdentity): void {
    const objection = this.#owner.objection(identity)
    if (objection !== null) {
      socket.abandon(objection.code, objection.message)
      this.#state = 'refused'
      return
    }
    this.#state = 'open'
    this.#attempts = 0
    this.#lastError = null
    this.#identity = identity
    this.#owner.welcomed(identity)
  }

  /** Frames come by the connections that the others make. */
  #onStrange(socket: FramedSocket): void {
    socket.abandon('NOT_OUR_PROTOCOL', `${socket.remote} does not answer as a server does`)
  }

  #onClosed(socket: FramedSocket, error: ConnectionError | null): void {
    if (socket !== this.#socket) return
    this.#socket = null
    this.#identity = null
    this.#failed(error ?? new ConnectionError('CONNECTION_LOST', `${socket.remote} hung up`))
  }

  #failed(error: ConnectionError): void {
    const { backoffMinMs, backoffMaxMs, random } = this.#owner.options
    const isRefused = this.#state === 'refused'
    this.#lastError = error
    // Whoever says no is not asked again at once.
    const longest = isRefused
      ? backoffMaxMs
      : Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#attempts)
    if (longest < backoffMaxMs) this.#attempts++
    this.#state = isRefused ? 'refused' : 'waiting'
    this.#timer = setTimeout(() => this.#dial(), longest * (0.5 + random() / 2))
    this.#owner.failed(error)
  }
}
