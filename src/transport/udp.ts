/**
 * Messages between servers as UDP datagrams (C5, C8 to C10): one socket, bound to the port of our
 * identity, from which everything is sent and by which everything comes. It moves bytes; what they
 * say is not its business. Whatever it cannot send or take in is dropped, and counted.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { performance } from 'node:perf_hooks'
import { assert } from '../base/assert.ts'
import type { Receive, Source, Transport } from '../ports/index.ts'
import { formatAddress, isAddress, mappedAddress, parseSource, plainAddress } from './address.ts'
import { AddressBook, type PeerAddress, type ServerAddress } from './address-book.ts'
import { bindError } from './bind-error.ts'
import { systemCode } from './errors.ts'
import { Inbox } from './inbox.ts'
import { type UdpCounters, udpCounters } from './udp-counters.ts'
import { type UdpOptions, udpOptions, udpPayloadBytesMax } from './udp-options.ts'

/** How a transport that runs is set up; for people. */
export interface UdpStatus {
  /** What the socket is bound to. */
  readonly boundTo: string
  /** What the operating system has granted. Linux counts its own overhead in. */
  readonly receiveBufferBytes: number
  readonly sendBufferBytes: number
  /** Where each peer is sent to. */
  readonly peers: readonly { readonly id: string; readonly address: string }[]
  /** The last error of sending or of the socket, such as `ENETUNREACH`. */
  readonly lastError: string | null
}

interface Arrival {
  readonly source: Source
  readonly bytes: Uint8Array
}

export class UdpTransport implements Transport {
  readonly counters: UdpCounters = udpCounters()
  readonly #options: UdpOptions
  readonly #book: AddressBook
  readonly #fromServers: Inbox<Arrival>
  readonly #fromClients: Inbox<Arrival>
  #receive: Receive | null = null
  #socket: Socket | null = null
  #state: 'new' | 'starting' | 'running' | 'stopped' = 'new'
  #taken = 0
  #isResolving = false
  #resolvedAt = Number.NEGATIVE_INFINITY
  #lastError: string | null = null

  /**
   * `self` is the name of one of `servers`. Throws {@link TransportError} where an option cannot
   * be.
   */
  constructor(self: string, servers: readonly ServerAddress[], options: Partial<UdpOptions> = {}) {
    this.#options = udpOptions(options)
    this.#book = new AddressBook(self, servers, this.#options)
    const takeIn = (arrival: Arrival): void => this.#takeIn(arrival)
    const { serverDatagramsPerTurnMax, serverInboxDatagramsMax } = this.#options
    const { clientDatagramsPerTurnMax, clientInboxDatagramsMax } = this.#options
    this.#fromServers = new Inbox(serverDatagramsPerTurnMax, serverInboxDatagramsMax, takeIn)
    this.#fromClients = new Inbox(clientDatagramsPerTurnMax, clientInboxDatagramsMax, takeIn)
  }

