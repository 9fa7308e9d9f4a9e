/**
 * §9.6, preventing disruptions when a server rejoins the cluster: nobody begins a term that it
 * could not win, and asking changes nothing at those who are asked.
 */
import { describe, expect, test } from 'vitest'
import { preVoteRequest } from '../../src/raft/index.ts'
import { Bench, type BenchSetup } from '../raft/harness.ts'
import { accepted, appendEntries, preVote, requestVote, vote } from '../raft/messages.ts'

function bench(setup: BenchSetup = {}): Bench {
  return new Bench({ ...setup, options: { preVote: true, ...setup.options } })
}

/** A follower of s2 in term 2, which it has just heard. */
function following(setup: BenchSetup = {}): Bench {
  const server = bench({ log: [1, 2], ...setup })
  server.receive(appendEntries('s2', { term: 2, prev: [2, 2] }))
  server.sent = []
  return server
}

describe('a server that has not heard its leader in time', () => {
  test('asks before it begins a term: term and vote are as they were', () => {
    const server = following({ votedFor: 's2' }).timeOut()
    expect(server.state).toMatchObject({
      currentTerm: 2,
      votedFor: 's2',
      role: { kind: 'preCandidate' },
    })
    expect(server.takeSent('preVoteRequest')).toMatchObject([
      { to: 's2', term: 3, lastLogIndex: 2, lastLogTerm: 2 },
      { to: 's3', term: 3, lastLogIndex: 2, lastLogTerm: 2 },
    ])
    expect(server.disk.currentTerm).toBe(2)
  })

  test('stands for election when a majority would vote for it', () => {
    const server = following().timeOut()
    server.receive(preVote('s3', { term: 2, requestId: 1 }))
    expect(server.state).toMatchObject({ currentTerm: 3, votedFor: 's1' })
    expect(server.takeSent('requestVoteRequest')).toMatchObject([
      { to: 's2', term: 3 },
      { to: 's3', term: 3 },
    ])
    server.receive(vote('s3', { term: 3 }))
    expect(server.state.role.kind).toBe('leader')
  })

  test('counts the answer of a voter that is terms behind', () => {
    const server = following()
      .timeOut()
      .receive(preVote('s3', { term: 0, requestId: 1 }))
    expect(server.state.role.kind).toBe('candidate')
  })

  test('asks again, in the same term, for as long as nobody answers', () => {
    const server = following().timeOut().timeOut().timeOut()
    expect(server.state).toMatchObject({ currentTerm: 2, role: { kind: 'preCandidate' } })
    const ids = new Set(server.takeSent('preVoteRequest').map(({ requestId }) => requestId))
    expect([...ids]).toEqual([1, 2, 3])
  })

  test('does not count refusals, answers to an earlier round, or the same voter twice', () => {
    const server = following({ voters: 5 }).timeOut().timeOut()
    server.receive(preVote('s3', { term: 2, requestId: 1 }))
    server.receive(preVote('s4', { term: 2, requestId: 2, voteGranted: false }))
    server.receive(preVote('s5', { term: 2, requestId: 2 }))
    server.receive(preVote('s5', { term: 2, requestId: 2 }))
    expect(server.state.role.kind).toBe('preCandidate')
    server.receive(preVote('s3', { term: 2, requestId: 2 }))
    expect(server.state.role.kind).toBe('candidate')
  })

  test('adopts the term of a refusal: of two halves the one with the better log can win', () => {
    const server = following().timeOut()
    server.receive(preVote('s3', { term: 7, requestId: 1, voteGranted: false }))
    expect(server.state).toMatchObject({ currentTerm: 7, role: { kind: 'follower' } })
    server.sent = []
    server.timeOut()
    expect(server.takeSent('preVoteRequest')).toMatchObject([{ term: 8 }, { term: 8 }])
  })

  test('follows a leader that it hears again, and late answers are for nobody', () => {
    const server = following().timeOut()
    server.receive(appendEntries('s2', { term: 2, prev: [2, 2] }))
    expect(server.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
    server.receive(preVote('s3', { term: 2, requestId: 1 }))
    expect(server.state).toMatchObject({ currentTerm: 2, role: { kind: 'follower' } })
  })

  test('does not take an answer to the question for a vote', () => {
    const server = following()
      .timeOut()
      .receive(preVote('s3', { term: 2, requestId: 1 }))
    server.receive(preVote('s3', { term: 3, requestId: 1 }))
    expect(server.state.role.kind).toBe('candidate')
  })

  test('is a cluster of one: it asks itself, and leads', () => {
    const server = bench({ voters: 1 }).timeOut()
    expect(server.state).toMatchObject({ currentTerm: 1, role: { kind: 'leader' } })
  })
})

describe('a server that is asked', () => {
  const ask = (term: number, last: readonly [number, number] = [2, 2]) =>
    preVoteRequest('s3', 's1', term, last[0], last[1], 9)

  test('says yes where it would vote, and promises nothing', () => {
    const server = following({ votedFor: 's2' }).elapse(150)
    const { electionDeadline } = server.state
    server.receive(ask(3))
    expect(server.takeOnly('preVoteResponse')).toMatchObject({ voteGranted: true, requestId: 9 })
    expect(server.state).toMatchObject({ currentTerm: 2, votedFor: 's2', electionDeadline })
    server.receive({ ...ask(3), from: 's2' })
    expect(server.takeOnly('preVoteResponse')).toMatchObject({ voteGranted: true })
  })

  test('says no to a log that is behind its own', () => {
    const server = following()
      .elapse(150)
      .receive(ask(3, [1, 1]))
    expect(server.takeOnly('preVoteResponse')).toMatchObject({ voteGranted: false, term: 2 })
  })

  test('says no, and which term it is in, where that is the term asked for', () => {
    const server = following().elapse(150).receive(ask(2))
    expect(server.takeOnly('preVoteResponse')).toMatchObject({ voteGranted: false, term: 2 })
  })

  test('does not adopt the term, however late: nobody has begun it', () => {
    const server = following().elapse(150).receive(ask(99))
    expect(server.state.currentTerm).toBe(2)
  })

  test('says no as long as it hears a leader', () => {
    const server = following().elapse(149).receive(ask(3))
    expect(server.takeOnly('preVoteResponse')).toMatchObject({ voteGranted: false })
    server.elapse(1).receive(ask(3))
    expect(server.takeOnly('preVoteResponse')).toMatchObject({ voteGranted: true })
  })

  test('says no if it leads and is heard by a majority', () => {
    const server = bench()
      .timeOut()
      .receive(preVote('s2', { term: 0, requestId: 1 }))
      .lead(1)
    server.receive(...server.takeSent('appendEntriesRequest').map(accepted))
    server.receive(ask(2, [9, 1]))
    expect(server.takeOnly('preVoteResponse')).toMatchObject({ voteGranted: false, term: 1 })
  })
})

test('a rejoining server with a later term deposes nobody by its question', () => {
  const server = following()
  server.receive(preVoteRequest('s3', 's1', 50, 9, 2, 1))
  server.receive(requestVote('s3', { term: 50, last: [9, 2] }))
  expect(server.state).toMatchObject({ currentTerm: 2, role: { leaderId: 's2' } })
})
