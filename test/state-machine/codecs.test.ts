/** Machines of values: what clients send is looked at, and nothing is changed on its way. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import { entry } from '../../src/raft/index.ts'
import {
  Applier,
  bytesCodec,
  CommandRefused,
  JsonError,
  jsonCodec,
  jsonDepthMax,
  SessionMachine,
  type StateMachine,
  withCodecs,
} from '../../src/state-machine/index.ts'

const json = jsonCodec()
const roundTrip = (value: unknown): unknown => json.decode(json.encode(value))

describe('JSON', () => {
  test('holds what it can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        // JSON has one zero.
        expect(roundTrip(value)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    expect(roundTrip('é\u{1f6f6}\ud800')).toBe('é\u{1f6f6}\ud800')
  })

  test('has nothing for undefined, and leaves out members that are', () => {
    expect(json.encode(undefined)).toHaveLength(0)
    expect(roundTrip(undefined)).toBeUndefined()
    expect(roundTrip({ a: 1, b: undefined })).toEqual({ a: 1 })
  })

  test('refuses what it would change on the way, and says where it stands', () => {
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    for (const [value, message] of [
      [Number.NaN, 'the value is NaN: JSON cannot hold it'],
      [{ a: [1, Number.POSITIVE_INFINITY] }, 'the value.a[1] is Infinity'],
      [10n, 'the value is a bigint'],
      [{ at: new Date(0) }, 'the value.at is a Date'],
      [new Map(), 'the value is a Map'],
      [Uint8Array.of(1), 'the value is an Uint8Array'],
      [[undefined], 'the value[0] is undefined'],
      [new Array(1), 'the value[0] is undefined'],
      [{ toJSON: () => 1 }, 'the value.toJSON is a function'],
      [cyclic, 'contains itself'],
    ] as const) {
      expect(() => json.encode(value)).toThrow(message)
      expect(() => json.encode(value)).toThrow(JsonError)
    }
  })

  test('refuses bytes that are no JSON, or that no value of ours makes', () => {
    for (const text of [
      '{',
      '1e999',
      '['.repeat(jsonDepthMax + 1) + ']'.repeat(jsonDepthMax + 1),
    ]) {
      expect(() => json.decode(utf8Encode(text))).toThrow(JsonError)
    }
    expect(() => json.decode(Uint8Array.of(0x22, 0xff, 0x22))).toThrow('no UTF-8')
  })

  test('what came in can go out in something else', () => {
    const deep = JSON.parse('['.repeat(jsonDepthMax) + ']'.repeat(jsonDepthMax))
    expect(() => json.encode({ answer: [json.decode(json.encode(deep))] })).not.toThrow()
  })
})

class Counter implements StateMachine<{ by: number }, 'count', number> {
  count = 0

  apply({ by }: { by: number }): number {
    if (by < 0) throw new CommandRefused('it only counts up')
    this.count += by
    return this.count
  }

  query(query: 'count'): number {
    if (query !== 'count') throw new Error('there is only the count')
    return this.count
  }

  snapshot(): Iterable<Uint8Array> {
    return [jsonCodec<number>().encode(this.count)]
  }

  restore(chunks: Iterable<Uint8Array>): void {
    for (const chunk of chunks) this.count = jsonCodec<number>().decode(chunk)
  }
}

describe('a machine of values', () => {
  const codecs = {
    command: jsonCodec((value) => {
      const by = (value as { by: unknown }).by
      if (typeof by !== 'number') throw new Error('by is a number')
      return { by }
    }),
    query: jsonCodec<'count'>(),
    result: jsonCodec<number>(),
    answer: jsonCodec<number>(),
  }

  test('is a machine of bytes', () => {
    const machine = new SessionMachine(withCodecs(new Counter(), codecs))
    const applier = new Applier(machine)
    const outcome = applier.apply(entry(1, 1, 'command', utf8Encode('{"by":2}')))
    expect(outcome).toEqual({ kind: 'applied', response: utf8Encode('2'), index: 1 })
    expect(machine.query(utf8Encode('"count"'))).toEqual(utf8Encode('2'))
    const counter = new Counter()
    new SessionMachine(withCodecs(counter, codecs)).restore(machine.snapshot())
    expect(counter.count).toBe(2)
  })

  test('refuses commands that are none, and goes on', () => {
    const applier = new Applier(new SessionMachine(withCodecs(new Counter(), codecs)))
    for (const [i, text] of ['{', 'null', '{"by":"x"}'].entries()) {
      const index = i + 1
      expect(applier.apply(entry(index, 1, 'command', utf8Encode(text)))).toEqual({
        kind: 'refused',
        message: 'the command cannot be decoded',
        index,
      })
    }
    expect(applier.apply(entry(4, 1, 'command', utf8Encode('{"by":-1}')))).toMatchObject({
      kind: 'refused',
      message: 'it only counts up',
    })
    expect(applier.lastApplied).toBe(4)
  })

  test('stops the server where its result cannot be written', () => {
    const machine = withCodecs(new Counter(), {
      ...codecs,
      command: { ...codecs.command, decode: () => ({ by: Number.NaN }) },
    })
    const applier = new Applier(new SessionMachine(machine))
    expect(() => applier.apply(entry(1, 1, 'command', bytesCodec.encode(utf8Encode('x'))))).toThrow(
      'entry 1 of term 1: the value is NaN',
    )
  })
})
