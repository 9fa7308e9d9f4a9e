/**
 * What no correct client or server can say to the other: checked on every message that leaves and
 * on every one that arrives, as contradiction.ts does between servers.
 */
import type { ClientMessage, ClientRequest, ClientResponseMessage } from './client-message.ts'

/** What a message between client and server says that cannot be. */
export type ClientContradiction =
  | 'requestIdZero'
  | 'sessionContradiction'
  | 'clientResponseContradiction'
  | 'leaderHintContradiction'

/** The first contradiction in `message`, or null where there is none. */
export function clientContradictionIn(message: ClientMessage): ClientContradiction | null {
  if (message.requestId === 0) return 'requestIdZero'
  if ('status' in message) return inResponse(message)
  switch (message.kind) {
    case 'clientRequest':
      return inClientRequest(message)
    case 'keepAliveRequest':
    case 'closeSessionRequest':
      return message.clientId === 0 ? 'sessionContradiction' : null
    default:
      return null
  }
}

function inClientRequest(message: ClientRequest): ClientContradiction | null {
  const { clientId, sequenceNum, lowestUnanswered } = message
  const fits =
    clientId === 0
      ? sequenceNum === 0 && lowestUnanswered === 0
      : lowestUnanswered >= 1 && lowestUnanswered <= sequenceNum
  return fits ? null : 'sessionContradiction'
}

function inResponse(message: ClientResponseMessage): ClientContradiction | null {
  if ('leaderHint' in message && message.leaderHint?.id === '') return 'leaderHintContradiction'
  return saysWhatItMay(message) ? null : 'clientResponseContradiction'
}

/** Only a response that is `ok` says anything but why it is not. */
function saysWhatItMay(message: ClientResponseMessage): boolean {
  const isOk = message.status === 'ok'
  switch (message.kind) {
    case 'registerClientResponse':
      return isOk === message.clientId > 0
    case 'clientResponse':
    case 'clientQueryResponse':
      return isOk || message.response.length === 0
    case 'statusResponse':
      return isOk || message.json === ''
    default:
      return true
  }
}
