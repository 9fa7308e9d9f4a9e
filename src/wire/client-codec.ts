/**
 * Bytes from and to the messages between clients and servers, as proto/raft.proto has them. As in
 * raft-codec.ts everything decoded is checked, and nothing that arrives makes this code throw; what
 * contradicts itself is client-contradiction.ts's.
 */
import { assert, unreachable } from '../base/assert.ts'
import { noBytes, utf8Decode, utf8Encode } from '../base/bytes.ts'
import { type ClientContradiction, clientContradictionIn } from './client-contradiction.ts'
import {
  adminRequest,
  adminResponse,
  type ClientMessage,
  type ClientRequestMessage,
  type ClientResponseMessage,
  clientQueryRequest,
  clientQueryResponse,
  clientRequest,
  clientResponse,
  closeSessionRequest,
  closeSessionResponse,
  keepAliveRequest,
  keepAliveResponse,
  type LeaderHint,
  registerClientRequest,
  registerClientResponse,
  type Status,
  statusRequest,
  statusResponse,
} from './client-message.ts'
import { consistencies, encodeDirectly } from './direct-client-codec.ts'
import type * as generated from './generated/raft.js'
import { numberOf } from './number-field.ts'
import { writeRaft } from './raft-codec.ts'

/** Why a message between client and server is dropped; docs/wire.md has a line for each. */
export type ClientInvalidReason =
  | ClientContradiction
  | 'clientMessageTooLarge'
  | 'consistencyUnknown'
  | 'statusUnknown'

/**
 * The longest message between client and server, in either direction. Commands are replicated in
 * one piece and held in memory by every server: more than this wants another way to travel.
 */
export const clientMessageBytesMax: number = 2 * 1024 * 1024

/**
 * The longest explanation in a response, in characters; a longer one is cut. A reason that takes
 * more than this is not read by anybody.
 */
export const explanationLengthMax = 1024

/**
 * The longest command, query, response or JSON: what {@link clientMessageBytesMax} leaves beside
 * the largest numbers, the longest explanation, and a leader's name and address of 255 bytes each.
 * Whoever makes a message keeps to it; what does not is refused where it arrives.
 */
export const clientPayloadBytesMax: number = clientMessageBytesMax - 4096

/** The message as a datagram or a frame. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  assert(
    clientContradictionIn(message) === null,
    'a message between client and server that is sent contradicts nothing',
  )
  return encodeDirectly(message) ?? encodeByFields(message)
}

/** The same by the generated code, which knows every message. */
export function encodeByFields(message: ClientMessage): Uint8Array {
  return writeRaft('status' in message ? fromResponse(message) : fromRequest(message))
}

/** The message in `raft`, or why it is refused; null where there is none for clients or servers. */
export function decodeClientMessage(
  raft: generated.Raft,
): ClientMessage | ClientInvalidReason | null {
  const message = toRequest(raft) ?? toResponse(raft)
  if (message === null || typeof message === 'string') return message
  return clientContradictionIn(message) ?? message
}

function fromRequest(message: ClientRequestMessage): generated.Raft.$Properties {
  const { requestId: RequestId } = message
  switch (message.kind) {
    case 'registerClientRequest':
      return { RegisterClientRequest: { RequestId } }
    case 'clientRequest':
      return {
        ClientRequest: {
          RequestId,
          ClientId: message.clientId,
          SequenceNum: message.sequenceNum,
          LowestUnanswered: message.lowestUnanswered,
          Command: message.command,
        },
      }
    case 'clientQueryRequest': {
      const Consistency = consistencies.indexOf(message.consistency)
      return { ClientQueryRequest: { RequestId, Consistency, Query: message.query } }
    }
    case 'keepAliveRequest':
      return { KeepAliveRequest: { RequestId, ClientId: message.clientId } }
    case 'closeSessionRequest':
      return { CloseSessionRequest: { RequestId, ClientId: message.clientId } }
    case 'statusRequest':
      return { StatusRequest: { RequestId } }
    case 'adminRequest':
      return { AdminRequest: { RequestId, Json: wellFormed(message.json) } }
    default:
      return unreachable(message)
  }
}

function fromResponse(message: ClientResponseMessage): generated.Raft.$Properties {
  const head = {
    RequestId: message.requestId,
    Status: statuses.indexOf(message.status),
    Message: wellFormed(message.message.slice(0, explanationLengthMax)),
  }
  if (message.kind === 'statusResponse') {
    return { StatusResponse: { ...head, Json: wellFormed(message.json) } }
  }
  const hint = message.leaderHint
  const redirecting = {
    ...head,
    LeaderHint: hint === null ? null : { Id: hint.id, Address: hint.address },
  }
  switch (message.kind) {
    case 'registerClientResponse':
      return { RegisterClientResponse: { ...redirecting, ClientId: message.clientId } }
    case 'clientResponse': {
      const { response: Response, index: Index } = message
      return { ClientResponse: { ...redirecting, Response, Index } }
    }
    case 'clientQueryResponse': {
      const { response: Response, index: Index } = message
      return { ClientQueryResponse: { ...redirecting, Response, Index } }
    }
    case 'keepAliveResponse':
      return { KeepAliveResponse: redirecting }
    case 'closeSessionResponse':
      return { CloseSessionResponse: redirecting }
    case 'adminResponse':
      return { AdminResponse: { ...redirecting, Json: wellFormed(message.json) } }
    default:
      return unreachable(message)
  }
}

