/** What is on disk, what may be said before it is, and what must be there after a crash. */
import { describe, expect, test } from 'vitest'
import type { Recovered, SaveBatch } from '../../../src/ports/index.ts'
import type { Entry, Message } from '../../../src/raft/index.ts'
import { InvariantError } from '../../../src/sim/checkers/index.ts'
import { command, FakeCluster, noop } from './cluster.ts'

function brokenBy(action: () => void): string | null {
  try {
    action()
    return null
  } catch (error) {
    if (error instanceof InvariantError) return error.invariant
    throw error
  }
}

const batch = (fields: Partial<SaveBatch>): SaveBatch => ({
  currentTerm: 1,
  votedFor: null,
  truncateFrom: null,
  entries: [],
  ...fields,
})

/** s1 has saved these batches, one after the other. */
function saved(...batches: SaveBatch[]): FakeCluster {
  const cluster = new FakeCluster()
  for (const one of batches) {
    cluster.checkers.saving('s1', [one])
    cluster.checkers.saved('s1')
  }
  cluster.look(1)
  return cluster
}

describe('nothing is sent before it is durable', () => {
  const early = 'nothing sent before it is durable'
  const base = { from: 's1', to: 's2', requestId: 1 } as const
  const request: Message = {
    ...base,
    kind: 'requestVoteRequest',
    term: 3,
    lastLogIndex: 1,
    lastLogTerm: 2,
    isTransfer: false,
  }
  const grant: Message = { ...base, kind: 'requestVoteResponse', term: 3, voteGranted: true }
  const append: Message = {
    ...base,
    kind: 'appendEntriesRequest',
    term: 3,
    prevLogIndex: 0,
    prevLogTerm: 0,
    entries: [],
    leaderCommit: 0,
  }
  const accept: Message = {
    ...base,
    kind: 'appendEntriesResponse',
    term: 3,
    success: true,
    matchIndex: 2,
    hintIndex: 0,
    hintTerm: 0,
    diskIsFull: false,
  }
  const ownVote = batch({ currentTerm: 3, votedFor: 's1' })
  const oneEntry = batch({ currentTerm: 2, entries: [noop(1, 2)] })

  test.each<[string, SaveBatch[], Message, boolean]>([
    ['a term', [batch({ currentTerm: 2 })], { ...grant, voteGranted: false }, false],
    [
      'a refusal of a saved term',
      [batch({ currentTerm: 3 })],
      { ...grant, voteGranted: false },
      true,
    ],
    ['a vote', [batch({ currentTerm: 3 })], grant, false],
    ['a vote for another', [ownVote], grant, false],
    ['a saved vote', [batch({ currentTerm: 3, votedFor: 's2' })], grant, true],
    ['a vote of a term that is over', [batch({ currentTerm: 4 })], grant, true],
    ['a request for votes', [oneEntry, batch({ currentTerm: 3 })], request, false],
    ['a request with an unsaved log', [ownVote], request, false],
    ['a request with a saved log', [oneEntry, ownVote], request, true],
    ['a leader of an unsaved term', [batch({ currentTerm: 2 })], append, false],
    ['a leader of a saved term', [ownVote], append, true],
  ])('%s', (_, batches, message, isFine) => {
    const cluster = saved(...batches)
    expect(brokenBy(() => cluster.checkers.sent(message))).toBe(isFine ? null : early)
  })

  test('an acknowledgement of what the leader has', () => {
    const cluster = saved(batch({ currentTerm: 3, entries: [noop(1, 2), noop(2, 2)] }))
    cluster.server(2).append(2)
    cluster.lead(2, 3)
    expect(brokenBy(() => cluster.checkers.sent(accept))).toBe(early)
    cluster.checkers.saving('s1', [
      batch({ currentTerm: 3, truncateFrom: 2, entries: [noop(2, 3)] }),
    ])
    expect(brokenBy(() => cluster.checkers.sent(accept))).toBe(early)
    cluster.checkers.saved('s1')
    expect(brokenBy(() => cluster.checkers.sent(accept))).toBeNull()
    expect(brokenBy(() => cluster.checkers.sent({ ...accept, matchIndex: 3 }))).toBe(early)
  })

  test('what was durable for a moment, within one event, was durable', () => {
    const cluster = saved(ownVote)
    cluster.server(2).append(3, 3)
    cluster.server(2).up.currentTerm = 3
    cluster.server(2).up.role = { kind: 'leader' } as never
    cluster.checkers.saving('s1', [
      batch({ currentTerm: 3, votedFor: 's1', entries: [noop(1, 3), noop(2, 3)] }),
      batch({ currentTerm: 3, votedFor: 's1', truncateFrom: 2 }),
    ])
    cluster.checkers.saved('s1')
    expect(brokenBy(() => cluster.checkers.sent(accept))).toBeNull()
    cluster.look(1)
    expect(brokenBy(() => cluster.checkers.sent(accept))).toBe(early)
  })
})

