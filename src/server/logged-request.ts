/**
 * Clients' requests that go through the log, and what their entries carry: a session's business
 * with the cluster's time on it (§6.3), or a bare command.
 */
import { unreachable } from '../base/assert.ts'
import type { ProposedKind } from '../raft/index.ts'
import {
  encodeSessionCommand,
  encodeSessionRequest,
  type SessionRules,
} from '../state-machine/index.ts'
import type {
  ClientRequest,
  CloseSessionRequest,
  KeepAliveRequest,
  RegisterClientRequest,
} from '../wire/index.ts'

export type LoggedRequest =
  | RegisterClientRequest
  | ClientRequest
  | KeepAliveRequest
  | CloseSessionRequest

/** The kind of the request's entry: only a command without a session is nothing but a command. */
export function entryKindOf(request: LoggedRequest): ProposedKind {
  return request.kind === 'clientRequest' && request.clientId === 0 ? 'command' : 'session'
}

/** `timeMs`: the cluster's time, now. */
export function payloadOf(request: LoggedRequest, timeMs: number, rules: SessionRules): Uint8Array {
  switch (request.kind) {
    case 'registerClientRequest':
      return encodeSessionCommand({ kind: 'register', timeMs, rules })
    case 'clientRequest': {
      const { clientId, sequenceNum, lowestUnanswered, command } = request
      // A copy: the request's bytes are not kept.
      if (clientId === 0) return new Uint8Array(command)
      return encodeSessionRequest(timeMs, clientId, sequenceNum, lowestUnanswered, command)
    }
    case 'keepAliveRequest':
      return encodeSessionCommand({ kind: 'keepAlive', timeMs, clientId: request.clientId })
    case 'closeSessionRequest':
      return encodeSessionCommand({ kind: 'close', timeMs, clientId: request.clientId })
    default:
      return unreachable(request)
  }
}
