/**
 * What can be set about the UDP transport: its limits, each with the reason for its default, and
 * the two places where it asks the operating system about addresses.
 */
import { promises as dns } from 'node:dns'
import { networkInterfaces } from 'node:os'
import { canonicalAddress, isAddress } from './address.ts'
import { TransportError } from './errors.ts'

/** The largest payload of UDP over IPv4: 65,535 less the headers of IP and UDP. */
export const udpPayloadBytesMax = 65_507

export interface UdpOptions {
  /**
   * What one datagram should not exceed: 1400 bytes with the headers of IPv4 and UDP by default,
   * below the MTU of every usual path (C9). The sender of messages keeps to it; a single entry may
   * not fit, and then the datagram is sent all the same, up to {@link udpPayloadBytesMax}, and
   * counted as `sentOversize`.
   */
  readonly datagramBytesMax: number
  /**
   * Datagrams from servers taken in per turn of the event loop. libuv reads 32 or so per turn: this
   * bounds the work where more are read, and never holds up a peer where they are not.
   */
  readonly serverDatagramsPerTurnMax: number
  /** The same from anybody else, apart, so that a flood of them takes no peer's place. */
  readonly clientDatagramsPerTurnMax: number
  /**
   * Datagrams that wait for their turn, from servers and from anybody else; past it the oldest
   * goes. At worst, all of the largest size, each inbox holds 64 MiB.
   */
  readonly serverInboxDatagramsMax: number
  readonly clientInboxDatagramsMax: number
  /**
   * What to ask the operating system for, each way; it may give less (`net.core.rmem_max`), and
   * {@link UdpStatus} tells. 4 MiB hold some 5000 small datagrams: a pause of the process of a
   * tenth of a second at 50,000 a second.
   */
  readonly socketBufferBytes: number
  /** Bytes that may wait in the process while the socket is full; more is dropped. */
  readonly sendQueueBytesMax: number
  /** Names are resolved again at most this often. DNS answers are commonly kept for longer. */
  readonly resolveIntervalMs: number
  /** The address to bind instead of the identity's own; `0.0.0.0` and `::` for all there are. */
  readonly bindAddress: string | null
  /** The addresses of a name. By default what the operating system says (getaddrinfo). */
  readonly lookup: (host: string) => Promise<readonly string[]>
  /** The addresses of this machine. */
  readonly machineAddresses: () => readonly string[]
}

export const defaultUdpOptions: UdpOptions = {
  datagramBytesMax: 1372,
  serverDatagramsPerTurnMax: 64,
  clientDatagramsPerTurnMax: 32,
  serverInboxDatagramsMax: 1024,
  clientInboxDatagramsMax: 1024,
  socketBufferBytes: 4 * 1024 * 1024,
  sendQueueBytesMax: 4 * 1024 * 1024,
  resolveIntervalMs: 5000,
  bindAddress: null,
  lookup: async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address),
  machineAddresses: () =>
    Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).map(({ address }) => canonicalAddress(address)),
    ),
}

const limits = {
  datagramBytesMax: [1, udpPayloadBytesMax],
  serverDatagramsPerTurnMax: [1, 65_536],
  clientDatagramsPerTurnMax: [1, 65_536],
  serverInboxDatagramsMax: [1, 1_048_576],
  clientInboxDatagramsMax: [1, 1_048_576],
  socketBufferBytes: [udpPayloadBytesMax, 2 ** 30],
  sendQueueBytesMax: [udpPayloadBytesMax, 2 ** 30],
  resolveIntervalMs: [0, 2 ** 31 - 1],
} as const

/** The defaults with `given` in their place. Throws {@link TransportError} where they cannot be. */
export function udpOptions(given: Partial<UdpOptions>): UdpOptions {
  const options = { ...defaultUdpOptions, ...given }
  for (const [name, [least, most]] of Object.entries(limits)) {
    const value = options[name as keyof typeof limits]
    if (!Number.isInteger(value) || value < least || value > most) {
      const problem = `must be a whole number from ${least} to ${most}; it is ${String(value)}`
      throw new TransportError('INVALID_OPTION', `${name} ${problem}`)
    }
  }
  if (options.bindAddress !== null && !isAddress(options.bindAddress)) {
    const problem = `must be an IP address; it is ${options.bindAddress}`
    throw new TransportError('INVALID_OPTION', `bindAddress ${problem}`)
  }
  return options
}
