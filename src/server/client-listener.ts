/** What a server does with the connections of clients: requests go to the replica, answers back. */
import type { Listener } from '../ports/index.ts'
import { decodeEnvelope, encodeClientMessage } from '../wire/index.ts'
import type { Replica } from './replica.ts'

/** `replica`: null while there is none; who comes then is sent away. */
export function clientListener(
  replica: () => Pick<Replica, 'id' | 'handleClient'> | null,
): Listener {
  return (connection) => ({
    frame: (bytes) => {
      const server = replica()
      const decoded = server === null ? null : decodeEnvelope(bytes, null, server.id)
      if (decoded?.kind !== 'clientMessage' || 'status' in decoded.message) {
        connection.close()
        return
      }
      // An answer that the connection does not take is lost, like any that the network loses.
      server?.handleClient(decoded.message, (response) => {
        connection.send(encodeClientMessage(response))
      })
    },
    closed: () => {},
  })
}
