/**
 * Messages between servers over TCP. Each server sends by the connections that it makes, two to a
 * peer, one of them for what is large; and hears by those that the others make, which its listener
 * takes. A hello says who is speaking and whom it wants, so that nothing is taken for another
 * server's, another cluster's, or that of one which has lost its memory.
 */
import { assert } from '../base/assert.ts'
import type { Lane, Receive, Source, Transport } from '../ports/index.ts'
import { ByteBudget } from './byte-budget.ts'
import { type Hello, isName, type RefusalCode, type TcpIdentity } from './control-frame.ts'
import { type ConnectionError, TransportError } from './errors.ts'
import type { FramedSocket } from './framed-socket.ts'
import { Sweeper } from './sweeper.ts'
import { isAboutIdentity, objectionTo, refusalOf } from './tcp-identity.ts'
import { TcpLink } from './tcp-link.ts'
import type { Verdict } from './tcp-listener.ts'
import {
  defaultTcpTransportOptions,
  type Given,
  hostAndPort,
  type TcpTransportOptions,
  withDefaults,
} from './tcp-options.ts'
import {
  newTcpTransportCounters,
  type TcpPeer,
  type TcpPeerStatus,
  type TcpRefusal,
  type TcpTransportCounters,
  type TcpTransportEvents,
} from './tcp-report.ts'

interface Peer {
  peer: TcpPeer
  readonly links: Readonly<Record<Lane, TcpLink>>
  lastRefusal: string
}

const lanes: readonly Lane[] = ['normal', 'bulk']

export class TcpTransport implements Transport {
  readonly counters: TcpTransportCounters = newTcpTransportCounters()
  readonly #identity: TcpIdentity
  readonly #options: TcpTransportOptions
  readonly #events: TcpTransportEvents
  readonly #sweeper: Sweeper
  readonly #budget: ByteBudget
  readonly #peers = new Map<string, Peer>()
  /** From whom, by lane and name: one each, the newest. */
  readonly #incoming = new Map<string, FramedSocket>()
  #receive: Receive | null = null
  #isStopped = false

