/**
 * §4.1, safety of configuration changes: servers hear others that are not in their configuration,
 * what a change must wait for, and why: the counter-example of 2015.
 */
import { describe, expect, test } from 'vitest'
import { emptyConfiguration } from '../../src/raft/index.ts'
import {
  beat,
  configurationAt,
  configurationEntry,
  lastRefusal,
  settled,
} from '../raft/changing.ts'
import { Cluster } from '../raft/cluster.ts'
import { Bench } from '../raft/harness.ts'
import { appendEntries, requestVote, vote } from '../raft/messages.ts'

describe('the sender of a request need not be in the configuration', () => {
  test('entries are accepted from a leader that is not', () => {
    const bench = new Bench()
    bench.receive(appendEntries('s9', { term: 3, entries: [3] }))
    expect(bench.logTerms).toEqual([3])
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's9' })
    expect(bench.takeSent('appendEntriesResponse')[0]).toMatchObject({ to: 's9', success: true })
  })

  test('a server that joins accepts its first entries, and learns from them who takes part', () => {
    const bench = new Bench({ id: 's4', configuration: emptyConfiguration })
    const adding = configurationEntry(1, 2, ['s1', 's2', 's3'], null, ['s4'])
    bench.receive(appendEntries('s1', { to: 's4', term: 2, entries: [adding] }))
    expect(configurationAt(bench)).toBe('123+4')
  })

  test('a vote is granted to a candidate that is not, if its log is good enough', () => {
    const bench = new Bench({ log: [1, 1] })
    bench.receive(requestVote('s9', { term: 2, last: [2, 1] }))
    expect(bench.takeOnly('requestVoteResponse')).toMatchObject({ to: 's9', voteGranted: true })
    bench.receive(requestVote('s8', { term: 3, last: [1, 1] }))
    expect(bench.takeOnly('requestVoteResponse')).toMatchObject({ to: 's8', voteGranted: false })
  })

  test('but its answers are not heard: nobody had asked it, and its term deposes nobody', () => {
    const bench = new Bench().lead(1)
    bench.receive(vote('s9', { term: 7 }))
    expect(bench.state.currentTerm).toBe(1)
    const candidate = new Bench({ voters: 5 }).timeOut()
    candidate.receive(vote('s8', { term: 1 }), vote('s9', { term: 1 }))
    expect(candidate.state.role.kind).toBe('candidate')
  })
})

describe('who is outside waits', () => {
  test('a server that joins never stands for election', () => {
    const bench = new Bench({ id: 's4', configuration: emptyConfiguration }).elapse(100_000)
    expect(bench.state.currentTerm).toBe(0)
    expect(bench.sent).toEqual([])
  })

  test('nor does a learner, but it votes: it may be a voter by now and not know it', () => {
    const adding = configurationEntry(1, 1, ['s1', 's2', 's3'], null, ['s4'])
    const bench = new Bench({ id: 's4', configuration: emptyConfiguration })
    bench.receive(appendEntries('s1', { to: 's4', term: 1, entries: [adding] }))
    bench.sent = []
    bench.elapse(100_000)
    expect(bench.sent).toEqual([])
    bench.receive(requestVote('s2', { to: 's4', term: 2, last: [1, 1] }))
    expect(bench.takeOnly('requestVoteResponse').voteGranted).toBe(true)
  })

  test('one that may have been removed stands as long as that is not decided', () => {
    const joint = configurationEntry(1, 1, ['s2', 's3', 's4'], ['s1', 's2', 's3'])
    const leaving = configurationEntry(2, 1, ['s2', 's3', 's4'])
    const bench = new Bench({ log: [], currentTerm: 1 })
    bench.receive(appendEntries('s2', { term: 1, entries: [joint, leaving], leaderCommit: 1 }))
    bench.sent = []
    bench.timeOut()
    // It asks those of C-new, and its own vote is none of theirs.
    expect(bench.takeSent('requestVoteRequest').map(({ to }) => to)).toEqual(['s2', 's3', 's4'])
    bench.receive(vote('s3', { term: 2 }))
    expect(bench.state.role.kind).toBe('candidate')
    bench.receive(vote('s4', { term: 2 }))
    expect(bench.state.role.kind).toBe('leader')
  })
})

