/** What a server does with the connections of clients: requests go to the replica, answers back. */
import type { Listener } from '../ports/index.ts'
import { type ClientResponseMessage, decodeFromClient, encodeClientMessage } from '../wire/index.ts'
import type { Replica } from './replica.ts'

/** `replica`: null while there is none; who comes then is sent away. */
export function clientListener(
  replica: () => Pick<Replica, 'id' | 'handleClient'> | null,
): Listener {
  return (connection) => {
    // An answer that the connection does not take is lost, like any that the network loses.
    const reply = (response: ClientResponseMessage): void => {
      connection.send(encodeClientMessage(response))
    }
    return {
      frame: (bytes) => {
        const server = replica()
        const request = server === null ? null : decodeFromClient(bytes)
        if (request === null) connection.close()
        else server?.handleClient(request, reply)
      },
      closed: () => {},
    }
  }
}
