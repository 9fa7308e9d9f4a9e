/**
 * A server's own client speaks to its own server without a network: messages as they are, and no
 * bytes. To the others it goes over TCP, like any client.
 */
import type { Channel, ChannelEvents, OpenChannel } from '../client/index.ts'
import type { Replica } from '../server/index.ts'
import type { ClientRequestMessage, ClientResponseMessage } from '../wire/index.ts'

class LocalChannel implements Channel {
  readonly #replica: Pick<Replica, 'handleClient'>
  readonly #events: ChannelEvents
  readonly #later: (callback: () => void) => void
  #responses: ClientResponseMessage[] = []
  #isOver = false

  constructor(
    replica: Pick<Replica, 'handleClient'>,
    events: ChannelEvents,
    later: (callback: () => void) => void,
  ) {
    this.#replica = replica
    this.#events = events
    this.#later = later
    later(() => {
      if (!this.#isOver) events.opened()
    })
  }

  send(message: ClientRequestMessage): boolean {
    if (this.#isOver) return false
    this.#replica.handleClient(message, (response) => this.#take(response))
    return true
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#later(() => this.#events.closed(null))
  }

  /** The service may answer from inside `send`, and settles many at a time: all go together. */
  #take(response: ClientResponseMessage): void {
    this.#responses.push(response)
    if (this.#responses.length === 1) this.#later(() => this.#deliver())
  }

  #deliver(): void {
    const responses = this.#responses
    this.#responses = []
    for (const response of responses) {
      if (this.#isOver) return
      this.#events.message(response)
    }
  }
}

/** Channels to `replica` at its own address, and to everybody else as `elsewhere` makes them. */
export function channelsFrom(
  replica: Pick<Replica, 'handleClient'>,
  ownAddress: string,
  elsewhere: OpenChannel,
  later: (callback: () => void) => void,
): OpenChannel {
  return (address, events) => {
    return address === ownAddress
      ? new LocalChannel(replica, events, later)
      : elsewhere(address, events)
  }
}
