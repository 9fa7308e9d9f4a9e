/** What goes into the log keeps no part of the request, whose bytes are those of what was read. */
import { expect, test } from 'vitest'
import { payloadOf } from '../../src/server/logged-request.ts'
import { decodeSessionCommand, defaultSessionRules } from '../../src/state-machine/index.ts'
import { clientRequest } from '../../src/wire/index.ts'

test.each([300, 10])(
  'a command of %i bytes is copied, with a session and without one',
  (length) => {
    // As a socket gives it: a Buffer, whose slices are views.
    const read = Buffer.alloc(length + 20, 1)
    const command = read.subarray(10, 10 + length)
    const bare = payloadOf(clientRequest(1, 0, 0, 0, command), 5, defaultSessionRules)
    const session = payloadOf(clientRequest(1, 7, 2, 1, command), 5, defaultSessionRules)
    read.fill(9)
    const expected = new Uint8Array(length).fill(1)
    expect(bare).toEqual(expected)
    const decoded = decodeSessionCommand(session)
    expect(decoded).toMatchObject({ kind: 'request', clientId: 7, sequenceNum: 2, timeMs: 5 })
    expect(decoded?.kind === 'request' && new Uint8Array(decoded.command)).toEqual(expected)
  },
)
