/** What a server remembers of the promises of others, and what it makes of one that has less. */
import { describe, expect, test } from 'vitest'
import { configuration, missingOf, promisedBy } from '../../src/raft/index.ts'
import { Bench } from './harness.ts'
import { accepted, appendEntries, requestVote } from './messages.ts'

describe('what is missing of a promise', () => {
  const promised = { incarnation: 1, term: 5, matchIndex: 20, committedIndex: 12 }

  test.each<[string, number, number, string | null]>([
    ['all is there', 5, 20, null],
    ['there is more', 5, 21, null],
    ['the term is gone', 4, 30, 'term 5, and it has only heard of 4'],
    ['entries are gone', 5, 19, 'entries through 20, and its log ends with 19'],
    ['entries that a later leader may have taken back', 6, 12, null],
    ['entries that nobody takes back', 6, 11, 'entries through 12, and its log ends with 11'],
  ])('%s', (_, term, lastIndex, missing) => {
    expect(missingOf(promised, { term, lastIndex, refillTerm: 0 })).toBe(missing)
  })

  test('nothing, where the log was given up since, and the server knows it', () => {
    const kept = { term: 6, lastIndex: 0 }
    expect(missingOf(promised, { ...kept, refillTerm: 6 })).toBeNull()
    expect(missingOf(promised, { ...kept, refillTerm: 5 })).toContain('entries through 12')
    expect(missingOf(promised, { term: 4, lastIndex: 0, refillTerm: 4 })).toContain('term 5')
  })
})

describe('is remembered', () => {
  test('of a follower: the term, what it acknowledged, and what of that is committed', () => {
    const bench = new Bench({ voters: 5, log: [1, 1] }).lead(2)
    const [request] = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(promisedBy(bench.state, 's5')).toBeNull()
    expect(promisedBy(bench.state, 's2')).toMatchObject({ term: 2, matchIndex: 0 })
    if (request === undefined) throw new Error('a leader speaks at once')
    bench.receive(accepted(request))
    expect(promisedBy(bench.state, 's2')).toMatchObject({ term: 2, matchIndex: 3 })
    expect(promisedBy(bench.state, 's2')).toMatchObject({ committedIndex: 0 })
  })

  test('when the leader is none any more, under the term in which it led', () => {
    const bench = new Bench({ voters: 3, log: [1, 1] }).lead(2).propose('x')
    const sent = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.receive(...sent.map((request) => accepted(request)))
    const before = promisedBy(bench.state, 's2')
    const last = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.receive(...last.map((request) => accepted(request)))
    const { lastIndex } = bench.state.log
    const promise = { term: 2, matchIndex: lastIndex, committedIndex: lastIndex }
    expect(promisedBy(bench.state, 's2')).toMatchObject(promise)
    expect(before?.matchIndex).toBeLessThanOrEqual(lastIndex)
    bench.receive(appendEntries('s3', { term: 9, prev: [lastIndex, 2] }))
    expect(bench.state.currentTerm).toBe(9)
    expect(promisedBy(bench.state, 's2')).toMatchObject(promise)
    expect(promisedBy(bench.state, 's3')).toMatchObject({ term: 9, matchIndex: 0 })
  })

  test('of a candidate, a voter and a leader: the term', () => {
    const bench = new Bench({ voters: 5, log: [1] })
    bench.receive(requestVote('s2', { term: 4, last: [1, 1] }))
    expect(promisedBy(bench.state, 's2')).toMatchObject({ term: 4, committedIndex: 0 })
    bench.receive(appendEntries('s3', { term: 6, prev: [1, 1] }))
    expect(promisedBy(bench.state, 's3')).toMatchObject({ term: 6 })
    bench.lead(7)
    expect(promisedBy(bench.state, 's4')).toBeNull()
    expect(promisedBy(bench.state, 's2')).toMatchObject({ term: 7 })
  })

  test('not of strangers, whose names anybody can make up', () => {
    const bench = new Bench({ voters: 3, log: [1] })
    bench.receive(requestVote('s9', { term: 4, last: [1, 1] }))
    expect(promisedBy(bench.state, 's9')).toBeNull()
  })

  test('for the directory that the configuration names', () => {
    const known = { ...configuration(['s1', 's2', 's3']), incarnations: new Map([['s2', 77]]) }
    const bench = new Bench({ configuration: known, log: [1] })
    bench.receive(requestVote('s2', { term: 4, last: [1, 1] }))
    expect(promisedBy(bench.state, 's2')).toMatchObject({ incarnation: 77, term: 4 })
    bench.receive(requestVote('s3', { term: 5, last: [1, 1] }))
    expect(promisedBy(bench.state, 's3')).toMatchObject({ incarnation: null, term: 5 })
  })
})
