/**
 * Configurations as data: what can be one, its bytes, and the history of those that stand in a log.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import {
  type Configuration,
  ConfigurationHistory,
  configuration,
  configurationBytesMax,
  configurationProblem,
  decodeConfiguration,
  emptyConfiguration,
  encodeConfiguration,
  entry,
  isMember,
  isSameConfiguration,
  isVoter,
  makeConfiguration,
  serversOf,
  votersOf,
} from '../../src/raft/index.ts'

const none = new Map<string, string>()

const anyName = fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }).filter(isText)
const anyGroup = fc.uniqueArray(anyName, { maxLength: 5 })
const anyConfiguration: fc.Arbitrary<Configuration> = fc
  .record({
    voters: fc.uniqueArray(anyName, { minLength: 1, maxLength: 5 }),
    votersOld: fc.option(fc.uniqueArray(anyName, { minLength: 1, maxLength: 5 })),
    others: anyGroup,
    address: fc.string({ unit: 'binary' }).filter(isText),
    incarnations: fc.array(fc.option(fc.maxSafeNat().filter((number) => number > 0))),
  })
  .map(({ voters, votersOld, others, address, incarnations }) => {
    const learners = others.filter((id) => !voters.includes(id))
    const bare = makeConfiguration(voters, votersOld, learners, none)
    const addresses = new Map(serversOf(bare).map((id, i) => [id, `${address}${i}`]))
    const known = serversOf(bare).flatMap((id, i): [string, number][] => {
      const incarnation = incarnations[i] ?? null
      return incarnation === null ? [] : [[id, incarnation]]
    })
    return makeConfiguration(voters, votersOld, learners, addresses, new Map(known))
  })

/** A text that UTF-8 can carry. */
function isText(text: string): boolean {
  return utf8Decode(utf8Encode(text)) === text
}

describe('a configuration as bytes', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(anyConfiguration, (given) => {
        expect(decodeConfiguration(encodeConfiguration(given))).toEqual(given)
      }),
    )
    expect(decodeConfiguration(encodeConfiguration(emptyConfiguration))).toEqual(emptyConfiguration)
  })

  test('has a layout that does not change', () => {
    const given = makeConfiguration(['a'], ['b', 'c'], ['d'], new Map([['a', 'é']]))
    expect([...encodeConfiguration(given)]).toEqual([
      ...[1, 1],
      ...[0, 1, 0, 1, 97],
      ...[0, 2, 0, 1, 98, 0, 1, 99],
      ...[0, 1, 0, 1, 100],
      ...[0, 1, 0, 1, 97, 0, 2, 0xc3, 0xa9],
    ])
    const incarnations = new Map([['a', 2 ** 40 + 3]])
    expect([...encodeConfiguration({ ...given, incarnations })]).toEqual([
      2,
      ...[...encodeConfiguration(given)].slice(1),
      ...[0, 1, 0, 1, 97, 0, 0, 1, 0, 0, 0, 0, 3],
    ])
  })

  test('is refused with room for incarnations where there are none, or impossible ones', () => {
    const bytes = [...encodeConfiguration(configuration(['a']))].slice(1)
    const withOne = (...incarnation: number[]) =>
      decodeConfiguration(Uint8Array.from([2, ...bytes, 0, 1, 0, 1, 97, ...incarnation]))
    expect(withOne(0, 0, 0, 0, 0, 0, 0, 7)?.incarnations).toEqual(new Map([['a', 7]]))
    expect(withOne(0, 0, 0, 0, 0, 0, 0, 0)).toBeNull()
    expect(withOne(0, 32, 0, 0, 0, 0, 0, 0)).toBeNull()
    expect(decodeConfiguration(Uint8Array.from([2, ...bytes, 0, 0]))).toBeNull()
  })

  test('is refused when anything is missing, or too much', () => {
    fc.assert(
      fc.property(anyConfiguration, fc.nat(), (given, cut) => {
        const bytes = encodeConfiguration(given)
        expect(decodeConfiguration(bytes.slice(0, cut % bytes.length))).toBeNull()
        expect(decodeConfiguration(Uint8Array.from([...bytes, 0]))).toBeNull()
      }),
    )
  })

  test('is refused or possible, whatever the bytes are', () => {
    fc.assert(
      fc.property(anyConfiguration, fc.nat(), fc.nat(255), (given, place, value) => {
        const bytes = encodeConfiguration(given)
        bytes[place % bytes.length] = value
        const decoded = decodeConfiguration(bytes)
        if (decoded !== null) expect(configurationProblem(decoded)).toBeNull()
      }),
    )
    expect(decodeConfiguration(new Uint8Array(0))).toBeNull()
    expect(decodeConfiguration(Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0]))).toBeNull()
    expect(decodeConfiguration(new Uint8Array(configurationBytesMax + 1))).toBeNull()
  })

  test('has a bound', () => {
    const long = configuration(['x'.repeat(configurationBytesMax)])
    expect(() => encodeConfiguration(long)).toThrow(AssertionError)
  })
})

