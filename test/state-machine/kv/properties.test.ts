/** The key-value machine against a Map, its bytes both ways, and snapshots in the middle. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../../src/base/bytes.ts'
import {
  decodeKvAnswer,
  decodeKvCommand,
  decodeKvQuery,
  decodeKvResult,
  encodeKvAnswer,
  encodeKvCommand,
  encodeKvQuery,
  encodeKvResult,
  KeyValueMachine,
  KvArgumentError,
  type KvCommand,
  type KvExpectation,
  type KvQuery,
  type KvResult,
  SnapshotError,
} from '../../../src/state-machine/index.ts'
import { bytesOf } from '../recording-machine.ts'

const small = fc.integer({ min: 0, max: 3 })
const key = fc.constantFrom('a', 'b', 'a/c', 'é')
const value = fc.constantFrom('', '0', '7', '-3', 'x').map(utf8Encode)
const expectation: fc.Arbitrary<KvExpectation | null> = fc.oneof(
  fc.constant(null),
  small.map((version) => ({ kind: 'version' as const, version })),
  small.map((modificationIndex) => ({ kind: 'modificationIndex' as const, modificationIndex })),
)
const command: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value, expected: expectation }),
  fc.record({ kind: fc.constant('delete' as const), key, expected: expectation }),
  fc.record({
    kind: fc.constant('compareAndSet' as const),
    key,
    expected: fc.option(value),
    value,
  }),
  fc.record({ kind: fc.constant('increment' as const), key, by: fc.integer() }),
  fc.record({ kind: fc.constant('append' as const), key, value }),
)
const commands = fc.array(command, { maxLength: 40 })

interface Held {
  text: string
  changes: number[]
}

/** What a key is, obviously: its text, and the indexes of all the entries that changed it. */
class Twin {
  readonly map = new Map<string, Held>()

  /** The result in short: what it is called, and the text of the key. */
  do(command: KvCommand, index: number): string {
    const held = this.map.get(command.key)
    const text = (bytes: Uint8Array) => utf8Decode(bytes) as string
    switch (command.kind) {
      case 'put':
        if (!this.#isExpected(command.expected, held)) return 'conflict'
        return this.#set(command.key, text(command.value), index)
      case 'delete':
        if (!this.#isExpected(command.expected, held)) return 'conflict'
        return this.map.delete(command.key) ? 'deleted' : 'nothing deleted'
      case 'compareAndSet': {
        const expected = command.expected === null ? undefined : text(command.expected)
        return held?.text === expected
          ? this.#set(command.key, text(command.value), index)
          : 'conflict'
      }
      case 'increment': {
        const before = held?.text ?? '0'
        if (!/^(0|-?[1-9]\d*)$/.test(before)) return 'notANumber'
        return this.#set(command.key, String(BigInt(before) + BigInt(command.by)), index)
      }
      case 'append':
        return this.#set(command.key, (held?.text ?? '') + text(command.value), index)
    }
  }

  #isExpected(expected: KvExpectation | null, held: Held | undefined): boolean {
    if (expected === null) return true
    return expected.kind === 'version'
      ? expected.version === (held?.changes.length ?? 0)
      : expected.modificationIndex === (held?.changes.at(-1) ?? 0)
  }

  #set(key: string, text: string, index: number): string {
    const held = this.map.get(key)
    this.map.set(key, { text, changes: [...(held?.changes ?? []), index] })
    return text
  }
}

function short(result: KvResult, machine: KeyValueMachine, key: string): string {
  if (result.kind === 'deleted') return result.existed ? 'deleted' : 'nothing deleted'
  if (result.kind === 'error') return result.code
  if (result.kind === 'conflict') return 'conflict'
  const answer = machine.answer({ kind: 'get', key })
  return answer.kind === 'found' ? (utf8Decode(answer.entry.value) as string) : answer.kind
}

function run(machine: KeyValueMachine, command: KvCommand, index: number): KvResult {
  const bytes = machine.apply(encodeKvCommand(command), { index, term: 1, timeMs: 0 })
  return decodeKvResult(bytes) as KvResult
}

