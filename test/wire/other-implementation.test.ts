/**
 * Others and we understand each other: one that has our fields, one that is built from Listing 1
 * alone, and Debian's `protoc --decode` where it is installed.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeDatagram, encodeMessage } from '../../src/wire/index.ts'
import { anyMessage } from './arbitrary.ts'
import { fieldsOf, listing1, ours, textFormat, withoutOurs } from './reflection.ts'
import { golden, toHex, vectors } from './vectors.ts'

const proto = fileURLToPath(new URL('../../proto/', import.meta.url))
const sent = Object.entries(vectors).filter(([, vector]) => vector.encode !== null)

describe.each(sent)('%s', (name, { decoded, from, to }) => {
  const bytes = golden(name)

  test('an implementation with our fields reads the same, and would write the same', () => {
    expect(ours.decode(bytes)).toEqual(fieldsOf(decoded))
    expect(toHex(ours.encode(fieldsOf(decoded)))).toBe(toHex(bytes))
  })

  test('an implementation of Listing 1 alone reads all but our fields', () => {
    expect(listing1.decode(bytes)).toEqual(withoutOurs(fieldsOf(decoded)))
  })

  test('protoc, or reflection where there is none, prints it field by field', () => {
    expect(printed(bytes)).toBe(textFormat(fieldsOf(decoded)))
  })

  test('what an implementation of Listing 1 alone writes, we read as that', () => {
    const plain = withoutOurs(fieldsOf(decoded))
    const read = decodeDatagram(listing1.encode(plain), from, to)
    if (Object.keys(plain).length === 0) {
      // A message that it does not have: it can only say nothing at all.
      expect(read).toEqual({ kind: 'invalid', reason: 'noMember' })
      return
    }
    expect(fieldsOf(read)).toEqual(plain)
  })
})

describe('any message', () => {
  test('is read by an implementation with our fields as we mean it', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const fields = fieldsOf({ kind: 'message', message })
        expect(ours.decode(encodeMessage(message))).toEqual(fields)
      }),
    )
  })

  test('is read by an implementation of Listing 1 alone, our fields aside', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const fields = fieldsOf({ kind: 'message', message })
        expect(listing1.decode(encodeMessage(message))).toEqual(withoutOurs(fields))
      }),
    )
  })
})

/** What `protoc --decode` prints of the bytes; without protoc, what reflection has of them. */
function printed(bytes: Uint8Array): string {
  const protoc = spawnSync('protoc', ['--decode=Raft', `-I${proto}`, 'raft.proto'], {
    input: bytes,
    encoding: 'utf8',
  })
  if (protoc.error !== undefined) return textFormat(ours.decode(bytes))
  expect(protoc.stderr).toBe('')
  return protoc.stdout
}
