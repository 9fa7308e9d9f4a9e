/**
 * The golden vectors, both directions: what we send is these bytes and no others, and these bytes
 * mean this. Then every one of them cut short at every place, and with every single bit changed.
 */
import { describe, expect, test } from 'vitest'
import { contradictionIn } from '../../src/wire/contradiction.ts'
import { decodeDatagram, invalidReasons } from '../../src/wire/index.ts'
import { golden, goldenNames, toHex, vectors } from './vectors.ts'

test('every vector has its meaning, and every meaning its vector', () => {
  expect(goldenNames).toEqual(Object.keys(vectors).sort())
})

describe.each(Object.entries(vectors))('%s', (name, { from, to, decoded, encode }) => {
  const bytes = golden(name)

  test('is decoded', () => {
    expect(decodeDatagram(bytes, from, to)).toEqual(decoded)
  })

  if (encode !== null) {
    test('is encoded', () => {
      expect(toHex(encode())).toBe(toHex(bytes))
    })
  }

  test('cut short anywhere is refused, or says what its whole fields say', () => {
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      expectChecked(decodeDatagram(cut, from, to), `${name} cut to ${length} bytes`)
    }
  })

  test('with any one bit changed is refused, or passes every check', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Uint8Array.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expectChecked(decodeDatagram(changed, from, to), `${name} with bit ${bit} changed`)
    }
  })
})

describe('a message is one length-delimited field, so that cut short it is never a message', () => {
  const messages = Object.entries(vectors).filter(([, vector]) => vector.encode !== null)
  test.each(messages)('%s', (name, { from, to, decoded }) => {
    const bytes = golden(name)
    for (let length = 0; length < bytes.length; length++) {
      const { kind } = decodeDatagram(bytes.subarray(0, length), from, to)
      // A forwarded command may lose its Hops and still be a command: UDP does not cut datagrams.
      if (decoded.kind === 'command' && length >= 10) expect(kind).toMatch(/command|invalid/)
      else expect(kind).toBe('invalid')
    }
  })
})

/** Whatever was made of the bytes, it is within its bounds. */
function expectChecked(decoded: ReturnType<typeof decodeDatagram>, what: string): void {
  switch (decoded.kind) {
    case 'invalid':
      expect(invalidReasons, what).toContain(decoded.reason)
      break
    case 'command':
      expect(decoded.command.length, what).toBeGreaterThan(0)
      expect(Number.isInteger(decoded.hops), what).toBe(true)
      break
    case 'message':
      expect(contradictionIn(decoded.message), what).toBeNull()
      expect(numbersIn(decoded.message).every(Number.isSafeInteger), what).toBe(true)
      break
  }
}

function numbersIn(value: object): number[] {
  return Object.values(value).flatMap((field: unknown) => {
    if (typeof field === 'number') return [field]
    if (typeof field !== 'object' || field === null || field instanceof Uint8Array) return []
    return numbersIn(field)
  })
}
