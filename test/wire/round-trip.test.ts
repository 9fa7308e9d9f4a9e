/**
 * What is encoded is decoded to the same, and takes as many bytes as the core was told.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { appendEntriesRequest, entry } from '../../src/raft/index.ts'
import {
  appendEntriesOverheadMax,
  commandNameBytesMax,
  decodeDatagram,
  encodeCommand,
  encodeMessage,
  isText,
  sizeOfEntry,
} from '../../src/wire/index.ts'
import { anyAppendEntriesRequest, anyCommand, anyMessage } from './arbitrary.ts'
import { peer, text, us } from './vectors.ts'

const largest = Number.MAX_SAFE_INTEGER

describe('round trip', () => {
  test('any message', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const decoded = decodeDatagram(encodeMessage(message), message.from, message.to)
        expect(decoded).toEqual({ kind: 'message', message })
      }),
      { numRuns: 1000 },
    )
  })

  test('any command that is text', () => {
    fc.assert(
      fc.property(anyCommand.filter(isText), fc.nat(), (command, hops) => {
        const decoded = decodeDatagram(encodeCommand(command, hops), null, us)
        expect(decoded).toEqual({ kind: 'command', command, hops })
      }),
    )
  })

  test('an entry keeps no part of the datagram that it came in', () => {
    for (const command of [text('insert'), Uint8Array.of(0xff, 0xfe)]) {
      const entries = [entry(1, 1, 'command', command)]
      // A socket gives a Buffer, whose slices are views.
      const bytes = Buffer.from(
        encodeMessage(appendEntriesRequest(us, peer, 1, 0, 0, entries, 0, 1)),
      )
      const decoded = decodeDatagram(bytes, us, peer)
      bytes.fill(0)
      expect(decoded).toMatchObject({ message: { entries: [{ command }] } })
    }
  })

  test('the sender is who the transport says, whatever the message says', () => {
    const bytes = encodeMessage(appendEntriesRequest(us, peer, 1, 0, 0, [], 0, 1))
    expect(decodeDatagram(bytes, 'server2:2000', peer)).toMatchObject({
      message: { from: 'server2:2000', to: peer },
    })
  })
})

describe('an answer to a request without an id', () => {
  test('is Listing 1 alone, whatever the core would add', () => {
    const bare = {
      kind: 'appendEntriesResponse',
      from: us,
      to: peer,
      term: 3,
      success: true,
    } as const
    const more = { matchIndex: 9, hintIndex: 0, hintTerm: 0, diskIsFull: true }
    const answer = { ...bare, requestId: 0, ...more }
    expect(encodeMessage(answer)).toEqual(Uint8Array.of(0x12, 4, 8, 3, 0x20, 1))
  })
})

describe('what is not ours to send', () => {
  test('an empty command, or one that is no text, is not forwarded', () => {
    expect(() => encodeCommand(text(''), 0)).toThrow(AssertionError)
    expect(() => encodeCommand(Uint8Array.of(0x80), 0)).toThrow(AssertionError)
    expect(() => encodeCommand(text('x'), 2 ** 32)).toThrow(AssertionError)
  })

  test('a message that contradicts itself is a bug of ours', () => {
    const gap = [entry(3, 1, 'noop', text(''))]
    expect(() => encodeMessage(appendEntriesRequest(us, peer, 1, 1, 1, gap, 0, 1))).toThrow(
      AssertionError,
    )
    expect(() => encodeMessage(appendEntriesRequest(us, peer, 0, 0, 0, [], 0, 1))).toThrow(
      AssertionError,
    )
    const past = [entry(largest + 1, 1, 'noop', text(''))]
    expect(() => encodeMessage(appendEntriesRequest(us, peer, 1, largest, 1, past, 0, 1))).toThrow(
      AssertionError,
    )
  })
})

describe('sizes', () => {
  test('sizeOfEntry is exact', () => {
    fc.assert(
      fc.property(anyAppendEntriesRequest, (request) => {
        const bare = appendEntriesRequest(
          us,
          peer,
          request.term,
          request.prevLogIndex,
          request.prevLogTerm,
          [],
          request.leaderCommit,
          request.requestId,
        )
        const entriesBytes = request.entries.reduce((sum, one) => sum + sizeOfEntry(one), 0)
        const wrapper = (bytes: Uint8Array): number => (bytes.length > 129 ? 3 : 2)
        const withEntries = encodeMessage(request)
        const without = encodeMessage(bare)
        expect(withEntries.length - wrapper(withEntries)).toBe(
          without.length - wrapper(without) + entriesBytes,
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('isText agrees with the platform', () => {
    const platform = new TextDecoder('utf-8', { fatal: true })
    fc.assert(
      fc.property(anyCommand, (command) => {
        let decodes = command.length > 0
        try {
          platform.decode(command)
        } catch {
          decodes = false
        }
        expect(isText(command)).toBe(decodes)
      }),
      { numRuns: 1000 },
    )
  })

  test('appendEntriesOverheadMax is reached, and never passed', () => {
    // Only a length that takes three bytes reaches it: fill up to the largest datagram there is.
    const overhead = appendEntriesOverheadMax(us)
    const around = sizeOfEntry(entry(largest, largest, 'command', new Uint8Array(50_000).fill(97)))
    const command = new Uint8Array(50_000 + 65_507 - overhead - around).fill(97)
    const entries = [entry(largest, largest, 'command', command)]
    const worst = appendEntriesRequest(
      us,
      peer,
      largest,
      largest - 1,
      largest,
      entries,
      largest,
      largest,
    )
    expect(encodeMessage(worst).length).toBe(65_507)
    fc.assert(
      fc.property(anyAppendEntriesRequest, (request) => {
        const entriesBytes = request.entries.reduce((sum, one) => sum + sizeOfEntry(one), 0)
        expect(encodeMessage(request).length).toBeLessThanOrEqual(overhead + entriesBytes)
      }),
    )
  })

  test.each([1372, 512, 65_507])('a command of the greatest length fits into %i bytes', (limit) => {
    const ids = [us, 'a-server-with-a-long-name.example.org:65535', peer]
    const length = commandNameBytesMax(limit, ids)
    for (const leader of ids) {
      for (const byte of [0x61, 0xff]) {
        const command = new Uint8Array(length).fill(byte)
        const entries = [entry(largest, largest, 'command', command)]
        const request = appendEntriesRequest(
          leader,
          us,
          largest,
          largest - 1,
          largest,
          entries,
          largest,
          largest,
        )
        expect(encodeMessage(request).length).toBeLessThanOrEqual(limit)
      }
    }
    // Nor is much room given away: the longest name, bytes, the largest numbers: a few bytes left.
    const worst = appendEntriesRequest(
      ids[1] as string,
      us,
      largest,
      largest - 1,
      largest,
      [entry(largest, largest, 'command', new Uint8Array(length).fill(0xff))],
      largest,
      largest,
    )
    expect(encodeMessage(worst).length).toBeGreaterThanOrEqual(limit - 4)
  })

  test('a datagram that has no room for a command has room for 0 bytes', () => {
    expect(commandNameBytesMax(40, [us])).toBe(0)
  })
})
