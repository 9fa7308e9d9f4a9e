/** What a torture counts: exactly-once effects and the order of changes, on histories by hand. */
import { describe, expect, test } from 'vitest'
import type { Attempt, Ending } from '../../src/cli/torture/attempt.ts'
import { countExactlyOnce } from '../../src/cli/torture/exactly-once.ts'
import { idleChurnProblems } from '../../src/cli/torture/idle-churn.ts'
import { logOrderProblems } from '../../src/cli/torture/log-order.ts'
import { unrest } from '../../src/cli/torture/settling.ts'
import type { ServerStatus } from '../../src/library/index.ts'

const unknown: Ending = { kind: 'unknown', code: 'TIMEOUT' }
const notApplied: Ending = { kind: 'notApplied', code: 'TIMEOUT' }

function told(sum: number): Ending {
  const output = { kind: 'incremented', sum, version: sum } as const
  return { kind: 'acknowledged', output, modificationIndex: sum }
}

function changed(version: number, modificationIndex: number = version): Ending {
  return { kind: 'acknowledged', output: { kind: 'changed', version }, modificationIndex }
}

function increment(ending: Ending, key = 'n'): Attempt {
  return { input: { kind: 'increment', key, by: 1 }, ending, callMs: 0, returnMs: 1 }
}

function append(serial: number, ending: Ending, key = 'j'): Attempt {
  const input = { kind: 'append', key, value: `${serial};` } as const
  return { input, ending, callMs: 0, returnMs: 1 }
}

function count(attempts: readonly Attempt[], finals: Record<string, string | null>) {
  return countExactlyOnce(attempts, new Map(Object.entries(finals)), {
    counters: Object.keys(finals).filter((key) => key.startsWith('n')),
    journals: Object.keys(finals).filter((key) => key.startsWith('j')),
  })
}

describe('increments', () => {
  const attempts = [increment(told(1)), increment(told(2)), increment(unknown)]

  test('that were acknowledged happened once, those of unknown outcome at most once', () => {
    for (const [value, happened] of [
      ['2', 0],
      ['3', 1],
    ] as const) {
      const { problems, increments } = count(attempts, { n: value })
      expect(problems).toEqual([])
      expect(increments).toEqual({
        acknowledged: 2,
        unknownApplied: happened,
        unknownNotApplied: 1 - happened,
        notApplied: 0,
      })
    }
  })

  test.each([
    ['lost', attempts, '1'],
    ['repeated', attempts, '4'],
    ['made of nothing', [], '1'],
    ['not a number', attempts, '2 or so'],
    ['made after it was promised to have had no effect', [increment(notApplied)], '1'],
  ])('are told when one was %s', (_, given, value) => {
    const [problem] = count(given, { n: value }).problems
    expect(problem).toContain(
      `n is ${value} after ${given.length && 2 * Number(given === attempts)}`,
    )
  })

  test('of a key that is absent in the end count as none', () => {
    expect(count([increment(unknown)], { n: null }).problems).toEqual([])
    expect(count([increment(told(1))], { n: null }).problems[0]).toContain('n is 0 after 1')
  })

  test('are told apart by their sums, none of which is above the last', () => {
    const twice = [increment(told(1)), increment(told(1))]
    expect(count(twice, { n: '2' }).problems).toEqual(['two increments of n were both told 1'])
    const above = [increment(told(1)), increment(told(3)), increment(unknown)]
    expect(count(above, { n: '2' }).problems).toEqual(['n is 2, and an increment was told 3'])
  })

  test('are counted for each key by itself', () => {
    const two = [increment(told(1), 'n1'), increment(told(1), 'n2')]
    expect(count(two, { n1: '1', n2: '1' }).problems).toEqual([])
    expect(count(two, { n1: '2', n2: '0' }).problems).toHaveLength(3)
  })
})

describe('serial numbers', () => {
  const attempts = [append(1, changed(1)), append(2, unknown), append(3, notApplied)]

  test.each([
    ['1;', 0],
    ['1;2;', 1],
    ['2;1;', 1],
  ])('are all where they belong in %s', (value, happened) => {
    const { problems, serials } = count(attempts, { j: value })
    expect(problems).toEqual([])
    expect(serials).toEqual({
      acknowledged: 1,
      unknownApplied: happened,
      unknownNotApplied: 1 - happened,
      notApplied: 1,
    })
  })

  test.each([
    [null, 'j: serial numbers 1 acknowledged, and not there'],
    ['2;', 'j: serial numbers 1 acknowledged, and not there'],
    ['1;2;1;', 'j: serial numbers 1 there more than once'],
    ['1;2;2;', 'j: serial numbers 2 there more than once'],
    ['1;3;', 'j: serial numbers 3 promised to have had no effect, and there'],
    ['1;9;', 'j: serial numbers 9 there, and sent by nobody'],
  ])('are not in %s', (value, problem) => {
    expect(count(attempts, { j: value }).problems).toEqual([problem])
  })

  test('that are missing by the dozen are not all listed', () => {
    const many = Array.from({ length: 12 }, (_, i) => append(i, changed(i)))
    expect(count(many, { j: null }).problems).toEqual([
      'j: serial numbers 0, 1, 2, 3, 4 and 7 more acknowledged, and not there',
    ])
  })
})

