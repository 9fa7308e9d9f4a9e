/**
 * Who is where: the servers' names resolved to addresses, where to bind, where to send, and which
 * server a source address belongs to (C5). Names are resolved once, and again only when something
 * has failed. docs/wire.md tells the reasons behind the choice of addresses.
 */
import { isIPv4 } from 'node:net'
import { assert } from '../base/assert.ts'
import type { Source } from '../ports/index.ts'
import {
  canonicalAddress,
  isAddress,
  isLoopback,
  isUnspecified,
  mappedAddress,
  plainAddress,
} from './address.ts'
import { systemCode, TransportError } from './errors.ts'

/** A server's name, taken apart. */
export interface ServerAddress {
  /** The name itself. */
  readonly id: string
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
}

/** A server as the book has it. */
export interface PeerAddress extends ServerAddress {
  /** As the socket takes it. The one that the peer last spoke from, or its first. */
  address: string
  /** Made once: every datagram from this peer has it. */
  readonly source: Source
}

/** What the book needs to ask. */
export interface Directory {
  readonly lookup: (host: string) => Promise<readonly string[]>
  readonly machineAddresses: () => readonly string[]
}

/** IPv4 alone, IPv6 alone, or both through one socket. */
export type Family = 4 | 6 | 'both'

export class AddressBook {
  readonly #directory: Directory
  readonly #self: PeerAddress
  readonly #peers: readonly PeerAddress[]
  readonly #peerById = new Map<string, PeerAddress>()
  /** For each server, all its addresses, canonical, in the order of preference. */
  readonly #addresses = new Map<string, readonly string[]>()
  #serverBySource = new Map<string, PeerAddress>()
  /** Peers on this machine's loopback by port; null where a port has several. */
  #serverByLoopbackPort = new Map<number, PeerAddress | null>()
  #family: Family = 4
  #bindAddress = ''

