/**
 * One envelope for everything: what a datagram or a frame holds, whoever it is from and for.
 */
import type { ServerId } from '../raft/index.ts'
import {
  type ClientInvalidReason,
  clientMessageBytesMax,
  decodeClientMessage,
} from './client-codec.ts'
import { clientContradictionIn } from './client-contradiction.ts'
import type { ClientMessage, ClientRequestMessage } from './client-message.ts'
import { decodeDirectly } from './direct-client-codec.ts'
import { type Decoded, decodeAppendEntries, decodeRaft, readRaft } from './raft-codec.ts'

/** Every {@link ClientInvalidReason}, so that a counter for each can be shown before it counts. */
export const clientInvalidReasons: readonly ClientInvalidReason[] = Object.keys({
  clientMessageTooLarge: 0,
  consistencyUnknown: 0,
  statusUnknown: 0,
  requestIdZero: 0,
  sessionContradiction: 0,
  clientResponseContradiction: 0,
  leaderHintContradiction: 0,
} satisfies Record<ClientInvalidReason, 0>) as ClientInvalidReason[]

/** What an envelope holds. */
export type DecodedEnvelope =
  | Decoded
  | { readonly kind: 'clientMessage'; readonly message: ClientMessage }
  | { readonly kind: 'invalid'; readonly reason: ClientInvalidReason }

/**
 * What the bytes say. `from` is the server that they came from, as the transport tells, or null
 * where it is somebody else: then they may hold what clients say, or answers to one. `to` is who we
 * are; a client, which hears no servers' messages, says ''. The bytes are not kept.
 */
export function decodeEnvelope(
  bytes: Uint8Array,
  from: ServerId | null,
  to: ServerId,
): DecodedEnvelope {
  const request = from === null ? null : decodeAppendEntries(bytes, from, to)
  if (request !== null) return request
  const message = decodeOrdinary(bytes, 'copies')
  return message === null ? decodeByFields(bytes, from, to) : { kind: 'clientMessage', message }
}

/**
 * A client's request, or null where the bytes are none. A command is a view of the bytes: whoever
 * keeps it copies it.
 */
export function decodeFromClient(bytes: Uint8Array): ClientRequestMessage | null {
  let message = decodeOrdinary(bytes, 'views')
  if (message === null) {
    const decoded = decodeByFields(bytes, null, '')
    if (decoded.kind !== 'clientMessage') return null
    message = decoded.message
  }
  return 'status' in message ? null : message
}

/** One of those that come all day, if nothing whatever is wrong with it. */
function decodeOrdinary(bytes: Uint8Array, keeps: 'views' | 'copies'): ClientMessage | null {
  if (bytes.length > clientMessageBytesMax) return null
  const message = decodeDirectly(bytes, keeps)
  return message === null || clientContradictionIn(message) !== null ? null : message
}

/** The same as {@link decodeEnvelope} by the generated code, which knows every message. */
export function decodeByFields(
  bytes: Uint8Array,
  from: ServerId | null,
  to: ServerId,
): DecodedEnvelope {
  const raft = readRaft(bytes)
  if (typeof raft === 'string') return { kind: 'invalid', reason: raft }
  const message = decodeClientMessage(raft)
  if (message === null) return decodeRaft(raft, from, to)
  if (typeof message === 'string') return { kind: 'invalid', reason: message }
  return bytes.length > clientMessageBytesMax
    ? { kind: 'invalid', reason: 'clientMessageTooLarge' }
    : { kind: 'clientMessage', message }
}
