/**
 * A proxy before one server, at the address that everybody else knows. It learns from the first
 * frame of a connection who is calling, so that the network can be broken between any two.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type ControlFrame, decodeControlFrame } from '../../transport/index.ts'
import { Link } from './link.ts'
import type { Caller, LinkState, Network } from './network.ts'

export class LinkProxy {
  /** The server that is behind it at this time, by its name; '' where there is none. */
  callee: string
  readonly #targetPort: number
  readonly #network: Network
  readonly #links = new Map<Link, FirstFrame>()
  readonly #server: Server

  /** `callee`: the server's name; `targetPort`: where it listens itself. */
  constructor(callee: string, targetPort: number, network: Network) {
    this.callee = callee
    this.#targetPort = targetPort
    this.#network = network
    this.#server = createServer({ allowHalfOpen: false }, (socket) => this.#accept(socket))
  }

  /** Resolves when it listens on the port of 127.0.0.1. */
  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => resolve())
    })
  }

  /** The network has changed: what was held may go. */
  flush(): void {
    for (const link of this.#links.keys()) link.flush()
  }

  /** On their way through, either way. */
  get heldBytes(): number {
    let sum = 0
    for (const link of this.#links.keys()) sum += link.heldBytes
    return sum
  }

  /** Breaks the connections of those callers that are meant. */
  reset(isMeant: (caller: Caller) => boolean): void {
    for (const [link, { caller }] of this.#links) if (isMeant(caller)) link.reset()
  }

  close(): void {
    this.#server.close()
    this.reset(() => true)
  }

  #accept(socket: Socket): void {
    const first = new FirstFrame()
    // Before the link looks at what comes: it must know by then whose it is.
    socket.on('data', (bytes) => first.add(bytes))
    socket.once('close', () => first.end())
    const link: Link = new Link(
      socket,
      connect(this.#targetPort, '127.0.0.1'),
      () => (first.isKnown ? this.#network.stateOf(first.caller, this.callee) : unknownLink),
      () => this.#links.delete(link),
    )
    this.#links.set(link, first)
  }
}

/** Until it is known whose the connection is, what comes is held. */
const unknownLink: LinkState = { inwardIsCut: true, outwardIsCut: false, delayMs: 0 }

/** A frame of the transport's own has this bit in its four bytes of length: see docs/wire.md. */
const controlBit = 0x8000_0000

/** Looks at the beginning of a connection: a server says hello, a client does not. */
class FirstFrame {
  caller: Caller = null
  isKnown = false
  #bytes = Buffer.alloc(0)

  add(bytes: Uint8Array): void {
    if (this.isKnown) return
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    if (this.#bytes.length < 4) return
    const header = this.#bytes.readUInt32BE(0)
    const isControl = header >= controlBit
    const end = 4 + (isControl ? header - controlBit : 0)
    if (this.#bytes.length < end) return
    const frame: ControlFrame | null = isControl
      ? decodeControlFrame(this.#bytes.subarray(4, end))
      : null
    this.caller = frame?.kind === 'hello' ? frame.from.serverId : null
    this.end()
  }

  /** There is no more to wait for. */
  end(): void {
    this.isKnown = true
    this.#bytes = Buffer.alloc(0)
  }
}