/**
 * Found in 2015 in changes of single servers: two leaders each change one server, starting from the
 * same configuration, and the second to be elected has not committed anything in its own term.
 */
test('a leader of a new term changes nothing before it has committed something', () => {
  const cluster = new Cluster([[], [], [], []], { seed: 'of 2015' }, ['s5'])
  cluster.elect('s1').settle()
  beat(cluster)
  // s1 adds s5, which is written on s1 and s5 alone.
  cluster.at('s1', (s1) => s1.change(['s1', 's2', 's3', 's4'], ['s5']))
  cluster.settle(['s1', 's5'])
  // s2 is elected and wants to remove s1 at once.
  cluster.elect('s2', ['s2', 's3', 's4'])
  cluster.at('s2', (s2) => s2.change(['s2', 's3', 's4']))
  expect(lastRefusal(cluster.server('s2'))).toBe('notReady')
  // Once it may, its no-op is on a majority, and s1 with its shorter log wins no election.
  cluster.settle(['s2', 's3', 's4'])
  cluster.at('s2', (s2) => s2.change(['s2', 's3', 's4']))
  expect(lastRefusal(cluster.server('s2'))).toBeNull()
  cluster.settle(['s2', 's3', 's4'])
  for (let i = 0; i < 5; i++) {
    const s1 = cluster.server('s1')
    if (s1.state.role.kind !== 'leader') cluster.at('s1', (server) => server.wake())
    cluster.settle(['s1', 's3', 's4', 's5'])
    expect(s1.state.currentTerm === 1 || s1.state.role.kind !== 'leader').toBe(true)
  }
})

describe('what is refused has no effect', () => {
  const cases: [string, (cluster: Cluster) => Cluster, string][] = [
    ['by a follower', (c) => c.at('s2', (s) => s.change(['s1'])), 'notLeader'],
    ['without a voter', (c) => c.at('s1', (s) => s.change([], ['s1'])), 'noVoter'],
    ['with a voter twice', (c) => c.at('s1', (s) => s.change(['s1', 's1'])), 'invalid'],
    ['with a nameless voter', (c) => c.at('s1', (s) => s.change(['s1', ''])), 'invalid'],
    [
      'with an address of nobody',
      (c) => c.at('s1', (s) => s.change(['s1'], [], { addresses: new Map([['s9', 'x']]) })),
      'invalid',
    ],
    ['that changes nothing', (c) => c.at('s1', (s) => s.change(['s3', 's2', 's1'])), 'unchanged'],
    [
      'with names that no entry can hold',
      (c) => c.at('s1', (s) => s.change(['s1', 's2', 's3'], ['x'.repeat(70_000)])),
      'tooLarge',
    ],
    [
      'that gives a vote to an unknown server',
      (c) => c.at('s1', (s) => s.change(['s1', 's2', 's3', 's9'])),
      'unknownServer s9',
    ],
  ]
  for (const [what, ask, refusal] of cases) {
    test(what, () => {
      const cluster = ask(settled(3))
      const asked = cluster.servers.find(({ answers }) => answers.length > 0) as Bench
      expect(lastRefusal(asked)).toBe(refusal)
      expect(cluster.server('s1').state.log.lastIndex).toBe(1)
    })
  }

  test('one that is too large for a command is too large', () => {
    const cluster = settled(3, [], { options: { commandBytesMax: 39 } })
    cluster.at('s1', (s1) => s1.change(['s1', 's2', 's3'], ['s4', 's5', 's6', 's7', 's8']))
    expect(lastRefusal(cluster.server('s1'))).toBe('tooLarge')
  })
})

test('a configuration that cannot be is not taken in', () => {
  const bench = new Bench()
  const unreadable = { ...configurationEntry(1, 1, ['s1']), command: new Uint8Array([9]) }
  bench.receive(appendEntries('s2', { term: 1, entries: [unreadable] }))
  expect(bench.state.log.lastIndex).toBe(0)
  expect(bench.notices.at(-1)).toMatchObject({ kind: 'contradiction', from: 's2' })
})
