/**
 * AppendEntries is written and read by hand: to the same bytes as the generated code writes, and to
 * the same message, or the same refusal, as the generated code reads.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appendEntriesRequest, type Entry, entry } from '../../src/raft/index.ts'
import { readAppendEntries } from '../../src/wire/append-entries-reader.ts'
import { decodeDatagram, encodeMessage, MessageEncoder } from '../../src/wire/index.ts'
import { decodeRaft, readRaft } from '../../src/wire/raft-codec.ts'
import { anyAppendEntriesRequest } from './arbitrary.ts'
import { fieldsOf, ours } from './reflection.ts'
import { peer, text, us } from './vectors.ts'

/** What the generated code makes of the bytes. */
function generally(bytes: Uint8Array): ReturnType<typeof decodeDatagram> {
  const raft = readRaft(bytes)
  return typeof raft === 'string' ? { kind: 'invalid', reason: raft } : decodeRaft(raft, us, peer)
}

describe('AppendEntries by hand', () => {
  test('is written as the generated code writes it', () => {
    fc.assert(
      fc.property(anyAppendEntriesRequest, (message) => {
        const expected = ours.encode(fieldsOf({ kind: 'message', message }))
        expect(Buffer.from(encodeMessage(message)).equals(Buffer.from(expected))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('is read as the generated code reads it, and by hand', () => {
    fc.assert(
      fc.property(anyAppendEntriesRequest, (message) => {
        const bytes = encodeMessage(message)
        expect(readAppendEntries(bytes, us, peer)).toEqual(message)
        expect(generally(bytes)).toEqual({ kind: 'message', message })
      }),
    )
  })

  test('what no server writes is judged as the generated code judges it', () => {
    const change = fc.tuple(fc.nat(), fc.constantFrom('flip', 'cut', 'insert', 'drop'), fc.nat(255))
    fc.assert(
      fc.property(
        anyAppendEntriesRequest,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (message, changes) => {
          let bytes = encodeMessage(message)
          for (const [place, kind, value] of changes) bytes = changed(bytes, place, kind, value)
          expect(decodeDatagram(bytes, us, peer)).toEqual(generally(bytes))
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('what only proto3 knows is left to the generated code, and read there', () => {
    // The same fields in another order, as proto3 permits: LeaderCommit before Term.
    const bytes = Uint8Array.of(0x0a, 4, 0x20, 0, 0x08, 7)
    expect(readAppendEntries(bytes, us, peer)).toBeNull()
    expect(decodeDatagram(bytes, us, peer)).toMatchObject({ message: { term: 7, entries: [] } })
  })

  test('one encoder for many messages writes each as if it were the only one', () => {
    const log = (term: number, length: number): Entry[] =>
      Array.from({ length }, (_, i) => entry(i + 1, term, 'session', text(`${term}-${i}`)))
    const [ours, theirs] = [log(1, 9), log(2, 9)]
    const encoder = new MessageEncoder()
    const from = (entries: Entry[], first: number, last: number) =>
      appendEntriesRequest(us, peer, 2, first - 1, 1, entries.slice(first - 1, last), 0, 1)
    const messages = [
      from(ours, 2, 9),
      from(ours, 2, 9),
      from(ours, 2, 8),
      from(ours, 3, 9),
      from([...ours.slice(0, 4), ...theirs.slice(4)], 2, 9),
      from(ours, 2, 2),
      appendEntriesRequest(us, peer, 2, 1, 1, [], 0, 1),
      from(ours, 2, 2),
    ]
    for (const message of messages) expect(encoder.encode(message)).toEqual(encodeMessage(message))
  })
})

function changed(bytes: Uint8Array, place: number, kind: string, value: number): Uint8Array {
  const at = bytes.length === 0 ? 0 : place % bytes.length
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (kind) {
    case 'flip':
      return Uint8Array.of(...before, (after[0] ?? 0) ^ value, ...after.subarray(1))
    case 'cut':
      return before
    case 'insert':
      return Uint8Array.of(...before, value, ...after)
    default:
      return Uint8Array.of(...before, ...after.subarray(1))
  }
}
