/**
 * §3.3, Raft basics: three roles, terms as a logical clock, and the term rule that holds for every
 * message in every role (R9, R21). One test for each statement of the section.
 */
import { describe, expect, test } from 'vitest'
import { Bench } from '../raft/harness.ts'
import { accepted, appendEntries, bare, refused, requestVote, vote } from '../raft/messages.ts'

const roles = ['follower', 'candidate', 'leader'] as const

/** A server of term 2 in the given role. */
function inRole(role: (typeof roles)[number]): Bench {
  const bench = new Bench({ currentTerm: 1 })
  if (role === 'follower') bench.receive(appendEntries('s2', { term: 2 }))
  if (role === 'candidate') bench.timeOut()
  if (role === 'leader') bench.lead()
  expect(bench.state.role.kind).toBe(role)
  expect(bench.state.currentTerm).toBe(2)
  bench.sent = []
  return bench
}

/** One message of each kind, in a term, as another server could send it. */
function everyKind(term: number) {
  const request = appendEntries('s1', { to: 's3', term })
  return [
    requestVote('s3', { term, last: [9, term] }),
    vote('s3', { term, voteGranted: false }),
    appendEntries('s3', { term }),
    refused(request, [0, 0]),
    bare(refused(request, [0, 0])),
  ]
}

describe('terms as a logical clock', () => {
  for (const role of roles) {
    for (const message of everyKind(5)) {
      test(`a ${role} adopts the later term of any ${message.kind} and follows`, () => {
        const bench = inRole(role).receive(message)
        expect(bench.state.currentTerm).toBe(5)
        expect(bench.state.role.kind).toBe('follower')
      })
    }

    test(`a ${role} refuses a vote asked for in an obsolete term, and names its own`, () => {
      const bench = inRole(role).receive(requestVote('s3', { term: 1, last: [9, 1] }))
      expect(bench.takeOnly('requestVoteResponse')).toMatchObject({ term: 2, voteGranted: false })
      expect(bench.state.role.kind).toBe(role)
    })

    test(`a ${role} refuses entries of an obsolete term, stores nothing and names its term`, () => {
      const bench = inRole(role)
      const before = bench.logTerms
      bench.receive(appendEntries('s3', { term: 1, entries: [1, 1], leaderCommit: 2 }))
      expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ term: 2, success: false })
      expect(bench.logTerms).toEqual(before)
      expect(bench.state.commitIndex).toBe(0)
      expect(bench.state.role.kind).toBe(role)
    })

    test(`a ${role} is not moved by answers of an obsolete term`, () => {
      const bench = inRole(role)
      const request = appendEntries('s1', { to: 's3', term: 1 })
      const before = JSON.stringify([bench.state.role, bench.state.electionDeadline])
      bench.receive(vote('s3', { term: 1 }), accepted(request), bare(accepted(request)))
      expect(JSON.stringify([bench.state.role, bench.state.electionDeadline])).toBe(before)
      expect(bench.sent).toEqual([])
    })
  }

  test('a granted vote of a later term is no vote: it only tells the term', () => {
    const bench = inRole('candidate').receive(vote('s2', { term: 3 }), vote('s3', { term: 3 }))
    expect(bench.state.role.kind).toBe('follower')
    expect(bench.state.currentTerm).toBe(3)
    expect(bench.state.votedFor).toBeNull()
  })

  test('terms are whole consecutive numbers: each election is in the next one', () => {
    const bench = new Bench()
    const terms = [1, 2, 3, 4].map(() => bench.timeOut().state.currentTerm)
    expect(terms).toEqual([1, 2, 3, 4])
  })

  test('a server may miss whole terms', () => {
    const bench = new Bench({ currentTerm: 1 }).receive(appendEntries('s2', { term: 40 }))
    expect(bench.state.currentTerm).toBe(40)
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ term: 40, success: true })
  })
})

describe('followers are passive', () => {
  test('a follower that hears its leader sends nothing of its own', () => {
    const bench = inRole('follower')
    for (let i = 0; i < 50; i++) {
      bench.elapse(bench.state.options.electionTimeoutMinMs - 1)
      bench.receive(appendEntries('s2', { term: 2 }))
    }
    expect(new Set(bench.sent.map(({ kind }) => kind))).toEqual(new Set(['appendEntriesResponse']))
    expect(bench.sent).toHaveLength(50)
  })

  test('a client that asks a follower is told who leads', () => {
    const bench = inRole('follower').propose('x')
    expect(bench.answers).toEqual([
      { kind: 'refused', proposalId: 1, refusal: 'notLeader', leaderId: 's2' },
    ])
    expect(bench.logTerms).toEqual([])
  })
})

describe('at most one leader in a term', () => {
  test('a term may end without a leader', () => {
    const bench = inRole('candidate')
    bench.receive(vote('s2', { term: 2, voteGranted: false }))
    bench.timeOut()
    expect(bench.state.currentTerm).toBe(3)
    expect(bench.state.role.kind).toBe('candidate')
  })

  test('a leader does not bow to another server that claims its own term', () => {
    const bench = inRole('leader').receive(appendEntries('s3', { term: 2, entries: [2, 2, 2] }))
    expect(bench.state.role.kind).toBe('leader')
    expect(bench.logTerms).toEqual([2])
    expect(bench.sent).toEqual([])
    expect(bench.notices.at(-1)).toMatchObject({ kind: 'contradiction', from: 's3' })
  })

  test('a follower keeps the leader it knows when another claims the same term', () => {
    const bench = inRole('follower').receive(appendEntries('s3', { term: 2, entries: [2] }))
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
    expect(bench.logTerms).toEqual([])
    expect(bench.sent).toEqual([])
    expect(bench.notices.at(-1)).toMatchObject({ kind: 'contradiction', from: 's3' })
  })
})

test('requests leave in parallel: all servers are asked in one batch', () => {
  const bench = new Bench({ voters: 5 }).timeOut()
  expect(bench.takeSent('requestVoteRequest').map(({ to }) => to)).toEqual(bench.others)
  bench.lead(1)
  expect(bench.takeSent('appendEntriesRequest').map(({ to }) => to)).toEqual(bench.others)
})
