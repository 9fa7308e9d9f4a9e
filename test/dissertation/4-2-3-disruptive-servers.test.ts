/**
 * §4.2.3, disruptive servers: whoever hears a leader does not help to depose it. With pre-vote,
 * where `preVote` is on (§9.6).
 */
import { describe, expect, test } from 'vitest'
import { Bench, type BenchSetup } from '../raft/harness.ts'
import { accepted, acceptedBy, appendEntries, preVote, requestVote } from '../raft/messages.ts'

const options = { preVote: true }

function following(setup: BenchSetup = {}): Bench {
  const server = new Bench({ log: [1, 2], options, ...setup })
  return server.receive(appendEntries('s2', { term: 2, prev: [2, 2] }))
}

function leading(): Bench {
  const server = new Bench({ options }).timeOut()
  server.receive(preVote('s2', { term: 0, requestId: 1 })).lead(1)
  server.receive(...server.takeSent('appendEntriesRequest').map(accepted))
  return server
}

describe('within the shortest election timeout of hearing from a leader', () => {
  test('a server neither grants its vote nor updates its term', () => {
    const server = following().elapse(149)
    server.sent = []
    server.receive(requestVote('s3', { term: 9, last: [9, 8] }))
    expect(server.state).toMatchObject({ currentTerm: 2, role: { leaderId: 's2' } })
    expect(server.takeOnly('requestVoteResponse')).toMatchObject({ term: 2, voteGranted: false })
    server.elapse(1).receive(requestVote('s3', { term: 9, last: [9, 8] }))
    expect(server.state).toMatchObject({ currentTerm: 9, votedFor: 's3' })
  })

  test('a leader that a majority answers does not either; one that nobody answers does', () => {
    const server = leading().elapse(100)
    server.receive(requestVote('s3', { term: 9, last: [9, 8] }))
    expect(server.state.role.kind).toBe('leader')
    server.elapse(50).receive(requestVote('s3', { term: 9, last: [9, 8] }))
    expect(server.state).toMatchObject({ currentTerm: 9, votedFor: 's3' })
  })

  test('it holds for the time since the leader was heard, also in a later term', () => {
    const server = following().elapse(100)
    server.receive(preVote('s3', { term: 5, requestId: 7, voteGranted: false }))
    expect(server.state.currentTerm).toBe(5)
    server.receive(requestVote('s3', { term: 6, last: [9, 5] }))
    expect(server.state).toMatchObject({ currentTerm: 5, votedFor: null })
    server.elapse(50).receive(requestVote('s3', { term: 6, last: [9, 5] }))
    expect(server.state.votedFor).toBe('s3')
  })

  test('the leader may ask for the election itself (§3.10)', () => {
    const server = following()
    server.receive({ ...requestVote('s3', { term: 3, last: [2, 2] }), isTransfer: true })
    expect(server.state).toMatchObject({ currentTerm: 3, votedFor: 's3' })
  })

  test('without the option the later term is adopted, as Figure 3.1 has it', () => {
    const server = following({ options: {} })
    server.receive(requestVote('s3', { term: 9, last: [9, 8] }))
    expect(server.state).toMatchObject({ currentTerm: 9, votedFor: 's3' })
  })
})

test('a leader whose term is behind a follower’s learns it from the answer, and steps down', () => {
  const server = leading().elapse(50)
  const [request] = server.takeSent('appendEntriesRequest')
  if (request === undefined) throw new Error('a heartbeat was sent')
  server.receive({ ...accepted(request), term: 9, success: false, matchIndex: 0, hintTerm: 1 })
  expect(server.state).toMatchObject({ currentTerm: 9, role: { kind: 'follower' } })
})

describe('a leader that no majority answers', () => {
  test('sends nothing more once an election timeout is over, not even what it is given', () => {
    const server = leading()
    server.elapse(299).sent = []
    server.now += 2
    server.batch(() => server.propose('x').read(1))
    expect(server.sent).toEqual([])
    server.step({ kind: 'tick' })
    expect(server.state.role.kind).toBe('follower')
  })

  test('goes on where the answers are waiting to be read', () => {
    const server = leading().elapse(250)
    const answers = acceptedBy('s2', server.takeSent('appendEntriesRequest'))
    server.now += 100
    server.batch(() => server.receive(...answers).propose('x'))
    expect(server.takeSent('appendEntriesRequest')).not.toEqual([])
    expect(server.state.role.kind).toBe('leader')
  })
})
