/**
 * The messages of every day are written and read without the generated code, and nobody can tell:
 * the same bytes go out, and whatever bytes come in, they mean what the generated code reads.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeKvAnswer,
  encodeKvCommand,
  encodeSessionRequest,
} from '../../src/state-machine/index.ts'
import { encodeByFields } from '../../src/wire/client-codec.ts'
import { decodeDirectly, encodeDirectly } from '../../src/wire/direct-client-codec.ts'
import { decodeByFields } from '../../src/wire/envelope.ts'
import {
  type ClientMessage,
  clientQueryResponse,
  clientRequest,
  clientResponse,
  decodeEnvelope,
  decodeFromClient,
  encodeClientMessage,
} from '../../src/wire/index.ts'
import { anyClientMessage, clientGolden, clientGoldenNames } from './client-vectors.ts'
import { text, toHex, us } from './vectors.ts'

const daily = anyClientMessage.filter((message) => encodeDirectly(message) !== null)

/** As a socket gives them: a Buffer, somewhere in a larger memory. */
function received(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0x92, 1), bytes, Buffer.of(7)]).subarray(2, 2 + bytes.length)
}

describe('what goes out', () => {
  test('is what the generated code writes, byte for byte', () => {
    fc.assert(
      fc.property(anyClientMessage, (message) => {
        expect(toHex(encodeClientMessage(message))).toBe(toHex(encodeByFields(message)))
      }),
      { numRuns: 2000 },
    )
  })

  test('is written without it where it is said all day', () => {
    const payload = new Uint8Array(300).fill(1)
    const messages: ClientMessage[] = [
      clientRequest(2 ** 40, 2 ** 31, 2 ** 28, 127, payload),
      clientResponse(128, 'ok', text('x'), 0),
      clientQueryResponse(2 ** 32, 'ok', new Uint8Array(5000), Number.MAX_SAFE_INTEGER),
    ]
    for (const message of messages) {
      const bytes = encodeDirectly(message)
      expect(bytes).not.toBeNull()
      expect(toHex(bytes as Uint8Array)).toBe(toHex(encodeByFields(message)))
      expect(decodeDirectly(bytes as Uint8Array, 'copies')).toEqual(message)
    }
  })

  test('is not written over by what is written next', () => {
    const first = encodeClientMessage(clientRequest(1, 0, 0, 0, new Uint8Array(100).fill(1)))
    const before = toHex(first)
    for (let i = 0; i < 1000; i++) {
      encodeClientMessage(clientRequest(2, 0, 0, 0, new Uint8Array(100).fill(2)))
    }
    expect(toHex(first)).toBe(before)
  })
})

test('what lives long keeps nothing that does not: entries, commands, messages lie apart', () => {
  const bytes = new Uint8Array(100)
  const put = { kind: 'put', key: 'x', value: bytes, expected: null } as const
  const entry = { key: 'x', value: bytes, version: 1, createIndex: 1, modificationIndex: 1 }
  const kinds = [
    () => encodeClientMessage(clientRequest(1, 0, 0, 0, bytes)),
    () => encodeSessionRequest(1, 1, 1, 1, bytes),
    () => encodeKvCommand(put),
    () => encodeKvAnswer({ kind: 'found', entry }),
  ]
  for (const made of kinds.map((make) => [make(), make()])) {
    // As a rule two of a kind lie side by side.
    expect((made[0] as Uint8Array).buffer.byteLength).toBeGreaterThan(1000)
  }
  expect(new Set(kinds.map((make) => make().buffer)).size).toBe(kinds.length)
})

describe('what comes in', () => {
  test('is read without the generated code where it stands as we write it', () => {
    fc.assert(
      fc.property(daily, (message) => {
        const bytes = received(encodeClientMessage(message))
        expect(decodeDirectly(bytes, 'copies')).toEqual(message)
        expect(decodeDirectly(bytes, 'views')).toEqual(message)
      }),
      { numRuns: 1000 },
    )
  })

  test('means the same whatever it is: with bytes changed, put in, taken out', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 2))
    fc.assert(
      fc.property(daily, fc.array(change, { maxLength: 3 }), (message, changes) => {
        const bytes = [...encodeClientMessage(message)]
        for (const [at, byte, what] of changes) {
          const place = at % Math.min(bytes.length, 24)
          if (what === 0) bytes[place] = byte
          else bytes.splice(place, what - 1, byte)
        }
        const frame = received(Uint8Array.from(bytes))
        expect(decodeEnvelope(frame, null, us)).toEqual(decodeByFields(frame, null, us))
      }),
      { numRuns: 5000 },
    )
  })

  test('of a client is a request, or nothing', () => {
    for (const name of clientGoldenNames) {
      const decoded = decodeByFields(clientGolden(name), null, us)
      const message = decoded.kind === 'clientMessage' ? decoded.message : null
      const request = message === null || 'status' in message ? null : message
      expect(decodeFromClient(clientGolden(name))).toEqual(request)
    }
    expect(decodeFromClient(Uint8Array.of(1, 2, 3))).toBeNull()
  })

  test('a command from a client is not copied, and its memory shows no more than it', () => {
    const bytes = received(encodeClientMessage(clientRequest(1, 2, 3, 3, text('insert'))))
    const request = decodeFromClient(bytes)
    expect(request).toMatchObject({ command: text('insert') })
    const at = bytes.indexOf('insert')
    bytes.write('update', at)
    expect(request).toMatchObject({ command: text('update') })
  })
})
