/**
 * §3.2 and Figure 3.2: the five properties that always hold (R16), each in the smallest play that
 * would break it. The same five are checked after every step of the random walks in
 * test/raft/cluster-walk.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { Cluster } from '../raft/cluster.ts'
import { Bench } from '../raft/harness.ts'
import { appendEntries, requestVote, vote } from '../raft/messages.ts'

const four = [[], [], [], []]

describe('Figure 3.2', () => {
  test('Election Safety: two candidates of one term do not both win; a tie has no winner', () => {
    const cluster = new Cluster(four)
    cluster.at('s1', (s) => s.timeOut()).at('s4', (s) => s.timeOut())
    // Two votes for each.
    cluster.settle(['s1', 's2'], ['s3', 's4'])
    expect(cluster.properties.elections).toBe(0)
    cluster.elect('s1').settle()
    expect(cluster.leader.id).toBe('s1')
    expect(cluster.properties.elections).toBe(1)
  })

  test('Election Safety: nor does a voter make two leaders by stepping down in between', () => {
    const cluster = new Cluster([[], [], []])
    cluster.at('s1', (s) => s.timeOut()).at('s2', (s) => s.timeOut())
    cluster.network = []
    cluster.at('s3', (s) => s.receive(requestVote('s1', { to: 's3', term: 1 })))
    cluster.settle()
    expect(cluster.leader.id).toBe('s1')
    // s2 has given way to s1 within the term; a request for its vote changes nothing.
    expect(cluster.server('s2').state.role.kind).toBe('follower')
    cluster.at('s2', (s) => s.receive(requestVote('s3', { to: 's2', term: 1, last: [9, 1] })))
    expect(cluster.network).toMatchObject([{ to: 's3', voteGranted: false }])
    expect(cluster.properties.elections).toBe(1)
  })

  test('Leader Append-Only: nothing that arrives changes what a leader has written', () => {
    const bench = new Bench({ log: [1, 1] }).lead().propose('x')
    const { log } = bench.state
    const before = log.slice(1, log.lastIndex + 1)
    bench.receive(
      appendEntries('s2', { term: 2, entries: [2, 2, 2, 2, 2] }),
      appendEntries('s2', { term: 1, entries: [1] }),
      requestVote('s3', { term: 2, last: [9, 2] }),
      vote('s3', { term: 2 }),
    )
    expect(bench.state.role.kind).toBe('leader')
    expect(log.slice(1, log.lastIndex + 1)).toEqual(before)
  })

  test('Log Matching: equal index and term, equal logs before it, after any divergence', () => {
    const cluster = new Cluster([[1, 1, 4], [1, 1, 2, 2, 2], [1, 3, 3, 3, 3, 3], [], [1, 1, 4, 4]])
    cluster.at('s5', (s) => s.timeOut()).settle()
    cluster.at('s5', (s) => s.wake()).settle()
    for (const server of cluster.servers) {
      expect(server.logTerms).toEqual([1, 1, 4, 4, 5])
      expect(server.state.commitIndex).toBe(5)
    }
  })

  test('Leader Completeness: who lacks a committed entry does not win', () => {
    const cluster = new Cluster([[], [], []]).elect('s1').settle(['s1', 's2'])
    cluster.at('s1', (s) => s.propose('x')).settle(['s1', 's2'])
    expect(cluster.server('s1').state.commitIndex).toBe(2)
    // s3 has heard nothing of it.
    for (let i = 0; i < 5; i++) {
      cluster.at('s3', (s) => s.timeOut()).settle(['s2', 's3'])
      expect(cluster.server('s3').state.role.kind).not.toBe('leader')
    }
    cluster.at('s2', (s) => s.timeOut()).settle(['s2', 's3'])
    expect(cluster.leader.id).toBe('s2')
    cluster.at('s2', (s) => s.wake()).settle(['s2', 's3'])
    expect(cluster.server('s3').logTerms.slice(0, 2)).toEqual([1, 1])
  })

  test('State Machine Safety: all servers apply one sequence', () => {
    const cluster = new Cluster([[], [], []]).elect('s1').settle()
    cluster.at('s1', (s) => s.propose('a', 'b')).settle(['s1', 's2'])
    cluster.at('s1', (s) => s.propose('lost')).network = []
    cluster.crash('s1').restart('s1')
    cluster.elect('s2', ['s2', 's3']).settle(['s2', 's3'])
    cluster.at('s2', (s) => s.propose('c')).settle()
    cluster.at('s2', (s) => s.wake()).settle()
    const sequences = cluster.servers.map((s) => s.applied.map((e) => `${e.term},${e.index}`))
    expect(sequences[0]?.length).toBe(5)
    expect(sequences[1]).toEqual(sequences[0])
    expect(sequences[2]).toEqual(sequences[0])
  })
})
