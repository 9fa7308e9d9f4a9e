/**
 * §3.10, leadership transfer extension: the leader stops taking requests, brings its successor's
 * log up to its own, and tells it to stand for election at once; after an election timeout it goes
 * on.
 */
import { describe, expect, test } from 'vitest'
import { timeoutNowRequest } from '../../src/raft/index.ts'
import { Bench, type BenchSetup } from '../raft/harness.ts'
import { accepted, acceptedBy, appendEntries, requestVote, vote } from '../raft/messages.ts'

/** A leader of term 1 whose no-op everybody has. */
function leading(setup: BenchSetup = {}): Bench {
  const server = new Bench(setup).lead(1)
  server.receive(...server.takeSent('appendEntriesRequest').map(accepted))
  server.sent = []
  return server
}

function transfer(server: Bench, to: string | null): Bench {
  return server.step({ kind: 'transfer', transferId: 7, to })
}

describe('the leader', () => {
  test('tells a successor that has all of its log to stand for election', () => {
    const server = transfer(leading(), 's3')
    expect(server.takeOnly('timeoutNowRequest')).toMatchObject({ to: 's3', term: 1 })
    expect(server.answers).toEqual([])
  })

  test('waits until the successor has all of its log', () => {
    const server = transfer(leading().propose('x'), 's3')
    const requests = server.sent.filter((message) => message.kind === 'appendEntriesRequest')
    expect(server.takeSent('timeoutNowRequest')).toEqual([])
    server.receive(...acceptedBy('s2', requests))
    expect(server.takeSent('timeoutNowRequest')).toEqual([])
    server.receive(...acceptedBy('s3', requests))
    expect(server.takeSent('timeoutNowRequest')).toMatchObject([{ to: 's3' }])
  })

  test('takes no proposals meanwhile, and serves reads', () => {
    const server = transfer(leading(), 's3').propose('x').read(1)
    expect(server.answers).toMatchObject([{ kind: 'refused', refusal: 'transferring' }])
    server.receive(...acceptedBy('s2', server.takeSent('appendEntriesRequest')))
    expect(server.answers.at(-1)).toMatchObject({ kind: 'readable', readId: 1 })
  })

  test('repeats the message at its heartbeats, for messages are lost', () => {
    const server = transfer(leading(), 's3')
    server.sent = []
    server.elapse(49)
    expect(server.takeSent('timeoutNowRequest')).toEqual([])
    server.elapse(2)
    expect(server.takeSent('timeoutNowRequest')).toHaveLength(1)
  })

  test('has succeeded when the successor leads', () => {
    const server = transfer(leading(), 's3')
    server.receive({ ...requestVote('s3', { term: 2, last: [1, 1] }), isTransfer: true })
    expect(server.state).toMatchObject({ currentTerm: 2, votedFor: 's3' })
    expect(server.answers).toEqual([])
    server.receive(appendEntries('s3', { term: 2, prev: [1, 1] }))
    expect(server.answers).toEqual([
      { kind: 'transferred', transferId: 7, leaderId: 's3', term: 2 },
    ])
  })

  test('has not when another leads', () => {
    const server = transfer(leading(), 's3')
    server.receive(appendEntries('s2', { term: 2, prev: [1, 1] }))
    expect(server.answers).toMatchObject([
      { kind: 'transferRefused', refusal: 'otherLeader', leaderId: 's2' },
    ])
  })

  test('gives up after an election timeout, and takes proposals again', () => {
    const server = transfer(leading(), 's3')
    for (let i = 0; i < 6; i++) {
      server.elapse(50)
      server.receive(...acceptedBy('s2', server.takeSent('appendEntriesRequest')))
    }
    expect(server.answers).toEqual([
      { kind: 'transferRefused', transferId: 7, refusal: 'timedOut', leaderId: 's1' },
    ])
    expect(server.propose('x').answers.at(-1)).toMatchObject({ kind: 'accepted' })
    expect(server.elapse(50).takeSent('timeoutNowRequest')).toEqual([])
  })

  test('chooses the voter that has most of the log, where nobody is named', () => {
    const server = leading({ voters: 4 }).propose('x')
    server.receive(...acceptedBy('s3', server.takeSent('appendEntriesRequest')))
    expect(transfer(server, null).takeSent('timeoutNowRequest')).toMatchObject([{ to: 's3' }])
  })
})

describe('a transfer is refused', () => {
  const refusalOf = (server: Bench) => server.answers.at(-1)

  test('by a server that does not lead', () => {
    const server = new Bench().receive(appendEntries('s2', { term: 1 }))
    expect(refusalOf(transfer(server, 's3'))).toMatchObject({
      kind: 'transferRefused',
      refusal: 'notLeader',
      leaderId: 's2',
    })
  })

  test('to somebody who does not vote, or to nobody', () => {
    expect(refusalOf(transfer(leading(), 's9'))).toMatchObject({ refusal: 'notVoter' })
    expect(refusalOf(transfer(leading({ voters: 1 }), null))).toMatchObject({ refusal: 'notVoter' })
  })

  test('while another is under way', () => {
    const server = transfer(transfer(leading(), 's3'), 's2')
    expect(refusalOf(server)).toMatchObject({ refusal: 'transferring' })
  })

  test('to whom it leads already it is granted', () => {
    expect(refusalOf(transfer(leading(), 's1'))).toMatchObject({ kind: 'transferred', term: 1 })
  })
})

describe('the successor', () => {
  const following = (setup: BenchSetup = {}) =>
    new Bench({ log: [1], ...setup }).receive(appendEntries('s2', { term: 1, prev: [1, 1] }))
  const now = timeoutNowRequest('s2', 's1', 1)

  test('stands for election at once, without asking whether it would be elected', () => {
    const server = following({ options: { preVote: true } }).receive(now)
    expect(server.state).toMatchObject({ currentTerm: 2, votedFor: 's1' })
    expect(server.takeSent('requestVoteRequest')).toMatchObject([
      { to: 's2', isTransfer: true },
      { to: 's3', isTransfer: true },
    ])
    expect(server.receive(vote('s2', { term: 2 })).state.role.kind).toBe('leader')
  })

  test('does so once, however often it is told', () => {
    const server = following().receive(now, now)
    expect(server.state.currentTerm).toBe(2)
  })

  test('ignores who does not lead it, and what was said in an earlier term', () => {
    expect(following().receive({ ...now, from: 's3' }).state.currentTerm).toBe(1)
    const later = following().receive(appendEntries('s3', { term: 2, prev: [1, 1] }), now)
    expect(later.state).toMatchObject({ currentTerm: 2, role: { kind: 'follower' } })
  })

  test('says in later elections of its own that nobody has asked for them', () => {
    const server = following().receive(now)
    server.sent = []
    server.timeOut()
    expect(server.takeSent('requestVoteRequest')).toMatchObject([
      { term: 3, isTransfer: false },
      { term: 3, isTransfer: false },
    ])
  })
})