describe('one vote a term', () => {
  const grant = (to: string, term: number): Message => ({
    kind: 'requestVoteResponse',
    from: 's1',
    to,
    term,
    voteGranted: true,
    requestId: 1,
  })

  test('is given on the wire, whatever the disk says meanwhile', () => {
    const cluster = saved(batch({ currentTerm: 9 }))
    cluster.checkers.sent(grant('s2', 3))
    expect(brokenBy(() => cluster.checkers.sent(grant('s2', 3)))).toBeNull()
    expect(brokenBy(() => cluster.checkers.sent(grant('s3', 4)))).toBeNull()
    expect(brokenBy(() => cluster.checkers.sent(grant('s3', 3)))).toBe('one vote per term')
  })

  test('is kept on the disk', () => {
    const cluster = saved(batch({ currentTerm: 3, votedFor: 's2' }))
    cluster.checkers.saving('s1', [batch({ currentTerm: 3, votedFor: null })])
    expect(brokenBy(() => cluster.checkers.saved('s1'))).toBe('one vote per term')
  })
})

describe('after a restart', () => {
  const entries = [noop(1, 1), command(2, 1, 7)]
  const whole: Recovered = { currentTerm: 2, votedFor: 's3', entries }
  const cluster = (): FakeCluster =>
    saved(batch({ entries }), batch({ currentTerm: 2, votedFor: 's3' }))
  const restart = (from: FakeCluster, recovered: Recovered): string | null =>
    brokenBy(() => from.checkers.restarted('s1', recovered))

  test.each<[string, Recovered, boolean]>([
    ['all of it is there', whole, true],
    ['an entry is missing', { ...whole, entries: entries.slice(0, 1) }, false],
    ['an entry is new', { ...whole, entries: [...entries, noop(3, 2)] }, false],
    ['an entry is another', { ...whole, entries: [noop(1, 1), command(2, 1, 8)] }, false],
    ['the term is an older one', { ...whole, currentTerm: 1, votedFor: null }, false],
    ['the vote is gone', { ...whole, votedFor: null }, false],
  ])('%s', (_, recovered, isFine) => {
    expect(restart(cluster(), recovered)).toBe(isFine ? null : 'durable is durable')
  })

  const more: readonly SaveBatch[] = [
    batch({ currentTerm: 2, votedFor: 's3', truncateFrom: 2, entries: [noop(2, 2)] }),
    batch({ currentTerm: 3, votedFor: null, entries: [noop(3, 2), noop(4, 2)] }),
  ]
  const logOf = (...last: Entry[]): Entry[] => [noop(1, 1), ...last]

  test.each<[string, Recovered, boolean]>([
    ['nothing', whole, true],
    ['the first of them', { ...whole, entries: logOf(noop(2, 2)) }, true],
    [
      'both',
      { currentTerm: 3, votedFor: null, entries: logOf(noop(2, 2), noop(3, 2), noop(4, 2)) },
      true,
    ],
    ['half of the first', { ...whole, entries: logOf() }, false],
    [
      'half of the second',
      { currentTerm: 3, votedFor: null, entries: logOf(noop(2, 2), noop(3, 2)) },
      false,
    ],
    [
      'the second alone',
      { currentTerm: 3, votedFor: null, entries: [...entries, noop(3, 2), noop(4, 2)] },
      false,
    ],
  ])('of two saves that were under way: %s', (_, recovered, isFine) => {
    const crashed = cluster()
    crashed.checkers.saving('s1', more)
    expect(restart(crashed, recovered)).toBe(isFine ? null : 'durable is durable')
    // What came back is what the next crash must bring back.
    if (isFine) expect(restart(crashed, recovered)).toBeNull()
  })

  test('a damaged disk is told apart without an end to the run', () => {
    const damaged = cluster()
    const lost = { ...whole, entries: entries.slice(0, 1) }
    expect(damaged.checkers.booksDisagree('s1', lost)).toMatch(/2 entries were durable, and 1/)
    expect(damaged.checkers.booksDisagree('s1', whole)).toBeNull()
  })
})

