/**
 * What the core does besides the dissertation: suspensions, peers that lose their logs, notices,
 * the shapes of messages, and the assertions that stop a server whose state is broken.
 */
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { Random } from '../../src/base/random.ts'
import { type Message, Raft } from '../../src/raft/index.ts'
import { ForeignFollower } from './foreign-follower.ts'
import { Bench, type BenchSetup, entriesOf } from './harness.ts'
import { accepted, appendEntries, bare, refused, requestVote, vote } from './messages.ts'

describe('a server that was suspended and goes on', () => {
  for (const role of ['follower', 'candidate', 'leader'] as const) {
    test(`as a ${role}: a follower with term, vote and log as they were and a fresh timer`, () => {
      const bench = new Bench({ log: [1] }).timeOut()
      if (role === 'leader') bench.lead(2)
      if (role === 'follower') bench.receive(appendEntries('s2', { term: 2 }))
      const before = [bench.state.currentTerm, bench.state.votedFor, bench.logTerms]
      bench.now += 60_000
      bench.step({ kind: 'resume' })
      expect(bench.state.role.kind).toBe('follower')
      expect([bench.state.currentTerm, bench.state.votedFor, bench.logTerms]).toEqual(before)
      expect(bench.state.electionDeadline).toBeGreaterThanOrEqual(bench.now + 150)
      bench.sent = []
      bench.elapse(149)
      expect(bench.sent).toEqual([])
    })
  }
})

describe('a peer that has lost what it acknowledged', () => {
  test('of ours is sent its log again, and its matchIndex stays', () => {
    const bench = new Bench().lead().propose('x', 'y')
    const peer = new Bench({ id: 's2' })
    exchange(bench, peer)
    expect(peer.logTerms).toEqual([1, 1, 1])
    const empty = new Bench({ id: 's2', currentTerm: 1, now: bench.now })
    bench.propose('z')
    exchange(bench, empty)
    expect(empty.logTerms).toEqual([1, 1, 1, 1])
    expect(bench.notices.filter(({ kind }) => kind === 'forgetfulPeer')).toEqual([
      { kind: 'forgetfulPeer', peer: 's2', matchIndex: 3 },
    ])
  })

  test('of another implementation is believed after three refusals', () => {
    const bench = new Bench({ options: farTimeouts }).lead().propose('x', 'y')
    const follower = new ForeignFollower('s2', [])
    foreignExchange(bench, follower)
    expect(follower.log).toHaveLength(3)
    follower.log.length = 0
    bench.propose('z')
    for (let i = 0; i < 3; i++) {
      foreignExchange(bench, follower)
      bench.wake()
    }
    foreignExchange(bench, follower)
    expect(follower.log.map(({ term }) => term)).toEqual([1, 1, 1, 1])
    expect(bench.notices.filter(({ kind }) => kind === 'forgetfulPeer')).toEqual([
      { kind: 'forgetfulPeer', peer: 's2', matchIndex: 3 },
    ])
  })
})

const farTimeouts = { electionTimeoutMinMs: 1e6, electionTimeoutMaxMs: 1e6 }

function exchange(leader: Bench, follower: Bench): void {
  for (let i = 0; i < 10; i++) {
    const requests = leader.takeSent('appendEntriesRequest').filter(({ to }) => to === follower.id)
    follower.receive(...requests)
    leader.receive(...follower.takeSent('appendEntriesResponse'))
  }
}

function foreignExchange(leader: Bench, follower: ForeignFollower): void {
  for (let i = 0; i < 10; i++) {
    for (const request of leader.takeSent('appendEntriesRequest')) {
      if (request.to === follower.id) follower.receive(request)
    }
    leader.receive(...follower.answers.splice(0))
  }
}

describe('answers that cannot be', () => {
  const request = appendEntries('s1', { to: 's2', term: 1, prev: [0, 0], entries: [1] })
  const leader = () => new Bench().lead()

  test('to requests that were never made are a contradiction', () => {
    const bench = leader().receive({ ...accepted(request), requestId: 99 })
    expect(bench.notices.at(-1)).toMatchObject({ kind: 'contradiction', from: 's2' })
    expect(bench.state.commitIndex).toBe(0)
  })

  test('a bare answer of a server that has echoed before is not counted', () => {
    const bench = leader()
    const [first] = bench.takeSent('appendEntriesRequest')
    if (first === undefined) throw new Error('nothing was sent')
    bench.receive(accepted(first)).propose('x')
    bench.receive(bare(accepted(request)), bare(accepted(request)))
    expect(bench.state.commitIndex).toBe(1)
  })
})

test('an answer to a request of an earlier term says nothing to who leads again', () => {
  const bench = new Bench({ log: [1, 1] }).lead(2)
  const obsolete = bench.takeSent('appendEntriesRequest').find(({ to }) => to === 's2')
  bench.receive(requestVote('s3', { term: 3, last: [9, 2] })).lead(4)
  const present = bench.takeSent('appendEntriesRequest').find(({ to }) => to === 's2')
  if (obsolete === undefined || present === undefined) throw new Error('nothing was sent')
  const follower = new Bench({ id: 's2', log: [1, 1, 2], currentTerm: 3 })
  follower.receive(present, obsolete)
  const [accepts, refuses] = follower.takeSent('appendEntriesResponse')
  if (accepts === undefined || refuses === undefined) throw new Error('nothing was answered')
  expect(accepts.success).toBe(true)
  expect(refuses).toMatchObject({ term: 4, success: false, requestId: present.requestId })

  bench.receive(accepts)
  const { role } = bench.elapse(1).state
  const before = role.kind === 'leader' ? { ...role.peers.get('s2') } : null
  const notices = bench.notices.length
  bench.sent = []
  bench.receive(refuses)
  expect(role.kind === 'leader' && { ...role.peers.get('s2') }).toEqual({
    ...before,
    unanswered: 0,
  })
  expect(bench.sent).toEqual([])
  expect(bench.notices.length).toBe(notices)
})

