/**
 * How a node's own client reaches the servers when Maelstrom is the network: to the server in its
 * own process by a call, to the others by messages. There are no connections here, so a channel is
 * open from the beginning and silence is all that can happen to it.
 */
import { type Channel, type ChannelEvents, KontikiError } from '../../client/index.ts'
import type { Clock } from '../../ports/index.ts'
import type { Replica } from '../../server/index.ts'
import {
  type ClientRequestMessage,
  type ClientResponseMessage,
  decodeEnvelope,
  encodeClientMessage,
} from '../../wire/index.ts'

/** What channels need of the node. */
export interface ChannelParts {
  readonly ownId: string
  readonly nodeIds: readonly string[]
  readonly clock: Clock
  readonly replica: Replica
  /** Sends the bytes of a client's request to the server on another node. */
  readonly send: (to: string, bytes: Uint8Array) => void
}

export class NodeChannels {
  readonly #parts: ChannelParts
  readonly #open = new Map<string, ChannelEvents>()

  constructor(parts: ChannelParts) {
    this.#parts = parts
  }

  /** An address is the name of a node. */
  open(address: string, events: ChannelEvents): Channel {
    const { ownId, nodeIds, clock } = this.#parts
    let isOpen = true
    const close = (error: Error | null): void => {
      if (!isOpen) return
      isOpen = false
      if (this.#open.get(address) === events) this.#open.delete(address)
      clock.soon(() => events.closed(error))
    }
    if (!nodeIds.includes(address)) {
      const text = `there is no node ${address}`
      close(new KontikiError('UNREACHABLE', 'notApplied', text))
    } else {
      this.#open.set(address, events)
      clock.soon(() => {
        if (isOpen) events.opened()
      })
    }
    return {
      send: (message) => {
        if (!isOpen) return false
        if (address === ownId) this.#ask(message, events, () => isOpen)
        else this.#parts.send(address, encodeClientMessage(message))
        return true
      },
      close: () => close(null),
    }
  }

  /** A server on another node has answered. */
  answered(from: string, bytes: Uint8Array): void {
    const decoded = decodeEnvelope(bytes, null, '')
    if (decoded.kind !== 'clientMessage' || !('status' in decoded.message)) return
    this.#open.get(from)?.message(decoded.message)
  }

  /** In the next turn, since a channel tells nothing from inside a call. */
  #ask(message: ClientRequestMessage, events: ChannelEvents, isOpen: () => boolean): void {
    const { clock, replica } = this.#parts
    clock.soon(() => {
      replica.handleClient(message, (response: ClientResponseMessage) => {
        clock.soon(() => {
          if (isOpen()) events.message(response)
        })
      })
    })
  }
}