describe('true durable match', () => {
  test('of a peer whose disk has less', () => {
    const cluster = new FakeCluster()
    cluster.lead(1, 1)
    cluster.save(1)
    cluster.look()
    cluster.peer(1, 2).matchIndex = 1
    expect(brokenBy(() => cluster.look(1))).toBe('true durable match')
  })

  test('of a peer whose disk has other entries there', () => {
    const cluster = new FakeCluster()
    cluster.server(1).append(1)
    cluster.server(2).append(2).up.currentTerm = 2
    cluster.save(2)
    cluster.lead(1, 2)
    cluster.save(1)
    cluster.look()
    cluster.peer(1, 2).matchIndex = 1
    expect(brokenBy(() => cluster.look(1))).toBe('true durable match')
  })

  test('of a peer that is in a later term nothing is asked', () => {
    const cluster = new FakeCluster()
    cluster.lead(1, 1)
    cluster.save(1)
    cluster.server(2).up.currentTerm = 2
    cluster.save(2)
    cluster.look()
    cluster.peer(1, 2).matchIndex = 1
    expect(brokenBy(() => cluster.look(1))).toBeNull()
  })

  test('of the own disk', () => {
    const cluster = new FakeCluster()
    const { up } = cluster.server(1).append(1)
    up.durableIndex = 1
    expect(brokenBy(() => cluster.look(1))).toBe('true durable match')
  })
})

describe('never backwards', () => {
  test.each(['currentTerm', 'commitIndex', 'lastApplied'] as const)('%s', (what) => {
    const cluster = new FakeCluster(1)
    cluster.server(1).append(1, 1)
    cluster.save(1)
    const { up } = cluster.server(1)
    Object.assign(up, { currentTerm: 2, commitIndex: 2, lastApplied: 2 })
    cluster.look()
    up[what] = 1
    expect(brokenBy(() => cluster.look(1))).toBe('never backwards')
  })

  test('matchIndex, in one leadership', () => {
    const cluster = new FakeCluster()
    cluster.server(2).append(1).up.currentTerm = 1
    cluster.save(2)
    cluster.lead(1, 1)
    cluster.save(1)
    cluster.peer(1, 2).matchIndex = 1
    cluster.look()
    cluster.peer(1, 2).matchIndex = 0
    expect(brokenBy(() => cluster.look(1))).toBe('never backwards')
  })

  test('a new life begins with what was durable', () => {
    const cluster = new FakeCluster(1)
    cluster.server(1).append(1)
    cluster.save(1)
    Object.assign(cluster.server(1).up, { currentTerm: 2, commitIndex: 1, lastApplied: 1 })
    cluster.look()
    cluster.server(1).restart()
    expect(brokenBy(() => cluster.look(1))).toBeNull()
  })
})

test('a server that is down is not looked at, and a stranger is a mistake', () => {
  const cluster = new FakeCluster()
  cluster.server(1).state = null
  expect(brokenBy(() => cluster.look(1))).toBeNull()
  expect(() => cluster.checkers.afterEvent('s9')).toThrow('s9 is no server of this cluster')
})