  /** Throws a {@link TransportError} where an option, a name or an address cannot be. */
  constructor(
    identity: TcpIdentity,
    peers: readonly TcpPeer[],
    options: Given<TcpTransportOptions> = {},
    events: Partial<TcpTransportEvents> = {},
  ) {
    this.#identity = identity
    this.#options = withDefaults(defaultTcpTransportOptions, options)
    this.#events = { ...silent, ...events }
    this.#sweeper = new Sweeper(this.#options.sweepMs)
    this.#budget = new ByteBudget(this.#options.buffersBytesMax)
    for (const name of [identity.clusterId, identity.serverId, this.#options.address]) {
      requireName(name)
    }
    for (const peer of peers) this.setPeer(peer)
  }

  /** Connects to the peers, and gives what arrives to `receive`. */
  start(receive: Receive): void {
    assert(this.#receive === null, 'a transport is started once')
    this.#receive = receive
    for (const peer of this.#peers.values()) this.#reach(peer)
  }

  /** Sends and takes in nothing from here on. The listener's connections are the listener's. */
  stop(): void {
    this.#isStopped = true
    for (const { links } of this.#peers.values()) for (const lane of lanes) links[lane].stop()
    for (const socket of this.#incoming.values()) {
      socket.refuse('STOPPING', `server ${this.#identity.serverId} is stopping`)
    }
  }

  send(to: string, bytes: Uint8Array, lane: Lane = 'normal'): void {
    const peer = this.#peers.get(to)
    if (peer === undefined) {
      this.counters.sendDroppedUnknownServer++
      return
    }
    const link = peer.links[lane]
    if (link.state === 'idle' && this.#receive !== null) link.reach(peer.peer.address)
    if (link.send(bytes)) {
      this.counters.sent++
      this.counters.sentBytes += bytes.length
    } else if (link.state === 'open') this.counters.sendDroppedQueueFull++
    else this.counters.sendDroppedNotConnected++
  }

  /**
   * A peer that is new, or known by another address or incarnation from now on. Throws a
   * {@link TransportError} where its name or address cannot be.
   */
  setPeer(peer: TcpPeer): void {
    requireName(peer.id)
    if (peer.address !== '') requireAddress(peer)
    const known = this.#peers.get(peer.id)
    if (known === undefined) {
      const added = this.#newPeer(peer)
      this.#peers.set(peer.id, added)
      if (this.#receive !== null) this.#reach(added)
      return
    }
    const isElsewhere = known.peer.address !== peer.address
    known.peer = peer
    known.lastRefusal = ''
    if (!isElsewhere || this.#receive === null) return
    for (const lane of lanes) {
      if (lane === 'normal' || known.links.bulk.state !== 'idle')
        known.links[lane].reach(peer.address)
    }
  }

  /** The peer is at another address from now on. */
  setAddress(id: string, address: string): void {
    this.setPeer({ id, address, incarnation: this.#peers.get(id)?.peer.incarnation ?? 0 })
  }

  /** Nothing more is sent to it; what it sends is its own business, and the core's. */
  removePeer(id: string): void {
    const known = this.#peers.get(id)
    if (known === undefined) return
    this.#peers.delete(id)
    for (const lane of lanes) known.links[lane].stop()
  }

  /** Moves as long as there is input, as `UdpTransport.inputCount` does. */
  get inputCount(): number {
    return this.counters.received
  }

  get status(): readonly TcpPeerStatus[] {
    return [...this.#peers.values()].map(({ peer, links: { normal, bulk } }) => ({
      ...peer,
      normal: normal.state,
      bulk: bulk.state,
      sendBufferBytes: normal.sendBufferBytes + bulk.sendBufferBytes,
      incoming: lanes.filter((lane) => this.#incoming.has(`${lane} ${peer.id}`)).length,
      lastError: normal.lastError?.message ?? bulk.lastError?.message ?? null,
    }))
  }

  /** For the listener: lets a server in, or not. */
  readonly accept = (socket: FramedSocket, hello: Hello): Verdict => {
    const refusal = this.#refusalOf(hello)
    if (refusal !== null) {
      const [code, text] = refusal
      const { remote } = socket
      this.#tellRefused({ by: 'us', peer: hello.from.serverId, remote, code, text })
      return { code, text }
    }
    this.#events.identified(hello.from)
    const { serverId: id } = hello.from
    const place = `${hello.lane} ${id}`
    this.#incoming.get(place)?.refuse('REPLACED', `server ${id} has made another connection`)
    this.#incoming.set(place, socket)
    this.#noteIncoming(hello)
    const source: Source = { kind: 'server', id }
    return {
      welcome: this.#identity,
      handlers: {
        frame: (bytes) => this.#takeIn(source, bytes),
        closed: () => {
          if (this.#incoming.get(place) === socket) this.#incoming.delete(place)
        },
      },
    }
  }

  /** Whoever reaches us can be reached, and perhaps says where. */
  #noteIncoming({ from, address }: Hello): void {
    const known = this.#peers.get(from.serverId)
    const isUseful = address !== '' && isAddress(address)
    if ((known === undefined || known.peer.address === '') && isUseful) {
      this.setAddress(from.serverId, address)
    } else if (known !== undefined) for (const lane of lanes) known.links[lane].hurry()
  }

  #refusalOf(hello: Hello): [RefusalCode, string] | null {
    const us = this.#identity
    if (this.#isStopped || this.#receive === null) {
      return ['STOPPING', `server ${us.serverId} is starting or stopping`]
    }
    const expected = this.#peers.get(hello.from.serverId)?.peer.incarnation ?? 0
    return refusalOf(hello, us, expected)
  }

  #takeIn(source: Source, bytes: Uint8Array): void {
    if (this.#isStopped || this.#receive === null) return
    this.counters.received++
    this.counters.receivedBytes += bytes.length
    this.#receive(source, bytes)
  }

  #reach({ peer, links }: Peer): void {
    // The other lane is for few, and made when it is needed.
    if (!this.#isStopped) links.normal.reach(peer.address)
  }

  #newPeer(peer: TcpPeer): Peer {
    const { id } = peer
    const expected = (): number => this.#peers.get(id)?.peer.incarnation ?? 0
    const owner = {
      options: this.#options,
      shared: { sweeper: this.#sweeper, budget: this.#budget },
      hello: (lane: Lane): Hello => ({
        kind: 'hello',
        lane,
        from: this.#identity,
        address: this.#options.address,
        to: id,
        toIncarnation: expected(),
      }),
      objection: (identity: TcpIdentity) =>
        objectionTo(identity, { ...this.#identity, serverId: id, incarnation: expected() }),
      welcomed: (identity: TcpIdentity) => this.#welcomed(id, identity),
      failed: (error: ConnectionError) => this.#failed(id, error),
    }
    const links = { normal: new TcpLink('normal', owner), bulk: new TcpLink('bulk', owner) }
    return { peer, links, lastRefusal: '' }
  }

  #welcomed(id: string, identity: TcpIdentity): void {
    this.counters.connected++
    const known = this.#peers.get(id)
    if (known !== undefined) known.lastRefusal = ''
    this.#events.identified(identity)
  }

  #failed(id: string, error: ConnectionError): void {
    this.counters.disconnected++
    const remote = this.#peers.get(id)?.peer.address ?? ''
    if (isAboutIdentity(error.code)) {
      this.#tellRefused({ by: 'peer', peer: id, remote, code: error.code, text: error.message })
    }
  }

  #tellRefused(refusal: TcpRefusal): void {
    this.counters.refused++
    const known = this.#peers.get(refusal.peer)
    const said = `${refusal.by} ${refusal.code} ${refusal.text}`
    if (known?.lastRefusal === said) return
    if (known !== undefined) known.lastRefusal = said
    this.#events.refused(refusal)
  }
}

const silent: TcpTransportEvents = { refused: () => undefined, identified: () => undefined }

function requireName(name: string): void {
  if (isName(name)) return
  throw new TransportError('INVALID_OPTION', `a name may have 255 bytes: ${name.slice(0, 40)}…`)
}

function requireAddress({ id, address }: TcpPeer): void {
  requireName(address)
  if (isAddress(address)) return
  throw new TransportError('INVALID_OPTION', `${id}: '${address}' is not an address: host:port`)
}

function isAddress(address: string): boolean {
  try {
    hostAndPort(address)
    return true
  } catch {
    return false
  }
}
