/**
 * Messages between servers over TCP. Each server sends by the connections that it makes, two to a
 * peer, one of them for what is large; and hears by those that the others make, which its listener
 * takes. A hello says who is speaking and whom it wants, so that nothing is taken for another
 * server's, another cluster's, or that of one which has lost its memory.
 */
import { assert } from '../base/assert.ts'
import type { Lane, Receive, Source, Transport } from '../ports/index.ts'
import { ByteBudget } from './byte-budget.ts'
import type { Hello, RefusalCode, TcpIdentity } from './control-frame.ts'
import { ConnectionError } from './errors.ts'
import type { FramedSocket } from './framed-socket.ts'
import { Sweeper } from './sweeper.ts'
import { isAboutIdentity, objectionTo, refusalOf } from './tcp-identity.ts'
import { IncomingConnections } from './tcp-incoming.ts'
import { type LinkedPeer, TcpLink } from './tcp-link.ts'
import type { Verdict } from './tcp-listener.ts'
import { requireName, requirePeer } from './tcp-names.ts'
import {
  defaultTcpTransportOptions,
  type Given,
  isAddress,
  type TcpTransportOptions,
  withDefaults,
} from './tcp-options.ts'
import {
  newTcpTransportCounters,
  refusalByUs,
  silent,
  type TcpPeer,
  type TcpPeerStatus,
  type TcpRefusal,
  type TcpTransportCounters,
  type TcpTransportEvents,
} from './tcp-report.ts'

const lanes: readonly Lane[] = ['normal', 'bulk']

export class TcpTransport implements Transport {
  readonly counters: TcpTransportCounters = newTcpTransportCounters()
  #identity: TcpIdentity
  readonly #options: TcpTransportOptions
  readonly #events: TcpTransportEvents
  readonly #sweeper: Sweeper
  readonly #budget: ByteBudget
  readonly #peers = new Map<string, LinkedPeer>()
  readonly #incoming = new IncomingConnections()
  #receive: Receive | null = null
  #isStopped = false

