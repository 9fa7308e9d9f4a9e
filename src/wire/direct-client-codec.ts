/**
 * The four messages that clients and servers exchange all day, straight from and to bytes: a
 * command, a query, and what is answered to either when all is well. What stands here says nothing
 * of its own: whatever is not exactly such a message is the generated code's, as client-codec.ts
 * has it, and the tests hold the two together byte for byte.
 */
import { broken } from '../base/assert.ts'
import {
  type ClientMessage,
  type Consistency,
  clientQueryRequest,
  clientQueryResponse,
  clientRequest,
  clientResponse,
} from './client-message.ts'
import { DirectReader } from './direct-reader.ts'
import { bytesLength, DirectWriter, numberLength } from './direct-writer.ts'
import { varintLength } from './varint.ts'

/** By their numbers in the enum. */
export const consistencies: readonly Consistency[] = ['linearizable', 'lease', 'stale']

/** Status.OK. */
const ok = 1

/** A tag: the field's number, and what stands there: a varint, or so many bytes. */
const varintOf = (field: number): number => field * 8
const bytesOf = (field: number): number => field * 8 + 2

/** Fields of Raft, with tags of two bytes. */
const tags = {
  clientRequest: bytesOf(34),
  clientResponse: bytesOf(35),
  clientQueryRequest: bytesOf(36),
  clientQueryResponse: bytesOf(37),
} as const
const tagBytes = 2

const tag1 = varintOf(1)
const tag2 = varintOf(2)
const tag3 = varintOf(3)
const tag4 = varintOf(4)
const tag6 = varintOf(6)
const bytes3 = bytesOf(3)
const bytes5 = bytesOf(5)

const writer = new DirectWriter()
const reader = new DirectReader()

/** The message as a frame; null where it is another. It contradicts nothing. */
export function encodeDirectly(message: ClientMessage): Uint8Array | null {
  switch (message.kind) {
    case 'clientRequest': {
      const { requestId, clientId, sequenceNum, lowestUnanswered, command } = message
      const length =
        numberLength(requestId) +
        numberLength(clientId) +
        numberLength(sequenceNum) +
        numberLength(lowestUnanswered) +
        bytesLength(command)
      begin(tags.clientRequest, length)
      writer.number(tag1, requestId)
      writer.number(tag2, clientId)
      writer.number(tag3, sequenceNum)
      writer.number(tag4, lowestUnanswered)
      writer.bytes(bytes5, command)
      return finish()
    }
    case 'clientQueryRequest': {
      const { requestId, query } = message
      const consistency = consistencies.indexOf(message.consistency)
      begin(
        tags.clientQueryRequest,
        numberLength(requestId) + numberLength(consistency) + bytesLength(query),
      )
      writer.number(tag1, requestId)
      writer.number(tag2, consistency)
      writer.bytes(bytes3, query)
      return finish()
    }
    case 'clientResponse':
    case 'clientQueryResponse': {
      const { requestId, status, response, index } = message
      if (status !== 'ok' || message.message !== '' || message.leaderHint !== null) return null
      begin(
        tags[message.kind],
        numberLength(requestId) + numberLength(ok) + bytesLength(response) + numberLength(index),
      )
      writer.number(tag1, requestId)
      writer.number(tag2, ok)
      writer.bytes(bytes5, response)
      writer.number(tag6, index)
      return finish()
    }
    default:
      return null
  }
}

function begin(tag: number, length: number): void {
  writer.begin(tagBytes + varintLength(length) + length)
  writer.varint(tag)
  writer.varint(length)
}

function finish(): Uint8Array {
  if (!writer.isWhole) broken('a message is as long as was reckoned')
  return writer.finish()
}

/**
 * The message in the bytes; null where it is another, or stands there otherwise than we write it.
 * `keeps`: the command is a view of the bytes, which whoever takes it may not keep for long; all
 * else is copied.
 */
export function decodeDirectly(bytes: Uint8Array, keeps: 'views' | 'copies'): ClientMessage | null {
  reader.begin(bytes, 0)
  const tag = reader.varint()
  const isRest = reader.isRest(reader.varint())
  const message = isRest ? decodeFields(tag, keeps) : null
  const isWhole = reader.isWhole
  reader.end()
  return isWhole ? message : null
}

function decodeFields(tag: number, keeps: 'views' | 'copies'): ClientMessage | null {
  switch (tag) {
    case tags.clientRequest: {
      const requestId = reader.number(tag1)
      const clientId = reader.number(tag2)
      const sequenceNum = reader.number(tag3)
      const lowestUnanswered = reader.number(tag4)
      const length = reader.bytes(bytes5)
      const command = keeps === 'views' ? reader.view(length) : reader.copy(length)
      return clientRequest(requestId, clientId, sequenceNum, lowestUnanswered, command)
    }
    case tags.clientQueryRequest: {
      const requestId = reader.number(tag1)
      const consistency = consistencies[reader.number(tag2)]
      const query = reader.copy(reader.bytes(bytes3))
      return consistency === undefined ? null : clientQueryRequest(requestId, consistency, query)
    }
    case tags.clientResponse:
    case tags.clientQueryResponse: {
      const requestId = reader.number(tag1)
      if (reader.number(tag2) !== ok) return null
      const response = reader.copy(reader.bytes(bytes5))
      const index = reader.number(tag6)
      return tag === tags.clientResponse
        ? clientResponse(requestId, 'ok', response, index)
        : clientQueryResponse(requestId, 'ok', response, index)
    }
    default:
      return null
  }
}
