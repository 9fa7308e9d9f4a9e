/** Every vote that is not given is told of, with the reason; one that is given is not. */
import { describe, expect, test } from 'vitest'
import { describeNotice, preVoteRequest } from '../../src/raft/index.ts'
import { Bench, type BenchSetup } from './harness.ts'
import { appendEntries, requestVote } from './messages.ts'

function refusals(bench: Bench): string[] {
  return bench.notices.filter(({ kind }) => kind === 'voteRefused').map(describeNotice)
}

function voter(setup: BenchSetup = {}): Bench {
  return new Bench({ log: [1, 1, 2], currentTerm: 4, ...setup })
}

describe('a vote is refused', () => {
  test('since another has it', () => {
    const bench = voter({ votedFor: 's3' })
    bench.receive(requestVote('s2', { term: 4, last: [9, 4] }))
    expect(refusals(bench)).toEqual([
      'refuses s2 a vote for term 4: it has voted for s3 in that term',
    ])
  })

  test('since the term is over', () => {
    const bench = voter().receive(requestVote('s2', { term: 3, last: [9, 3] }))
    expect(refusals(bench)).toEqual(['refuses s2 a vote for term 3: it is in term 4'])
  })

  test.each<[readonly [number, number], string]>([
    [[2, 2], '2@2'],
    [[9, 1], '9@1'],
  ])('since the log ends early: %j', (last, text) => {
    const bench = voter().receive(requestVote('s2', { term: 5, last: [last[0], last[1]] }))
    expect(refusals(bench)).toEqual([
      `refuses s2 a vote for term 5: the candidate's log ends with ${text}, its own with 3@2`,
    ])
  })

  test('for the sake of a leader', () => {
    const bench = voter({ options: { preVote: true } })
    bench.receive(appendEntries('s3', { term: 4, prev: [3, 2] }))
    bench.receive(requestVote('s2', { term: 5, last: [9, 4] }))
    expect(refusals(bench)).toEqual(['refuses s2 a vote for term 5: it hears a leader'])
  })

  test('and one that is given is no refusal', () => {
    const bench = voter().receive(requestVote('s2', { term: 5, last: [3, 2] }))
    expect(bench.takeSent('requestVoteResponse')).toMatchObject([{ voteGranted: true }])
    expect(refusals(bench)).toEqual([])
  })
})

describe('a pre-vote is refused', () => {
  const ask = (bench: Bench, term: number, last: readonly [number, number]): Bench =>
    bench.receive(preVoteRequest('s2', 's1', term, last[0], last[1], 1))

  test('for each of its reasons', () => {
    const options = { preVote: true }
    expect(refusals(ask(voter({ options }), 4, [9, 4]))).toEqual([
      'refuses s2 a pre-vote for term 4: it is in term 4',
    ])
    expect(refusals(ask(voter({ options }), 5, [1, 1]))).toEqual([
      "refuses s2 a pre-vote for term 5: the candidate's log ends with 1@1, its own with 3@2",
    ])
    const following = voter({ options }).receive(appendEntries('s3', { term: 4, prev: [3, 2] }))
    expect(refusals(ask(following, 5, [9, 4]))).toEqual([
      'refuses s2 a pre-vote for term 5: it hears a leader',
    ])
  })

  test('and one that is given is no refusal, whoever has the vote of the term', () => {
    const bench = ask(voter({ options: { preVote: true }, votedFor: 's3' }), 5, [3, 2])
    expect(bench.takeSent('preVoteResponse')).toMatchObject([{ voteGranted: true }])
    expect(refusals(bench)).toEqual([])
  })
})