  /**
   * Resolves all names, binds, and from then on gives what arrives to `receive`. Rejects with a
   * {@link TransportError} whose message is one line for a person.
   */
  async start(receive: Receive): Promise<void> {
    assert(this.#state === 'new', 'a transport is started once')
    this.#state = 'starting'
    this.#receive = receive
    await this.#book.resolve(this.#options.bindAddress)
    if (this.#state !== 'starting') return
    const socket = await this.#bind()
    if (this.#state !== 'starting') return close(socket)
    socket.on('message', (bytes, from) => this.#onMessage(bytes, from))
    this.#growBuffers(socket)
    this.#socket = socket
    this.#state = 'running'
  }

  /** Sends and takes in nothing from here on; resolves when the port is free again. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#fromServers.clear()
    this.#fromClients.clear()
    const socket = this.#socket
    this.#socket = null
    if (socket !== null) await close(socket)
  }

  send(to: string, bytes: Uint8Array): void {
    const socket = this.#socket
    const peer = this.#book.peer(to)
    if (socket === null) {
      this.counters.sendDroppedNotRunning++
    } else if (peer === undefined) {
      this.counters.sendDroppedUnknownServer++
    } else if (bytes.length > udpPayloadBytesMax) {
      this.counters.sendDroppedTooLarge++
    } else if (socket.getSendQueueSize() + bytes.length > this.#options.sendQueueBytesMax) {
      this.counters.sendDroppedQueueFull++
    } else {
      socket.send(bytes, peer.port, peer.address, (error, sentBytes) => {
        if (error === null) this.#sent(sentBytes)
        else this.#notSent(peer, error)
      })
    }
  }

  /**
   * Answers a client at the address that its datagram came from. Like `send` it never blocks, never
   * throws and promises nothing.
   */
  answer(client: string, bytes: Uint8Array): void {
    const socket = this.#socket
    const to = parseSource(client)
    if (
      socket === null ||
      to === null ||
      bytes.length > udpPayloadBytesMax ||
      socket.getSendQueueSize() + bytes.length > this.#options.sendQueueBytesMax
    ) {
      this.counters.answersDropped++
      return
    }
    const address = this.#book.family === 4 ? to.address : mappedAddress(to.address)
    socket.send(bytes, to.port, address, (error, sentBytes) => {
      if (error !== null) {
        this.counters.answersDropped++
        this.#lastError = systemCode(error)
        return
      }
      this.counters.answersSent++
      this.#sent(sentBytes)
    })
  }

  /**
   * A number that moves as long as there is input: what has been received, and what has been taken
   * in. The clock waits for it to stand still before it fires an alarm that is late.
   */
  get inputCount(): number {
    return this.counters.received + this.#taken
  }

  /** Null unless it runs. */
  get status(): UdpStatus | null {
    const socket = this.#socket
    if (socket === null) return null
    const { address, port } = socket.address()
    return {
      boundTo: formatAddress(address, port),
      receiveBufferBytes: socket.getRecvBufferSize(),
      sendBufferBytes: socket.getSendBufferSize(),
      peers: this.#book.peers.map((peer) => ({
        id: peer.id,
        address: formatAddress(peer.address, peer.port),
      })),
      lastError: this.#lastError,
    }
  }

  #bind(): Promise<Socket> {
    const { family, bindAddress, self } = this.#book
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      // Node asks this for every datagram. Only addresses are ever sent to, and they stand for
      // themselves; the default would ask the operating system, at the cost of a turn.
      lookup: (address, _options, found) => found(null, address, family === 4 ? 4 : 6),
    })
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close()
        reject(bindError(error, self.id, self.port, bindAddress))
      })
      socket.bind({ address: bindAddress, port: self.port, exclusive: true }, () => {
        socket.removeAllListeners('error')
        socket.on('error', (error) => this.#onSocketError(error))
        resolve(socket)
      })
    })
  }

  /** Larger buffers lose less after a pause; that there are none so large is no error. */
  #growBuffers(socket: Socket): void {
    const { socketBufferBytes } = this.#options
    try {
      socket.setRecvBufferSize(socketBufferBytes)
      socket.setSendBufferSize(socketBufferBytes)
    } catch (error) {
      this.#lastError = systemCode(error)
    }
  }

  #onMessage(bytes: Buffer, { address, port }: RemoteInfo): void {
    const { counters } = this
    counters.received++
    counters.receivedBytes += bytes.length
    const server = this.#book.serverAt(address, port)
    if (server !== null) {
      const { source } = server
      if (!this.#fromServers.accept({ source, bytes })) counters.receiveDroppedFromServers++
      return
    }
    counters.receivedFromClients++
    if (this.#book.mayHaveMoved(port)) this.#resolveAgain()
    // It takes the zone to answer where there is one.
    const from = address.includes('%') ? address : plainAddress(address)
    const source: Source = { kind: 'client', address: formatAddress(from, port) }
    if (!this.#fromClients.accept({ source, bytes })) counters.receiveDroppedFromClients++
  }

  #takeIn({ source, bytes }: Arrival): void {
    assert(this.#receive !== null, 'nothing arrives before the start')
    this.#taken++
    this.#receive(source, bytes)
  }

  #sent(bytes: number): void {
    this.counters.sent++
    this.counters.sentBytes += bytes
    if (bytes > this.#options.datagramBytesMax) this.counters.sentOversize++
  }

  #notSent(peer: PeerAddress, error: Error): void {
    this.counters.sendErrors++
    this.#lastError = systemCode(error)
    if (!isAddress(peer.host) && this.#lastError !== 'EMSGSIZE') this.#resolveAgain()
  }

  #onSocketError(error: Error): void {
    this.counters.socketErrors++
    this.#lastError = systemCode(error)
  }

  /** At most once per interval, and in the background; until it is done the old addresses hold. */
  #resolveAgain(): void {
    const now = performance.now()
    if (this.#isResolving || now - this.#resolvedAt < this.#options.resolveIntervalMs) return
    this.#isResolving = true
    void this.#book.resolveAgain().then((failures) => {
      this.counters.resolutions++
      this.counters.resolutionFailures += failures
      this.#resolvedAt = performance.now()
      this.#isResolving = false
    })
  }
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}