describe('what cannot be a configuration', () => {
  const impossible: [string, () => Configuration][] = [
    ['a voter twice', () => makeConfiguration(['a', 'a'], null, [], none)],
    ['a server without a name', () => makeConfiguration(['a', ''], null, [], none)],
    ['a voter that is a learner, too', () => makeConfiguration(['a'], null, ['a'], none)],
    ['an old group of nobody', () => makeConfiguration(['a'], [], [], none)],
    ['a new group of nobody', () => makeConfiguration([], ['a'], [], none)],
    ['an address of a stranger', () => makeConfiguration(['a'], null, [], new Map([['b', 'x']]))],
    [
      'an incarnation of a stranger',
      () => makeConfiguration(['a'], null, [], none, new Map([['b', 1]])),
    ],
    ['incarnation 0', () => makeConfiguration(['a'], null, [], none, new Map([['a', 0]]))],
    ['no voter, in the short form', () => configuration([])],
  ]
  for (const [what, make] of impossible) {
    test(what, () => expect(make).toThrow(AssertionError))
  }
})

test('who is who in a joint configuration', () => {
  const joint = makeConfiguration(['a', 'b'], ['b', 'c', 'd'], ['d', 'e'], none)
  expect(votersOf(joint)).toEqual(['a', 'b', 'c', 'd'])
  expect(serversOf(joint)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(['a', 'c', 'd', 'e', 'f'].map((id) => isVoter(joint, id))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  expect(['d', 'e', 'f'].map((id) => isMember(joint, id))).toEqual([true, true, false])
})

test('configurations are the same in any order, and not with other addresses or data', () => {
  const one = makeConfiguration(['a', 'b'], null, ['c'], new Map([['a', 'x']]))
  const two = makeConfiguration(['b', 'a'], null, ['c'], new Map([['a', 'x']]))
  const moved = makeConfiguration(['a', 'b'], null, ['c'], new Map([['a', 'y']]))
  const joint = makeConfiguration(['a', 'b'], ['a'], ['c'], new Map([['a', 'x']]))
  expect(isSameConfiguration(one, two)).toBe(true)
  expect(isSameConfiguration(one, moved)).toBe(false)
  expect(isSameConfiguration(one, joint)).toBe(false)
  const known = { ...one, incarnations: new Map([['a', 1]]) }
  expect(isSameConfiguration(known, { ...two, incarnations: new Map([['a', 1]]) })).toBe(true)
  expect(isSameConfiguration(known, { ...two, incarnations: new Map([['a', 2]]) })).toBe(false)
  expect(isSameConfiguration(known, one)).toBe(false)
})

describe('the history of a log', () => {
  const [base, second, third] = ['abc', 'abcd', 'bcd'].map((ids) => configuration([...ids]))
  const at = (index: number, what: Configuration | undefined) =>
    entry(index, 1, 'configuration', encodeConfiguration(what as Configuration))

  function history(): ConfigurationHistory {
    const made = new ConfigurationHistory(base as Configuration)
    made.appended(at(5, second))
    made.appended(at(9, third))
    return made
  }

  test('the newest holds, wherever it stands', () => {
    expect(history().newest).toEqual(third)
    expect(history().newestIndex).toBe(9)
    expect(history().previous).toEqual(second)
    expect(new ConfigurationHistory(base as Configuration).previous).toBeNull()
  })

  test('a log that is cut off goes back to the one before, and never below its base', () => {
    const cut = history()
    expect(cut.truncated(10)).toBe(false)
    expect(cut.truncated(9)).toBe(true)
    expect(cut.newest).toEqual(second)
    expect(cut.truncated(1)).toBe(true)
    expect([cut.newest, cut.newestIndex]).toEqual([base, 0])
    expect(cut.truncated(1)).toBe(false)
  })

  test('a snapshot takes along what held at its last entry', () => {
    expect([0, 4, 5, 8, 9, 99].map((index) => history().asOf(index))).toEqual([
      base,
      base,
      second,
      second,
      third,
      third,
    ])
  })

  test('all of them but the newest are committed, whatever is known of the commit index', () => {
    expect([0, 5, 8, 9, 99].map((index) => history().settledIndex(index))).toEqual([5, 5, 5, 9, 9])
    expect(new ConfigurationHistory(base as Configuration).settledIndex(0)).toBe(0)
    const cut = history()
    cut.truncated(9)
    expect([4, 5].map((index) => cut.settledIndex(index))).toEqual([0, 5])
    cut.discardedPrefix(7)
    expect(cut.settledIndex(7)).toBe(7)
  })

  test('a prefix that is discarded leaves what held at its end', () => {
    const shorter = history()
    shorter.discardedPrefix(7)
    expect(shorter.asOf(7)).toEqual(second)
    expect(shorter.newest).toEqual(third)
    shorter.truncated(8)
    expect([shorter.newest, shorter.newestIndex]).toEqual([second, 7])
    expect(() => shorter.asOf(6)).toThrow(AssertionError)
  })

  test('a snapshot that replaces the log is all there is', () => {
    const replaced = history()
    replaced.installed(40, base as Configuration)
    expect([replaced.newest, replaced.newestIndex, replaced.previous]).toEqual([base, 40, null])
  })

  test('what cannot be read, or stands behind the newest, is a bug', () => {
    expect(() => history().appended(at(9, base))).toThrow(AssertionError)
    const unreadable = entry(10, 1, 'configuration', new Uint8Array(3))
    expect(() => history().appended(unreadable)).toThrow(AssertionError)
  })
})
