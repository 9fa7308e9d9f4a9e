/**
 * A connection as the client sees it: it carries messages. Over the network that is a `Connection`
 * with the codec around it; a server's own client has one that calls the service in its process.
 */
import type { Dialer } from '../ports/index.ts'
import {
  type ClientRequestMessage,
  type ClientResponseMessage,
  decodeEnvelope,
  encodeClientMessage,
} from '../wire/index.ts'

export interface Channel {
  /** False where it was not taken; it has then not been sent, and never will be. */
  send(message: ClientRequestMessage): boolean
  close(): void
}

/** What the holder of a channel is told, never from inside a call of its own. */
export interface ChannelEvents {
  opened(): void
  message(message: ClientResponseMessage): void
  /** Something that is no answer; `what` is for people. */
  nonsense(what: string): void
  /** Once, last of all; also after `close`. */
  closed(error: Error | null): void
}

/** Makes a channel to an address. Never throws: a failure is told by `closed`. */
export type OpenChannel = (address: string, events: ChannelEvents) => Channel

/** Channels over the connections that `dialer` makes. */
export function channelsOver(dialer: Dialer): OpenChannel {
  return (address, events) => {
    const connection = dialer.connect(address, {
      opened: () => events.opened(),
      frame: (bytes) => {
        const decoded = decodeEnvelope(bytes, null, '')
        if (decoded.kind === 'clientMessage' && 'status' in decoded.message) {
          events.message(decoded.message)
        } else events.nonsense(decoded.kind === 'invalid' ? decoded.reason : decoded.kind)
      },
      closed: (error) => events.closed(error),
    })
    return {
      send: (message) => connection.send(encodeClientMessage(message)),
      close: () => connection.close(),
    }
  }
}
