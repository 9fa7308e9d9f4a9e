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

describe.each(sent)('%s', (name, { decoded }) => {
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
})

/** Listing 1 has no such messages as the others. */
const inListing1 = sent.filter(([, { decoded }]) => {
  return Object.keys(withoutOurs(fieldsOf(decoded))).length > 0
})

test.each(inListing1)('%s: what Listing 1 alone writes, we read as that', (_, vector) => {
  const { decoded, from, to } = vector
  const plain = withoutOurs(fieldsOf(decoded))
  const read = decodeDatagram(listing1.encode(plain), from, to)
  expect(fieldsOf(read)).toEqual(plain)
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
