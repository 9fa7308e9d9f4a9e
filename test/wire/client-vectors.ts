/**
 * The golden vectors of test/golden/client, hex with a comment per field, and what each one says;
 * and any message between client and server, for properties.
 */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as wire from '../../src/wire/index.ts'
import { anyNumber } from './arbitrary.ts'
import { fromHex, text } from './vectors.ts'

const folder = new URL('../golden/client/', import.meta.url)

/** The bytes of `<name>.hex`. */
export function clientGolden(name: string): Uint8Array {
  return fromHex(readFileSync(new URL(`${name}.hex`, folder), 'utf8').replace(/#.*$/gm, ''))
}

export const clientGoldenNames: readonly string[] = readdirSync(folder)
  .map((file) => file.replace(/\.hex$/, ''))
  .sort()

const max = Number.MAX_SAFE_INTEGER
const hint = { id: 'server2', address: '10.0.0.2:7000' }
const none = text('')

export const clientVectors: Readonly<Record<string, wire.ClientMessage>> = {
  'register-client-request': wire.registerClientRequest(1),
  'register-client-response': wire.registerClientResponse(1, 'ok', 4711),
  'register-client-response-not-leader': wire.registerClientResponse(2, 'notLeader', 0, hint),
  'client-request': wire.clientRequest(300, 4711, 3, 3, text('put x 1')),
  'client-request-without-session': wire.clientRequest(max, 0, 0, 0, Uint8Array.of(255, 0, 128)),
  'client-response': wire.clientResponse(300, 'ok', text('done'), 4720),
  'client-response-unknown': wire.clientResponse(
    301,
    'unknown',
    none,
    4721,
    null,
    'leadership was lost',
  ),
  'client-response-expired': wire.clientResponse(302, 'sessionExpired', none, 0),
  'client-response-unavailable': wire.clientResponse(12, 'unavailable', none, 0),
  'client-query-request': wire.clientQueryRequest(5, 'linearizable', text('get x')),
  'client-query-request-stale': wire.clientQueryRequest(6, 'stale', text('get x')),
  'client-query-request-lease': wire.clientQueryRequest(13, 'lease', text('get x')),
  'client-query-response': wire.clientQueryResponse(6, 'ok', text('1'), 4722, {
    id: 'server2',
    address: '',
  }),
  'client-query-response-too-large': wire.clientQueryResponse(
    7,
    'tooLarge',
    none,
    0,
    null,
    'zu groß',
  ),
  'keep-alive-request': wire.keepAliveRequest(8, 4711),
  'keep-alive-response': wire.keepAliveResponse(8, 'overloaded'),
  'close-session-request': wire.closeSessionRequest(9, 4711),
  'close-session-response': wire.closeSessionResponse(9, 'ok'),
  'status-request': wire.statusRequest(10),
  'status-response': wire.statusResponse(10, 'ok', '{"role":"leader"}'),
  'admin-request': wire.adminRequest(11, '{"transfer":"server3"}'),
  'admin-response': wire.adminResponse(11, 'badRequest', '{}', hint, 'no such server'),
}

const anyBytes = fc.uint8Array({ maxLength: 300 })
const anyText = fc.string({ unit: 'binary', maxLength: 40 })
const anyId = fc.oneof(fc.constant(0), anyNumber)
const anyFailure: fc.Arbitrary<wire.Status> = fc.constantFrom(
  'notLeader',
  'sessionExpired',
  'overloaded',
  'tooLarge',
  'unknown',
  'unavailable',
  'badRequest',
  'diskFull',
)
const anyHint = fc.option(
  fc.record({ id: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), address: anyText }),
  { nil: null },
)
const anyConsistency = fc.constantFrom<wire.Consistency>('linearizable', 'lease', 'stale')

const anySession: fc.Arbitrary<[number, number, number]> = fc.oneof(
  fc.constant<[number, number, number]>([0, 0, 0]),
  fc.tuple(anyNumber, anyNumber, anyNumber).map(([clientId, one, other]) => {
    return [clientId, Math.max(one, other), Math.min(one, other)] as [number, number, number]
  }),
)

export const anyClientMessage: fc.Arbitrary<wire.ClientMessage> = fc.oneof(
  anyNumber.map(wire.registerClientRequest),
  fc
    .tuple(anyNumber, anySession, anyBytes)
    .map(([requestId, [clientId, number, lowest], bytes]) => {
      return wire.clientRequest(requestId, clientId, number, lowest, bytes)
    }),
  fc.tuple(anyNumber, anyConsistency, anyBytes).map((fields) => wire.clientQueryRequest(...fields)),
  fc.tuple(anyNumber, anyNumber).map((fields) => wire.keepAliveRequest(...fields)),
  fc.tuple(anyNumber, anyNumber).map((fields) => wire.closeSessionRequest(...fields)),
  anyNumber.map(wire.statusRequest),
  fc.tuple(anyNumber, anyText).map((fields) => wire.adminRequest(...fields)),
  fc.tuple(anyNumber, anyNumber, anyHint, anyText).map(([requestId, clientId, leader, why]) => {
    return wire.registerClientResponse(requestId, 'ok', clientId, leader, why)
  }),
  fc.tuple(anyNumber, anyFailure, anyHint, anyText).map(([requestId, status, leader, why]) => {
    return wire.registerClientResponse(requestId, status, 0, leader, why)
  }),
  fc.tuple(anyNumber, anyBytes, anyId, anyHint).map(([requestId, response, index, leader]) => {
    return wire.clientResponse(requestId, 'ok', response, index, leader)
  }),
  fc.tuple(anyNumber, anyFailure, anyId, anyText).map(([requestId, status, index, why]) => {
    return wire.clientResponse(requestId, status, none, index, null, why)
  }),
  fc.tuple(anyNumber, anyBytes, anyId, anyHint).map(([requestId, response, index, leader]) => {
    return wire.clientQueryResponse(requestId, 'ok', response, index, leader)
  }),
  fc
    .tuple(anyNumber, anyFailure, anyHint, anyText)
    .map((fields) => wire.keepAliveResponse(...fields)),
  fc
    .tuple(anyNumber, anyFailure, anyHint, anyText)
    .map((fields) => wire.closeSessionResponse(...fields)),
  fc.tuple(anyNumber, anyText).map(([requestId, json]) => {
    return wire.statusResponse(requestId, 'ok', json)
  }),
  fc
    .tuple(anyNumber, anyFailure, anyText, anyHint, anyText)
    .map((fields) => wire.adminResponse(...fields)),
)