describe('the order of changes in the log', () => {
  const at = (index: number, callMs: number, returnMs: number): Attempt => {
    return { ...append(index, changed(1, index), `k${index}`), callMs, returnMs }
  }

  test('may be any for those that overlap', () => {
    expect(logOrderProblems([at(2, 0, 10), at(1, 5, 15)])).toEqual([])
    expect(logOrderProblems([at(2, 0, 10), at(1, 10, 15)])).toEqual([])
    expect(logOrderProblems([at(1, 0, 10), at(2, 11, 15)])).toEqual([])
  })

  test('is that of time for those that do not', () => {
    expect(logOrderProblems([at(2, 0, 10), at(3, 0, 1), at(1, 11, 15)])).toEqual([
      'append k1 of 11 ms has index 1, after append k3 of 0 ms was acknowledged with 3',
    ])
  })

  test('has one place for each', () => {
    expect(logOrderProblems([at(4, 0, 10), at(4, 0, 10)])).toEqual([
      'append k4 of 0 ms and append k4 of 0 ms both have index 4',
    ])
  })
})

describe('churn', () => {
  const churn = { add: 1, remove: 1, replace: 1, transfer: 0, attemptsFailed: 0 }
  const bytes = { directoryBytes: 0, directoryBytesMax: 1 }
  const sights = { leaders: 2, snapshotsTaken: 1, snapshotsInstalled: 1, ...bytes }

  test('that has had some of each is well', () => {
    expect(idleChurnProblems(churn, sights, 90_000)).toEqual([])
  })

  test.each([
    [{ ...churn, add: 0 }, sights, 'no server was added'],
    [{ ...churn, remove: 0 }, sights, 'no server was removed'],
    [{ ...churn, replace: 0 }, sights, 'no server was replaced'],
    [churn, { ...sights, snapshotsTaken: 0 }, 'no snapshot was taken'],
    [churn, { ...sights, snapshotsInstalled: 0 }, 'no server began with a snapshot of another'],
    [churn, { ...sights, leaders: 1 }, 'leadership never moved'],
    [churn, { ...sights, leaders: 0 }, 'leadership never moved'],
  ])('that has had none of something is told from a minute on: %#', (counts, seen, what) => {
    expect(idleChurnProblems(counts, seen, 59_999)).toEqual([`${what} within 60 s of churn`])
    expect(idleChurnProblems(counts, seen, 59_000)).toEqual([])
    expect(idleChurnProblems(null, seen, 59_999)).toEqual([])
  })
})

describe('a cluster at rest', () => {
  const status = (id: string, given: Partial<ServerStatus> = {}): ServerStatus =>
    ({
      ...{ id, role: id === 'a' ? 'leader' : 'follower', leaderId: 'a', term: 3 },
      ...{ lastApplied: 7, lastLogIndex: 7, digest: 'd' },
      ...given,
    }) as ServerStatus

  test('has one leader, whom all follow, with the same log and state', () => {
    expect(unrest([status('a'), status('b'), status('c')])).toBeNull()
  })

  test.each([
    [[status('a'), null], '1 of 2 servers say nothing'],
    [[status('b'), status('c')], '0 servers lead'],
    [[status('a'), status('b', { role: 'leader' })], '2 servers lead'],
    [[status('a'), status('b', { leaderId: null })], 'b does not follow a in term 3'],
    [[status('a'), status('b', { term: 2 })], 'b does not follow a in term 3'],
    [[status('a', { lastApplied: 6 })], 'a has applied 6 of 7 entries'],
    [[status('a'), status('b', { lastApplied: 6 })], 'b has applied 6 of 7 entries'],
    [[status('a'), status('b', { lastLogIndex: 8 })], 'b has applied 7 of 7 entries'],
    [[status('a'), status('b', { digest: 'e' })], 'the states of b and a differ'],
  ])('is not one where something is amiss', (statuses, reason) => {
    expect(unrest(statuses)).toBe(reason)
  })
})