  /** Throws a TransportError where an option, a name or an address cannot be. */
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
    for (const { socket } of this.#incoming.all) {
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
   * TransportError where its name or address cannot be.
   */
  setPeer(peer: TcpPeer): void {
    requirePeer(peer)
    const known = this.#peers.get(peer.id)
    if (known === undefined) {
      const added = this.#newPeer(peer)
      this.#peers.set(peer.id, added)
      if (this.#receive !== null) this.#reach(added)
      return
    }
    const isElsewhere = known.peer.address !== peer.address
    const isAnother = known.peer.incarnation !== peer.incarnation
    known.peer = peer
    known.lastRefusal = ''
    if (isAnother) this.#recheck()
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

  /** Which data directory the peer must have from now on; 0: any. */
  setIncarnation(id: string, incarnation: number): void {
    this.setPeer({ id, address: this.#peers.get(id)?.peer.address ?? '', incarnation })
  }

  /**
   * We have come to belong to a cluster: those that we are connected to are told, and whoever
   * belongs to another is sent away.
   */
  become(identity: TcpIdentity): void {
    const isNews = identity.clusterId !== this.#identity.clusterId
    this.#identity = identity
    this.#recheck()
    if (!isNews || this.#isStopped) return
    for (const { links } of this.#peers.values()) for (const lane of lanes) links[lane].renew()
  }

  /** Nothing more is sent to it; what it sends is its own business, and the core's. */
  removePeer(id: string): void {
    const known = this.#peers.get(id)
    if (known === undefined) return
    this.#peers.delete(id)
    for (const lane of lanes) known.links[lane].stop()
  }

  /** Who the peer says it is, over the connections that there are now; null where there is none. */
  connectedAs(id: string): TcpIdentity | null {
    const known = this.#peers.get(id)
    const answered = known?.links.normal.identity ?? known?.links.bulk.identity ?? null
    return answered ?? this.#incoming.from(id)[0]?.hello.from ?? null
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
      incoming: this.#incoming.from(peer.id).length,
      lastError: normal.lastError?.message ?? bulk.lastError?.message ?? null,
    }))
  }

  /** For the listener: lets a server in, or not. */
  readonly accept = (socket: FramedSocket, hello: Hello): Verdict => {
    const refusal = this.#refusalOf(hello)
    if (refusal !== null) {
      const [code, text] = refusal
      this.#tellRefused(refusalByUs(hello, this.#identity, socket.remote, refusal))
      return { code, text }
    }
    this.#incoming.endOtherLives(hello.from)
    this.#events.identified(hello.from, hello.address, 'us')
    const { serverId: id } = hello.from
    const closed = this.#incoming.add(socket, hello)
    this.#noteIncoming(hello)
    const source: Source = { kind: 'server', id }
    return {
      welcome: this.#identity,
      handlers: {
        frame: (bytes) => this.#takeIn(source, bytes),
        closed,
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

  #refusalOf(hello: Hello): readonly [RefusalCode, string] | null {
    const us = this.#identity
    if (this.#isStopped || this.#receive === null) {
      return ['STOPPING', `server ${us.serverId} is starting or stopping`]
    }
    const { serverId } = hello.from
    const expected = this.#peers.get(serverId)?.peer.incarnation ?? 0
    const objection = refusalOf(hello, us, expected, this.connectedAs(serverId))
    return objection ?? this.#events.objection(hello.from, hello.toIncarnation)
  }

  /** Who is connected is looked at again, by what is known now. */
  #recheck(): void {
    if (this.#isStopped || this.#receive === null) return
    for (const { socket, hello } of this.#incoming.all) {
      const refusal = this.#refusalOf(hello)
      if (refusal === null) continue
      socket.refuse(...refusal)
      this.#tellRefused(refusalByUs(hello, this.#identity, socket.remote, refusal))
    }
    for (const { links } of this.#peers.values()) for (const lane of lanes) links[lane].recheck()
  }

  #takeIn(source: Source, bytes: Uint8Array): void {
    if (this.#isStopped || this.#receive === null) return
    this.counters.received++
    this.counters.receivedBytes += bytes.length
    this.#receive(source, bytes)
  }

  #reach({ peer, links }: LinkedPeer): void {
    // The other lane is for few, and made when it is needed.
    if (!this.#isStopped) links.normal.reach(peer.address)
  }

  #newPeer(peer: TcpPeer): LinkedPeer {
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
      objection: (identity: TcpIdentity) => this.#objectionTo(identity, id, expected()),
      welcomed: (identity: TcpIdentity) => this.#welcomed(id, identity),
      failed: (error: ConnectionError) => this.#failed(id, error),
    }
    const links = { normal: new TcpLink('normal', owner), bulk: new TcpLink('bulk', owner) }
    return { peer, links, lastRefusal: '' }
  }

  #objectionTo(identity: TcpIdentity, id: string, incarnation: number): ConnectionError | null {
    const wanted = { ...this.#identity, serverId: id, incarnation }
    const objection = objectionTo(identity, wanted)
    if (objection !== null) return objection
    const more = this.#events.objection(identity, null)
    return more === null ? null : new ConnectionError(...more)
  }

  #welcomed(id: string, identity: TcpIdentity): void {
    this.counters.connected++
    const known = this.#peers.get(id)
    if (known !== undefined) known.lastRefusal = ''
    this.#events.identified(identity, '', 'peer')
  }

  #failed(id: string, error: ConnectionError): void {
    this.counters.disconnected++
    const remote = this.#peers.get(id)?.peer.address ?? ''
    const { code, message: text } = error
    if (!isAboutIdentity(code)) return
    this.#tellRefused({ by: 'peer', peer: id, remote, code, text, formerCluster: null })
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
