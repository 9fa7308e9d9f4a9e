/**
 * Messages between clients and servers: their golden vectors in both directions, round trips of any
 * of them, and that others read our .proto as we do.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import {
  clientMessageBytesMax,
  clientPayloadBytesMax,
  clientQueryResponse,
  clientRequest,
  clientResponse,
  decodeDatagram,
  decodeEnvelope,
  encodeClientMessage,
  explanationLengthMax,
  statusResponse,
} from '../../src/wire/index.ts'
import {
  anyClientMessage,
  clientGolden,
  clientGoldenNames,
  clientVectors,
} from './client-vectors.ts'
import { ours } from './reflection.ts'
import { golden, goldenNames, peer, text, toHex, us, vectors } from './vectors.ts'

test('every vector has its meaning, and every meaning its vector', () => {
  expect(clientGoldenNames).toEqual(Object.keys(clientVectors).sort())
})

describe.each(Object.entries(clientVectors))('%s', (name, message) => {
  const bytes = clientGolden(name)

  test('is encoded', () => {
    expect(toHex(encodeClientMessage(message))).toBe(toHex(bytes))
  })

  test('is decoded, from a server and from anybody else', () => {
    expect(decodeEnvelope(bytes, null, us)).toEqual({ kind: 'clientMessage', message })
    expect(decodeEnvelope(bytes, peer, us)).toEqual({ kind: 'clientMessage', message })
  })

  test('is read and written by another implementation of our .proto byte for byte', () => {
    const fields = ours.decode(bytes)
    expect(Object.keys(fields)).toHaveLength(1)
    expect(toHex(ours.encode(fields))).toBe(toHex(bytes))
  })

  test('is nothing to a server of the course', () => {
    expect(decodeDatagram(bytes, peer, us)).toEqual({ kind: 'invalid', reason: 'noMember' })
  })

  test('cut short anywhere is refused: it is one length-delimited field', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeEnvelope(bytes.subarray(0, length), null, us).kind).toBe('invalid')
    }
  })
})

test.each(goldenNames)('%s says in an envelope what it says in a datagram', (name) => {
  const { from, to } = vectors[name] as { from: string; to: string }
  for (const source of [from, null]) {
    const decoded = decodeDatagram(golden(name), source, to)
    expect(decodeEnvelope(golden(name), source, to)).toEqual(decoded)
  }
})

describe('round trip', () => {
  test('any message', () => {
    fc.assert(
      fc.property(anyClientMessage, (message) => {
        const decoded = decodeEnvelope(encodeClientMessage(message), null, us)
        expect(decoded).toEqual({ kind: 'clientMessage', message })
      }),
      { numRuns: 2000 },
    )
  })

  test('a message keeps no part of the frame that it came in', () => {
    const message = clientRequest(1, 2, 3, 3, text('insert'))
    const bytes = Buffer.from(encodeClientMessage(message))
    const decoded = decodeEnvelope(bytes, null, us)
    bytes.fill(0)
    expect(decoded).toEqual({ kind: 'clientMessage', message })
  })

  test('half a surrogate pair becomes U+FFFD, in an explanation and in JSON', () => {
    const response = statusResponse(1, 'ok', '"\ud800"', 'a\udc00')
    expect(decodeEnvelope(encodeClientMessage(response), null, us)).toMatchObject({
      message: { json: '"\ufffd"', message: 'a\ufffd' },
    })
  })

  test('an explanation is cut, wherever that falls', () => {
    const why = `${'x'.repeat(explanationLengthMax - 1)}😀`
    const response = clientResponse(1, 'badRequest', text(''), 0, null, why)
    expect(decodeEnvelope(encodeClientMessage(response), null, us)).toMatchObject({
      message: { message: `${'x'.repeat(explanationLengthMax - 1)}\ufffd` },
    })
  })
})

describe('sizes', () => {
  const max = Number.MAX_SAFE_INTEGER

  test('the longest payload fits beside the longest of everything else', () => {
    const payload = new Uint8Array(clientPayloadBytesMax).fill(7)
    const hint = { id: 'i'.repeat(255), address: 'a'.repeat(255) }
    const why = '\u0800'.repeat(explanationLengthMax)
    const response = clientQueryResponse(max, 'ok', payload, max, hint, why)
    const request = clientRequest(max, max, max, max, payload)
    for (const message of [response, request]) {
      const bytes = encodeClientMessage(message)
      expect(bytes.length).toBeLessThanOrEqual(clientMessageBytesMax)
      expect(decodeEnvelope(bytes, null, us).kind).toBe('clientMessage')
    }
  })

  test('what is longer than a message may be is refused', () => {
    const bytes = encodeClientMessage(
      clientRequest(1, 0, 0, 0, new Uint8Array(clientMessageBytesMax)),
    )
    expect(decodeEnvelope(bytes, null, us)).toEqual({
      kind: 'invalid',
      reason: 'clientMessageTooLarge',
    })
  })
})

test('what contradicts itself is not ours to send', () => {
  expect(() => encodeClientMessage(clientRequest(0, 0, 0, 0, text('x')))).toThrow(AssertionError)
  expect(() => encodeClientMessage(clientRequest(1, 5, 1, 2, text('x')))).toThrow(AssertionError)
  expect(() => encodeClientMessage(clientResponse(1, 'unknown', text('x'), 1))).toThrow(
    AssertionError,
  )
})
