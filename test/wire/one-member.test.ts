/**
 * Reading into a message that remembers its member gives what the generated code gives: of several
 * members the last, and a member that comes twice merged with itself.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as generated from '../../src/wire/generated/raft.js'
import { encodeClientMessage, encodeCommand, encodeMessage } from '../../src/wire/index.ts'
import { readOneMember } from '../../src/wire/one-member.ts'
import { StrictReader } from '../../src/wire/strict-reader.ts'
import { anyMessage } from './arbitrary.ts'
import { anyClientMessage } from './client-vectors.ts'

const anyCommand = fc.constantFrom('a', 'bc').map((text) => encodeCommand(Buffer.from(text), 3))
const anyPart = fc.oneof(
  anyMessage.map(encodeMessage),
  anyClientMessage.map(encodeClientMessage),
  anyCommand,
)

/** Members that are there, as plain objects; one that was taken back may be null or missing. */
function membersOf(raft: generated.Raft): unknown {
  const fields = Object.entries(raft).filter(([name]) => name !== 'memberRead')
  return JSON.parse(
    JSON.stringify(Object.fromEntries(fields.filter(([, value]) => value !== null))),
  )
}

test('of several members the last one holds, as in the generated code', () => {
  fc.assert(
    fc.property(fc.array(anyPart, { minLength: 1, maxLength: 4 }), (parts) => {
      const bytes = Buffer.concat(parts)
      const read = readOneMember(new StrictReader(bytes))
      expect(membersOf(read)).toEqual(membersOf(generated.Raft.decode(new StrictReader(bytes))))
    }),
    { numRuns: 500 },
  )
})

test('a member that comes twice is merged, unless another stood between', () => {
  const vote = (fields: object) =>
    generated.Raft.encode({ RequestVoteRequest: fields }).finish() as Uint8Array
  const read = (...parts: Uint8Array[]) => {
    return readOneMember(new StrictReader(Buffer.concat(parts))).RequestVoteRequest
  }
  const [first, second] = [vote({ Term: 7, LastLogIndex: 5 }), vote({ Term: 8 })]
  expect(read(first, second)).toMatchObject({ Term: 8, LastLogIndex: 5 })
  const between = read(first, encodeCommand(Buffer.from('x'), 0), second)
  expect(between).toMatchObject({ Term: 8 })
  expect(Object.keys(between ?? {})).toEqual(['Term'])
})