  /** `servers` includes `self`, and no name twice. */
  constructor(self: string, servers: readonly ServerAddress[], directory: Directory) {
    const all: readonly PeerAddress[] = servers.map(({ id, host, port }) => {
      return { id, host, port, address: '', source: { kind: 'server', id } }
    })
    const own = all.find((server) => server.id === self)
    assert(own !== undefined, 'a server is one of the servers')
    this.#directory = directory
    this.#self = own
    this.#peers = all.filter((server) => server !== own)
    for (const peer of this.#peers) this.#peerById.set(peer.id, peer)
    assert(this.#peerById.size === servers.length - 1, 'no server is listed twice')
  }

  get self(): ServerAddress {
    return this.#self
  }

  get peers(): readonly PeerAddress[] {
    return this.#peers
  }

  get family(): Family {
    return this.#family
  }

  /** Our own address, or one for all that this machine has. */
  get bindAddress(): string {
    return this.#bindAddress
  }

  peer(id: string): PeerAddress | undefined {
    return this.#peerById.get(id)
  }

  /**
   * Resolves every name, and settles on a family and on where to bind, which `wanted` may decide.
   * Throws {@link TransportError} where a name does not resolve, or where servers could not tell
   * each other apart.
   */
  async resolve(wanted: string | null): Promise<void> {
    const servers = [this.#self, ...this.#peers]
    const found = await Promise.all(servers.map((server) => this.#lookUp(server)))
    for (const [i, server] of servers.entries()) {
      this.#addresses.set(server.id, found[i] as readonly string[])
    }
    for (const [i, server] of servers.entries()) {
      const other = servers.slice(0, i).find((before) => this.#share(server, before))
      if (other !== undefined) throw sameAddress(other, server)
    }
    this.#family = wanted === null ? this.#commonFamily() : familyOf(canonicalAddress(wanted))
    for (const peer of this.#peers) this.#checkFamily(peer)
    for (const peer of this.#peers) peer.address = this.#destination(peer)
    this.#settleSources()
    this.#bindAddress = wanted ?? (this.#family === 'both' ? '::' : this.#ownAddress())
  }

  /**
   * The server that a datagram from this address comes from, or null. It may say it is ourselves.
   */
  serverAt(address: string, port: number): PeerAddress | null {
    const plain = plainAddress(address)
    const peer = this.#serverBySource.get(sourceKey(plain, port))
    if (peer === undefined) {
      return isLoopback(plain) ? (this.#serverByLoopbackPort.get(port) ?? null) : null
    }
    // It may have several addresses, and this one works.
    peer.address = address
    return peer
  }

  /** True where a peer that has a name, and so may have moved, has this port. */
  mayHaveMoved(port: number): boolean {
    return this.#peers.some((peer) => peer.port === port && !isAddress(peer.host))
  }

  /** Resolves the peers' names again, one after the other. Returns how many could not be. */
  async resolveAgain(): Promise<number> {
    let failures = 0
    for (const peer of this.#peers) {
      if (isAddress(peer.host)) continue
      // getaddrinfo blocks a thread of the few that the disk needs too: never more than one at
      // once.
      const found = await this.#lookUp(peer).catch(() => null)
      if (found === null || !this.#move(peer, found)) failures++
    }
    return failures
  }

  async #lookUp(server: ServerAddress): Promise<readonly string[]> {
    const { id, host } = server
    const found = isAddress(host) ? [host] : await this.#ask(server)
    const addresses = found.map(canonicalAddress)
    if (addresses.some(isUnspecified)) {
      const message = `${id}: ${host} stands for any address; name one that others can send to`
      throw new TransportError('ADDRESS_NOT_USABLE', message)
    }
    return [...new Set(addresses)].sort(preferIPv4)
  }

  async #ask({ id, host }: ServerAddress): Promise<readonly string[]> {
    let problem = 'no address'
    try {
      const found = await this.#directory.lookup(host)
      if (found.length > 0) return found
    } catch (error) {
      problem = systemCode(error)
    }
    throw new TransportError('NAME_NOT_RESOLVED', `${id}: ${host} does not resolve (${problem})`)
  }

  #commonFamily(): Family {
    const all = [...this.#addresses.values()]
    if (all.every((addresses) => addresses.some(isIPv4))) return 4
    return all.every((addresses) => addresses.some(isIPv6)) ? 6 : 'both'
  }

  /** The peer knows us by our addresses: one must be of the family in which we send to it. */
  #checkFamily(peer: PeerAddress): void {
    const theirs = this.#addressesOf(peer)
    const ours = this.#addressesOf(this.#self)
    if (this.#family === 'both') {
      const isFamily = theirs.some(isIPv4) ? isIPv4 : isIPv6
      if (ours.some(isFamily) || (ours.some(isLoopback) && theirs.some(isLoopback))) return
    } else if (theirs.some(inFamily(this.#family))) {
      return
    }
    const message =
      `${this.#self.id} and ${peer.id} have no family of addresses in common (IPv4 or IPv6): ` +
      'a datagram between them would not show whose it is'
    throw new TransportError('NO_COMMON_FAMILY', message)
  }

  #destination(peer: PeerAddress): string {
    const addresses = this.#addressesOf(peer)
    if (this.#family === 'both') return mappedAddress(addresses[0] as string)
    const address = addresses.find(inFamily(this.#family))
    assert(address !== undefined, 'a peer has an address of the family that was settled on')
    return address
  }

  #settleSources(): void {
    this.#serverBySource = new Map()
    // Not even by its port can a datagram of our own be taken for a peer's.
    this.#serverByLoopbackPort = new Map([[this.#self.port, null]])
    for (const peer of [this.#self, ...this.#peers]) {
      const addresses = this.#addressesOf(peer)
      for (const address of addresses) {
        this.#serverBySource.set(sourceKey(plainAddress(address), peer.port), peer)
      }
      if (!addresses.some(isLoopback)) continue
      const isAlone = !this.#serverByLoopbackPort.has(peer.port)
      this.#serverByLoopbackPort.set(peer.port, isAlone ? peer : null)
    }
  }

  /** Takes over a peer's new addresses, unless another server has one of them already. */
  #move(peer: PeerAddress, found: readonly string[]): boolean {
    if (this.#family !== 'both' && !found.some(inFamily(this.#family))) return false
    const before = this.#addressesOf(peer)
    this.#addresses.set(peer.id, found)
    const others = [this.#self, ...this.#peers].filter((server) => server.id !== peer.id)
    if (others.some((other) => this.#share(peer, other))) {
      this.#addresses.set(peer.id, before)
      return false
    }
    this.#settleSources()
    const stands = found.some((address) => plainAddress(address) === plainAddress(peer.address))
    if (!stands) peer.address = this.#destination(peer)
    return true
  }

  #ownAddress(): string {
    assert(this.#family !== 'both', 'an address belongs to one family')
    const own = this.#addressesOf(this.#self).filter(inFamily(this.#family))
    const machine = new Set(this.#directory.machineAddresses())
    const isHere = (address: string): boolean =>
      isLoopback(address) || machine.has(plainAddress(address))
    const address = own.find(isHere) ?? own[0]
    assert(address !== undefined, 'we have an address of the family that was settled on')
    const { host } = this.#self
    const leavesHere = this.#peers.some((peer) => !isHere(this.#destination(peer)))
    if (!leavesHere || !isLoopback(address) || isAddress(host) || host === 'localhost') {
      return address
    }
    // The hosts file gives this machine's name a loopback address, as Debian does, and nothing that
    // is bound to it reaches another machine. Bound to all, datagrams have the address they leave
    // by.
    const reachable = own.find((other) => isHere(other) && !isLoopback(other))
    return reachable ?? (this.#family === 4 ? '0.0.0.0' : '::')
  }

  #share(one: ServerAddress, other: ServerAddress): boolean {
    if (one.port !== other.port) return false
    const theirs = this.#addressesOf(other).map(plainAddress)
    return this.#addressesOf(one).some((address) => theirs.includes(plainAddress(address)))
  }

  #addressesOf({ id }: ServerAddress): readonly string[] {
    const addresses = this.#addresses.get(id)
    assert(addresses !== undefined, 'addresses are resolved before they are used')
    return addresses
  }
}

function sameAddress(one: ServerAddress, other: ServerAddress): TransportError {
  const message = `${one.id} and ${other.id} are the same address`
  return new TransportError('SAME_ADDRESS', message)
}

function isIPv6(address: string): boolean {
  return address.includes(':')
}

function inFamily(family: 4 | 6): (address: string) => boolean {
  return family === 4 ? isIPv4 : isIPv6
}

function familyOf(bindAddress: string): Family {
  if (bindAddress === '::') return 'both'
  return isIPv4(bindAddress) ? 4 : 6
}

/** IPv4 first, as other implementations have it; otherwise the order in which they were found. */
function preferIPv4(one: string, other: string): number {
  return Number(isIPv6(one)) - Number(isIPv6(other))
}

function sourceKey(address: string, port: number): string {
  return `${address} ${port}`
}
