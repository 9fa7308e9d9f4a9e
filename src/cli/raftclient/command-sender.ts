/**
 * The client's side of the wire: one socket, and one datagram a command, no faster than a server
 * can take them in. UDP tells nothing of what it loses; what it does tell, that nobody listens at
 * the address, is passed on.
 */
import { createSocket, type Socket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerAddress } from '../../course/index.ts'
import { systemReason } from '../program.ts'

/**
 * Sixteen datagrams, then at least a millisecond's rest: some 10,000 commands a second. A receive
 * buffer of the size that Linux gives by default has room for about 270 small datagrams, so that a
 * server may be held up for some 20 ms without a loss; ours asks for a larger one.
 */
const burstMax = 16
const restMs = 1

/** How long to wait for the news that nobody listens, where another address could be tried. */
const refusalTimeoutMs = 50

export class CommandSender {
  readonly #server: ServerAddress
  /** Still to be tried, where nobody listens at the one before. */
  readonly #addresses: string[]
  readonly #warn: (text: string) => void
  #socket: Socket | null = null
  #wasRefused = false
  #hasWarned = false
  /** Sent in this burst. */
  #burst = 0
  #failure: Error | null = null

  private constructor(server: ServerAddress, addresses: string[], warn: (text: string) => void) {
    this.#server = server
    this.#addresses = addresses
    this.#warn = warn
  }

  /** Resolves the server's name. Rejects with one line for people. */
  static async open(
    server: ServerAddress,
    warn: (text: string) => void,
    lookup: (host: string) => Promise<readonly string[]> = addressesOf,
  ): Promise<CommandSender> {
    let addresses: string[]
    try {
      addresses = [...(await lookup(server.host))]
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new Error(`${server.id}: ${server.host} does not resolve (${code})`)
    }
    // As servers do: where a name has addresses of both families, they mostly listen on IPv4.
    addresses.sort((one, other) => Number(isIPv6(one)) - Number(isIPv6(other)))
    const sender = new CommandSender(server, addresses, warn)
    await sender.#connect()
    return sender
  }

  /** Sends one command; resolves when the next may come. Rejects where nothing can be sent. */
  async send(datagram: Uint8Array): Promise<void> {
    await this.#transmit(datagram)
    // The first datagram shows whether anybody is there, before others are lost.
    while (this.#addresses.length > 0) {
      await this.#settle()
      if (!this.#wasRefused) {
        this.#addresses.length = 0
      } else {
        await this.#connect()
        await this.#transmit(datagram)
      }
    }
    this.#burst += 1
    if (this.#burst < burstMax) return
    this.#burst = 0
    await delay(restMs)
    this.#warnOfRefusal()
  }

  /** Resolves when everything has left. */
  async close(): Promise<void> {
    const socket = this.#socket
    if (socket === null) return
    // Long enough to hear of a refusal; on another machine it may come later, and is not heard.
    await delay(restMs)
    this.#warnOfRefusal()
    await new Promise<void>((closed) => socket.close(() => closed()))
  }

  async #connect(): Promise<void> {
    const address = this.#addresses.shift() as string
    this.#socket?.close()
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    this.#socket = socket
    this.#wasRefused = false
    try {
      await new Promise<void>((connected, failed) => {
        socket.once('error', failed)
        socket.connect(this.#server.port, address, connected)
      })
    } catch (error) {
      throw new Error(`cannot send to ${this.#server.id}: ${systemReason(error)}`)
    }
    socket.removeAllListeners('error')
    socket.on('error', (error) => this.#onError(error))
  }

  async #transmit(datagram: Uint8Array): Promise<void> {
    // A connected socket reports a refusal at the next send, which then did not take place.
    if (!(await this.#try(datagram))) await this.#try(datagram)
    if (this.#failure === null) return
    throw new Error(`cannot send to ${this.#server.id}: ${systemReason(this.#failure)}`)
  }

  /** False where the datagram did not leave. */
  #try(datagram: Uint8Array): Promise<boolean> {
    return new Promise((tried) => {
      this.#socket?.send(datagram, (error) => {
        if (error !== null) this.#onError(error)
        tried(error === null)
      })
    })
  }

  /** That nobody listens now ends nothing: the server may be back for the next command. */
  #onError(error: Error): void {
    if ('code' in error && error.code === 'ECONNREFUSED') this.#wasRefused = true
    else this.#failure = error
  }

  async #settle(): Promise<void> {
    const deadline = performance.now() + refusalTimeoutMs
    while (!this.#wasRefused && performance.now() < deadline) await delay(restMs)
  }

  #warnOfRefusal(): void {
    if (!this.#wasRefused || this.#hasWarned) return
    this.#hasWarned = true
    this.#warn(`nobody listens at ${this.#server.id}; what is sent there now is lost`)
  }
}

/** What the operating system says of a name. */
async function addressesOf(host: string): Promise<readonly string[]> {
  return (await dns.lookup(host, { all: true })).map(({ address }) => address)
}
