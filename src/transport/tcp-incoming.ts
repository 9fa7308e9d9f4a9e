/**
 * The connections that other servers have made to us: one from each for each lane, the newest, with
 * the hello that it began with, since what is known of its server may change later.
 */
import type { Hello, TcpIdentity } from './control-frame.ts'
import type { FramedSocket } from './framed-socket.ts'

export interface Incoming {
  readonly socket: FramedSocket
  readonly hello: Hello
}

export class IncomingConnections {
  readonly #byPlace = new Map<string, Incoming>()

  /** In the place of an older one from there. Returns what to call when it has ended. */
  add(socket: FramedSocket, hello: Hello): () => void {
    const { serverId } = hello.from
    const place = `${hello.lane} ${serverId}`
    const before = this.#byPlace.get(place)?.socket
    before?.refuse('REPLACED', `server ${serverId} has made another connection`)
    this.#byPlace.set(place, { socket, hello })
    return () => {
      if (this.#byPlace.get(place)?.socket === socket) this.#byPlace.delete(place)
    }
  }

  /** The server's process has been started since: what is left of the one before it ends. */
  endOtherLives({ serverId, life }: TcpIdentity): void {
    for (const { socket, hello } of this.from(serverId)) {
      if (hello.from.life.startId === life.startId) continue
      socket.refuse('REPLACED', `server ${serverId} has been started again`)
    }
  }

  /** All of them, as of this call. */
  get all(): readonly Incoming[] {
    return [...this.#byPlace.values()]
  }

  /** Those of this server. */
  from(serverId: string): readonly Incoming[] {
    return this.all.filter(({ hello }) => hello.from.serverId === serverId)
  }
}
