/**
 * What is refused of messages between clients and servers, and why; and that nothing whatever that
 * arrives makes the decoder throw.
 */
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { clientContradictionIn } from '../../src/wire/client-contradiction.ts'
import {
  clientInvalidReasons,
  decodeEnvelope,
  encodeClientMessage,
  invalidReasons,
} from '../../src/wire/index.ts'
import { clientGolden, clientGoldenNames } from './client-vectors.ts'
import { type Fields, ours } from './reflection.ts'
import { fromHex, golden, goldenNames, us } from './vectors.ts'

function reasonOf(bytes: Uint8Array): string {
  const decoded = decodeEnvelope(bytes, null, us)
  return decoded.kind === 'invalid' ? decoded.reason : decoded.kind
}

function command(changes: Fields): Fields {
  const whole = { RequestId: 1, ClientId: 9, SequenceNum: 4, LowestUnanswered: 2, Command: [1] }
  return { ClientRequest: { ...whole, ...changes } }
}

function answer(changes: Fields): Fields {
  return { ClientResponse: { RequestId: 1, Status: 1, Response: [1], Index: 7, ...changes } }
}

function registered(changes: Fields): Fields {
  return { RegisterClientResponse: { RequestId: 1, Status: 1, ClientId: 5, ...changes } }
}

describe('a message that contradicts itself', () => {
  test.each<[string, string, Fields]>([
    ['no request id', 'requestIdZero', command({ RequestId: 0 })],
    ['no request id', 'requestIdZero', answer({ RequestId: 0 })],
    ['no request id', 'requestIdZero', { RegisterClientRequest: {} }],
    ['no request id', 'requestIdZero', { ClientQueryRequest: { Query: [1] } }],
    ['no request id', 'requestIdZero', { StatusRequest: {} }],
    ['no request id', 'requestIdZero', { AdminRequest: { Json: '{}' } }],
    ['a session without a number', 'sessionContradiction', command({ SequenceNum: 0 })],
    ['a session without the lowest', 'sessionContradiction', command({ LowestUnanswered: 0 })],
    ['a lowest above its own number', 'sessionContradiction', command({ LowestUnanswered: 5 })],
    ['numbers without a session', 'sessionContradiction', command({ ClientId: 0 })],
    [
      'a number without a session',
      'sessionContradiction',
      command({ ClientId: 0, LowestUnanswered: 0 }),
    ],
    ['nobody kept alive', 'sessionContradiction', { KeepAliveRequest: { RequestId: 1 } }],
    ['nobody’s session closed', 'sessionContradiction', { CloseSessionRequest: { RequestId: 1 } }],
    ['no status', 'statusUnknown', answer({ Status: 0 })],
    ['a status of a later version', 'statusUnknown', answer({ Status: 10 })],
    ['a negative status', 'statusUnknown', answer({ Status: -1 })],
    ['no status', 'statusUnknown', { StatusResponse: { RequestId: 1, Json: '{}' } }],
    ['no status', 'statusUnknown', { AdminResponse: { RequestId: 1, Json: '{}' } }],
    ['no status', 'statusUnknown', { KeepAliveResponse: { RequestId: 1 } }],
    ['no status', 'statusUnknown', { CloseSessionResponse: { RequestId: 1 } }],
    ['no status', 'statusUnknown', { ClientQueryResponse: { RequestId: 1 } }],
    [
      'a consistency of a later version',
      'consistencyUnknown',
      { ClientQueryRequest: { RequestId: 1, Consistency: 3 } },
    ],
    ['a response that is none', 'clientResponseContradiction', answer({ Status: 6 })],
    [
      'an answer that is none',
      'clientResponseContradiction',
      { ClientQueryResponse: { RequestId: 1, Status: 2, Response: [1] } },
    ],
    ['a session that is none', 'clientResponseContradiction', registered({ Status: 2 })],
    ['no session', 'clientResponseContradiction', registered({ ClientId: 0 })],
    [
      'JSON of a failure',
      'clientResponseContradiction',
      { StatusResponse: { RequestId: 1, Status: 7, Json: '{}' } },
    ],
    ['a leader without a name', 'leaderHintContradiction', answer({ LeaderHint: {} })],
  ])('%s: %s', (_, reason, fields) => {
    expect(reasonOf(ours.encode(fields))).toBe(reason)
  })

  test.each<[string, Fields]>([
    ['the request they are made from', command({})],
    ['the lowest that is its own number', command({ LowestUnanswered: 4 })],
    ['the response they are made from', answer({})],
    ['a failure that names an index', answer({ Status: 6, Response: [] })],
    ['a session', registered({})],
  ])('while %s is taken', (_, fields) => {
    expect(reasonOf(ours.encode(fields))).toBe('clientMessage')
  })
})

describe('what is no message', () => {
  test.each<[string, string, string]>([
    ['a request id of 2^53', 'numberTooLarge', '82 02 09 08 80 80 80 80 80 80 80 10'],
    ['an explanation that is no UTF-8', 'notText', '8a 02 07 08 01 10 02 1a 01 ff'],
    ['a leader’s name that is no UTF-8', 'notText', '8a 02 09 08 01 10 02 22 03 0a 01 ff'],
    ['a length past the end', 'malformed', '92 02 05 08 01'],
    ['a member of a later version', 'notFromServer', 'a2 06 02 08 01'],
  ])('%s: %s', (_, reason, hex) => {
    expect(reasonOf(fromHex(hex))).toBe(reason)
  })
})

test('changed messages: never a throw, and what is taken passes every check', () => {
  const random = new Random('wire/client-noise')
  const valid = [...clientGoldenNames.map(clientGolden), ...goldenNames.map(golden)]
  const known: readonly string[] = [...invalidReasons, ...clientInvalidReasons]
  const reasons = new Set<string>()
  let taken = 0
  for (let i = 0; i < 100_000; i++) {
    const changed = Uint8Array.from(random.pick(valid))
    for (let changes = random.integer(1, 3); changes > 0; changes--) {
      changed[random.integer(0, changed.length - 1)] = random.integer(0, 255)
    }
    const decoded = decodeEnvelope(changed, null, us)
    if (decoded.kind === 'invalid') {
      reasons.add(decoded.reason)
    } else if (decoded.kind === 'clientMessage') {
      taken++
      expect(clientContradictionIn(decoded.message)).toBeNull()
      expect(encodeClientMessage(decoded.message).length).toBeGreaterThan(0)
    }
  }
  // Noise that met only one check would prove little.
  expect(taken).toBeGreaterThan(1000)
  expect([...reasons].filter((reason) => !known.includes(reason))).toEqual([])
  expect(clientInvalidReasons.filter((reason) => !reasons.has(reason))).toEqual([
    'clientMessageTooLarge',
  ])
})
