/**
 * The network between the servers under test. For every two of them there is a socket that plays
 * the one to the other: its port is what the file of servers names, so that no datagram goes
 * around. It delays, drops, repeats and reorders, and shows everything to whoever watches.
 */
import { createSocket, type Socket } from 'node:dgram'
import type { Random } from '../../../base/random.ts'
import { withSpeaker } from './speaker-name.ts'

/** Told of every datagram before anything happens to it; says whether it may be repeated. */
export type Watch = (from: number, to: number, bytes: Uint8Array, port: number) => boolean

/** What may happen to a datagram while faults are on. */
const dropChance = 0.05
const repeatChance = 0.05
const detourChance = 0.05
const delayMaxMs = 15
/** Less than most election timeouts, and enough to be overtaken by several heartbeats. */
const detourMaxMs = 120

export class Relay {
  readonly #ids: readonly string[]
  readonly #random: Random
  readonly #watch: Watch
  /** By the server that hears from it, and the one that it plays. */
  readonly #sockets: (Socket | null)[][] = []
  readonly #ports: number[][] = []
  #isFaulty = false
  #isClosed = false
  datagrams = 0
  dropped = 0
  repeated = 0
  detours = 0

  private constructor(ids: readonly string[], random: Random, watch: Watch) {
    this.#ids = ids
    this.#random = random
    this.#watch = watch
  }

  /** `ports` are free ones, as many as there are ordered pairs. */
  static async open(
    ids: readonly string[],
    ports: readonly number[],
    random: Random,
    watch: Watch,
  ): Promise<Relay> {
    const relay = new Relay(ids, random, watch)
    const free = [...ports]
    for (const [hearer] of ids.entries()) {
      const row = ids.map((_, played) => (played === hearer ? null : (free.pop() as number)))
      relay.#ports.push(row.map((port) => port ?? 0))
      relay.#sockets.push(
        await Promise.all(
          row.map((port, played) => (port === null ? null : relay.#bind(port, hearer, played))),
        ),
      )
    }
    return relay
  }

  /** What the file of this server says: itself, and where the relay plays the others to it. */
  listFor(server: number): string[] {
    return this.#ids.map((id, other) => (other === server ? id : this.#alias(server, other)))
  }

  set isFaulty(isFaulty: boolean) {
    this.#isFaulty = isFaulty
  }

  close(): void {
    this.#isClosed = true
    for (const socket of this.#sockets.flat()) socket?.close()
  }

  #bind(port: number, hearer: number, played: number): Promise<Socket> {
    return new Promise((done, failed) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
      socket.once('error', failed)
      socket.on('message', (bytes, source) => this.#carry(hearer, played, bytes, source.port))
      socket.bind(port, '127.0.0.1', () => done(socket))
    })
  }

  /** As `hearer` knows `played`. */
  #alias(hearer: number, played: number): string {
    return `127.0.0.1:${this.#ports[hearer]?.[played]}`
  }

  #carry(from: number, to: number, bytes: Uint8Array, port: number): void {
    this.datagrams += 1
    const mayRepeat = this.#watch(from, to, bytes, port)
    const renamed = withSpeaker(bytes, this.#ids[from] as string, this.#alias(to, from))
    if (!this.#isFaulty) {
      this.#deliver(from, to, renamed)
      return
    }
    const random = this.#random
    if (random.chance(dropChance)) {
      this.dropped += 1
      return
    }
    this.#later(from, to, renamed)
    if (mayRepeat && random.chance(repeatChance)) {
      this.repeated += 1
      this.#later(from, to, renamed)
    }
  }

  #later(from: number, to: number, bytes: Uint8Array): void {
    const random = this.#random
    let ms = random.float() * delayMaxMs
    if (random.chance(detourChance)) {
      this.detours += 1
      ms += random.float() * detourMaxMs
    }
    setTimeout(() => this.#deliver(from, to, bytes), ms)
  }

  #deliver(from: number, to: number, bytes: Uint8Array): void {
    if (this.#isClosed) return
    const port = Number(this.#ids[to]?.split(':')[1])
    this.#sockets[to]?.[from]?.send(bytes, port, '127.0.0.1')
  }
}