describe('notices', () => {
  test('tell each change of role once, with its reason', () => {
    const bench = new Bench().timeOut().timeOut().lead(2).elapse(300)
    bench.receive(appendEntries('s2', { term: 9 }), appendEntries('s2', { term: 9 }))
    const told = bench.notices.map((n) => (n.kind === 'roleChanged' ? [n.role, n.term] : n.kind))
    expect(told).toEqual([
      ['candidate', 1],
      ['candidate', 2],
      ['leader', 2],
      ['follower', 2],
      ['follower', 9],
      ['follower', 9],
    ])
    const reasons = bench.notices.map((n) => (n.kind === 'roleChanged' ? n.why : ''))
    expect(reasons[2]).toBe('votes of s1, s2')
    expect(new Set(reasons).size).toBe(6)
  })
})

test('all messages of a kind have one shape', () => {
  const shapes = new Map<string, Set<string>>()
  const note = (messages: readonly Message[]) => {
    for (const message of messages) {
      const shape = shapes.get(message.kind) ?? new Set<string>()
      shapes.set(message.kind, shape.add(Object.keys(message).join()))
    }
  }
  const bench = new Bench({ log: [1] }).timeOut()
  note(bench.sent)
  bench.lead(2).elapse(50).propose('x')
  note(bench.sent)
  bench.receive(
    requestVote('s2', { term: 5, last: [9, 2] }),
    requestVote('s3', { term: 5 }),
    appendEntries('s2', { term: 5, prev: [8, 2] }),
    appendEntries('s2', { term: 5, prev: [1, 1] }),
    appendEntries('s2', { term: 2 }),
  )
  note(bench.sent)
  expect([...shapes.keys()].sort()).toEqual([
    'appendEntriesRequest',
    'appendEntriesResponse',
    'requestVoteRequest',
    'requestVoteResponse',
  ])
  for (const shape of shapes.values()) expect(shape.size).toBe(1)
})

test('a server is a function of its inputs: the same ones, the same effects', () => {
  const run = () => {
    const bench = new Bench({ seed: 'twice' }).timeOut().lead(1).propose('x').elapse(120)
    bench.receive(vote('s2', { term: 1 }), requestVote('s3', { term: 7, last: [9, 9] })).elapse(500)
    return JSON.stringify([bench.sent, bench.disk, bench.notices, bench.state.electionDeadline])
  }
  expect(run()).toBe(run())
})

describe('what cannot be stops the server', () => {
  test('messages that are not for it, or come from itself', () => {
    const bench = () => new Bench()
    const strange = [requestVote('s2', { to: 's3', term: 1 }), requestVote('s1', { term: 1 })]
    for (const message of strange) {
      expect(() => bench().receive(message)).toThrow(AssertionError)
    }
  })

  test('acknowledgements of saves that were not given out, or out of order', () => {
    const saved = { kind: 'saved', currentTerm: 1, lastIndex: 0, lastTerm: 0, epoch: 0 } as const
    expect(() => new Bench().step({ ...saved, saveId: 1 })).toThrow(AssertionError)
    const bench = new Bench().timeOut()
    expect(() => bench.step({ ...saved, saveId: 1 })).toThrow(AssertionError)
  })

  test('a disk that cannot be: votes in term 0, entries of later terms, a stranger', () => {
    const make = (setup: BenchSetup) => () => new Bench(setup)
    expect(make({ votedFor: 's2' })).toThrow(AssertionError)
    expect(make({ log: [2], currentTerm: 1 })).toThrow(AssertionError)
    expect(make({ id: 's9' })).toThrow(AssertionError)
    expect(make({ voters: ['s1', 's2', 's2'] })).toThrow(AssertionError)
    expect(make({ voters: ['s1', ''] })).toThrow(AssertionError)
  })

  const broken: [string, (bench: Bench) => void][] = [
    ['more is committed than there is', (b) => Object.assign(b.state, { commitIndex: 99 })],
    ['more is applied than committed', (b) => Object.assign(b.state, { lastApplied: 1 })],
    ['more is durable than there is', (b) => Object.assign(b.state, { durableIndex: 99 })],
    ['the disk has a later term', (b) => Object.assign(b.state, { durableTerm: 99 })],
    ['the term is older than the log', (b) => Object.assign(b.state, { currentTerm: 1 })],
    ['the leader voted for another', (b) => Object.assign(b.state, { votedFor: 's2' })],
  ]
  for (const [what, breakIt] of broken) {
    test(`a state in which ${what}`, () => {
      const bench = new Bench({ log: [1, 1] }).lead()
      breakIt(bench)
      expect(() => bench.step({ kind: 'tick' })).toThrow(AssertionError)
    })
  }

  test('the invariants are checked where the options say so', () => {
    const raft = new Raft({
      id: 's1',
      voters: ['s1', 's2', 's3'],
      random: new Random('unverified'),
      now: 0,
      recovered: { currentTerm: 1, votedFor: null, entries: entriesOf([1]) },
    })
    Object.assign(raft.state, { lastApplied: 1 })
    expect(() => raft.step({ kind: 'tick' }, 1)).not.toThrow()
  })

  test('a refusal of a request that nobody made is no reason to go back', () => {
    const bench = new Bench({ log: [1, 1] }).lead()
    const [request] = bench.takeSent('appendEntriesRequest')
    if (request === undefined) throw new Error('nothing was sent')
    bench.receive(accepted(request), { ...refused(request, [0, 0]), requestId: 50 })
    expect(bench.takeSent('appendEntriesRequest')).toEqual([])
  })
})
