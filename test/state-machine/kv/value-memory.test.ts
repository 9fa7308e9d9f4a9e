/** Values stand in blocks, which hold little that does not live, and are moved unseen. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesEqual } from '../../../src/base/bytes.ts'
import { KeyValueMachine } from '../../../src/state-machine/index.ts'
import { slackBytes, ValueMemory } from '../../../src/state-machine/kv/value-memory.ts'

/** A value that can be told from others, of any length. */
function anyValue(number: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(number % 251)
}

test('a value is a copy that no other is written over', () => {
  const memory = new ValueMemory()
  const lengths = [0, 1, 64, 65, 256, 2048, 2049, 5000]
  const given = Array.from({ length: 400 }, (_, at) => {
    return anyValue(at, lengths[at % lengths.length] as number)
  })
  const kept = given.map((value, at) => memory.keep(`${at}`, value))
  for (const [at, value] of given.entries()) {
    expect(bytesEqual(kept[at] as Uint8Array, value)).toBe(true)
    expect(kept[at]).not.toBe(value)
  }
})

test('whatever is changed and taken away, every key has its value, also in copies', () => {
  const change = fc.tuple(fc.nat(40), fc.constantFrom(3, 100, 700, 2000, 3000), fc.nat(9))
  fc.assert(
    fc.property(fc.array(change, { minLength: 2500, maxLength: 3000 }), (changes) => {
      const machine = new KeyValueMachine()
      const twin = new Map<string, Uint8Array>()
      const snapshots: [Iterable<Uint8Array>, Map<string, Uint8Array>][] = []
      for (const [at, [number, length, chance]] of changes.entries()) {
        const key = `key ${number}`
        if (chance === 0) {
          machine.execute({ kind: 'delete', key, expected: null }, at + 1)
          twin.delete(key)
        } else {
          const value = anyValue(at, length)
          machine.execute({ kind: 'put', key, value, expected: null }, at + 1)
          twin.set(key, value)
        }
        if (at % 1000 === 500) snapshots.push([machine.snapshot(), new Map(twin)])
      }
      expectToHold(machine, twin)
      for (const [chunks, then] of snapshots) {
        const other = new KeyValueMachine()
        other.restore(chunks)
        expectToHold(other, then)
      }
    }),
    { numRuns: 4 },
  )
})

function expectToHold(machine: KeyValueMachine, twin: Map<string, Uint8Array>): void {
  let bytes = 0
  for (const [key, value] of twin) {
    const answer = machine.answer({ kind: 'get', key })
    const found = answer.kind === 'found' ? answer.entry.value : null
    expect([key, found !== null && bytesEqual(found, value)]).toEqual([key, true])
    bytes += key.length + value.length
  }
  expect(machine.stats).toEqual({ keys: twin.size, bytes })
}

test('what was put once and stays does not keep what came and went beside it', () => {
  const machine = new KeyValueMachine()
  const cold = Array.from({ length: 400 }, (_, at) => `cold ${at}`)
  let index = 0
  const put = (key: string): void => {
    index += 1
    machine.execute({ kind: 'put', key, value: anyValue(index, 256), expected: null }, index)
  }
  for (const key of cold) {
    put(key)
    for (let i = 0; i < 64; i++) put('hot')
  }
  const blocks = new Set<ArrayBufferLike>()
  for (const key of cold) {
    const answer = machine.answer({ kind: 'get', key })
    if (answer.kind === 'found') blocks.add(answer.entry.value.buffer)
  }
  const heldBytes = [...blocks].reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(heldBytes).toBeGreaterThan(0)
  expect(heldBytes).toBeLessThanOrEqual(2 * machine.stats.bytes + slackBytes + 32 * 1024)
})