describe('any commands', () => {
  test('do what they do to a Map', () => {
    fc.assert(
      fc.property(commands, (given) => {
        const machine = new KeyValueMachine()
        const twin = new Twin()
        for (const [i, one] of given.entries()) {
          const result = run(machine, one, i + 1)
          expect(short(result, machine, one.key)).toBe(twin.do(one, i + 1))
          if (result.kind !== 'changed' && result.kind !== 'incremented') continue
          const { changes } = twin.map.get(one.key) as Held
          expect(result.revision).toEqual({
            version: changes.length,
            createIndex: changes[0],
            modificationIndex: i + 1,
          })
        }
        expect(machine.stats.keys).toBe(twin.map.size)
      }),
      { numRuns: 1000 },
    )
  })

  test('go on from a snapshot as if nothing had been, and do not show in it', () => {
    fc.assert(
      fc.property(commands, fc.nat(), (given, at) => {
        const middle = given.length === 0 ? 0 : at % given.length
        const machine = new KeyValueMachine()
        for (const [i, one] of given.slice(0, middle).entries()) run(machine, one, i + 1)
        const taken = [...machine.snapshot()]
        const takenLate = machine.snapshot()
        const twin = new KeyValueMachine()
        twin.restore(taken)
        for (const [i, one] of given.slice(middle).entries()) {
          const index = middle + i + 1
          expect(run(twin, one, index)).toEqual(run(machine, one, index))
        }
        expect(bytesOf(twin.snapshot())).toEqual(bytesOf(machine.snapshot()))
        expect(twin.stats).toEqual(machine.stats)
        expect([...takenLate]).toEqual(taken)
      }),
    )
  })
})

describe('bytes', () => {
  const queries: fc.Arbitrary<KvQuery> = fc.oneof(
    fc.record({ kind: fc.constant('get' as const), key }),
    fc.record({
      kind: fc.constant('list' as const),
      prefix: fc.string(),
      after: fc.string(),
      limit: fc.nat(),
      keysOnly: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('stats' as const) }),
  )

  test('of commands and queries come back as they went', () => {
    fc.assert(
      fc.property(command, queries, (one, query) => {
        expect(decodeKvCommand(encodeKvCommand(one))).toEqual(one)
        expect(decodeKvQuery(encodeKvQuery(query))).toEqual(query)
      }),
    )
  })

  test('of results and answers come back as they went', () => {
    fc.assert(
      fc.property(commands, queries, (given, query) => {
        const machine = new KeyValueMachine()
        for (const [i, one] of given.entries()) {
          const result = machine.execute(one, i + 1)
          expect(decodeKvResult(encodeKvResult(result))).toEqual(result)
        }
        const answer = machine.answer(query)
        expect(decodeKvAnswer(encodeKvAnswer(answer))).toEqual(answer)
      }),
    )
  })

  test('that are cut short are nothing, and any bytes at all make no trouble', () => {
    fc.assert(
      fc.property(command, fc.uint8Array({ maxLength: 12 }), (one, bytes) => {
        const whole = encodeKvCommand(one)
        for (let length = 0; length < whole.length; length++) {
          expect(decodeKvCommand(whole.subarray(0, length))).toBeNull()
        }
        for (const decode of [decodeKvCommand, decodeKvQuery, decodeKvResult, decodeKvAnswer]) {
          expect(() => decode(bytes)).not.toThrow()
        }
      }),
    )
  })

  test('are not made of numbers that cannot be', () => {
    for (const by of [0.5, 2 ** 53, Number.NaN]) {
      expect(() => encodeKvCommand({ kind: 'increment', key: 'a', by })).toThrow(KvArgumentError)
    }
    const expected = { kind: 'version', version: -1 } as const
    expect(() => encodeKvCommand({ kind: 'delete', key: 'a', expected })).toThrow(
      'the expected version is a whole number below 2^53, not -1',
    )
  })
})

test('a snapshot that is damaged is refused', () => {
  const machine = new KeyValueMachine()
  for (const [i, name] of ['a', 'b'].entries()) {
    run(machine, { kind: 'append', key: name, value: utf8Encode('x') }, i + 1)
  }
  const [head, entries] = [...machine.snapshot()] as [Uint8Array, Uint8Array]
  for (const chunks of [
    [],
    [entries],
    [head],
    [head, entries.subarray(0, -1)],
    [head, entries, entries],
    [Uint8Array.of(2, 2), entries],
  ]) {
    expect(() => new KeyValueMachine().restore(chunks)).toThrow(SnapshotError)
  }
})