function toRequest(raft: generated.Raft): ClientRequestMessage | ClientInvalidReason | null {
  if (raft.ClientRequest) {
    const { RequestId, ClientId, SequenceNum, LowestUnanswered, Command } = raft.ClientRequest
    return clientRequest(
      numberOf(RequestId),
      numberOf(ClientId),
      numberOf(SequenceNum),
      numberOf(LowestUnanswered),
      bytesOf(Command),
    )
  }
  if (raft.ClientQueryRequest) {
    const { RequestId, Consistency, Query } = raft.ClientQueryRequest
    const consistency = consistencies[Consistency ?? 0]
    if (consistency === undefined) return 'consistencyUnknown'
    return clientQueryRequest(numberOf(RequestId), consistency, bytesOf(Query))
  }
  if (raft.KeepAliveRequest) {
    const { RequestId, ClientId } = raft.KeepAliveRequest
    return keepAliveRequest(numberOf(RequestId), numberOf(ClientId))
  }
  if (raft.RegisterClientRequest) {
    return registerClientRequest(numberOf(raft.RegisterClientRequest.RequestId))
  }
  if (raft.CloseSessionRequest) {
    const { RequestId, ClientId } = raft.CloseSessionRequest
    return closeSessionRequest(numberOf(RequestId), numberOf(ClientId))
  }
  if (raft.StatusRequest) return statusRequest(numberOf(raft.StatusRequest.RequestId))
  if (raft.AdminRequest) {
    const { RequestId, Json } = raft.AdminRequest
    return adminRequest(numberOf(RequestId), Json ?? '')
  }
  return null
}

function toResponse(raft: generated.Raft): ClientResponseMessage | ClientInvalidReason | null {
  const fields =
    raft.ClientResponse ??
    raft.ClientQueryResponse ??
    raft.KeepAliveResponse ??
    raft.RegisterClientResponse ??
    raft.CloseSessionResponse ??
    raft.StatusResponse ??
    raft.AdminResponse ??
    null
  if (fields === null) return null
  const status = statuses[fields.Status ?? 0] ?? null
  if (status === null) return 'statusUnknown'
  return toKnownResponse(raft, numberOf(fields.RequestId), status, fields.Message ?? '')
}

/** `raft` holds one of the responses; the first three arguments are what all of them have. */
function toKnownResponse(
  raft: generated.Raft,
  requestId: number,
  status: Status,
  message: string,
): ClientResponseMessage {
  if (raft.ClientResponse) {
    const { Response, Index, LeaderHint } = raft.ClientResponse
    const [response, index] = [bytesOf(Response), numberOf(Index)]
    return clientResponse(requestId, status, response, index, hintOf(LeaderHint), message)
  }
  if (raft.ClientQueryResponse) {
    const { Response, Index, LeaderHint } = raft.ClientQueryResponse
    const [response, index] = [bytesOf(Response), numberOf(Index)]
    return clientQueryResponse(requestId, status, response, index, hintOf(LeaderHint), message)
  }
  if (raft.KeepAliveResponse) {
    const hint = hintOf(raft.KeepAliveResponse.LeaderHint)
    return keepAliveResponse(requestId, status, hint, message)
  }
  if (raft.RegisterClientResponse) {
    const { ClientId, LeaderHint } = raft.RegisterClientResponse
    const hint = hintOf(LeaderHint)
    return registerClientResponse(requestId, status, numberOf(ClientId), hint, message)
  }
  if (raft.CloseSessionResponse) {
    const hint = hintOf(raft.CloseSessionResponse.LeaderHint)
    return closeSessionResponse(requestId, status, hint, message)
  }
  if (raft.StatusResponse) {
    return statusResponse(requestId, status, raft.StatusResponse.Json ?? '', message)
  }
  assert(!!raft.AdminResponse, 'one of the responses is there')
  const { Json, LeaderHint } = raft.AdminResponse
  return adminResponse(requestId, status, Json ?? '', hintOf(LeaderHint), message)
}

/** By their numbers in the enum; no message that is taken has the number 0. */
const statuses: readonly (Status | null)[] = [
  null,
  'ok',
  'notLeader',
  'sessionExpired',
  'overloaded',
  'tooLarge',
  'unknown',
  'unavailable',
  'badRequest',
  'diskFull',
]

/**
 * Half a surrogate pair, which a text from anywhere may hold and a cut may leave, has no UTF-8: it
 * becomes U+FFFD, where protobufjs would write what no strict reader takes.
 */
function wellFormed(text: string): string {
  return text === '' ? '' : (utf8Decode(utf8Encode(text)) as string)
}

function hintOf(hint: generated.LeaderHint.$Properties | null | undefined): LeaderHint | null {
  return hint ? { id: hint.Id ?? '', address: hint.Address ?? '' } : null
}

/** A copy: what arrived is not kept, since a frame may be a small part of what was read with it. */
function bytesOf(bytes: Uint8Array | null | undefined): Uint8Array {
  return bytes && bytes.length > 0 ? new Uint8Array(bytes) : noBytes
}
