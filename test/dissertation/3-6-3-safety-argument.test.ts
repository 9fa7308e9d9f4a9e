/**
 * §3.6.3, the safety argument: the steps of the proof that are statements about one server, each
 * as a test. (The conclusion, over all servers, is checked in test/raft/cluster-walk.test.ts.)
 */
import { expect, test } from 'vitest'
import { Cluster } from '../raft/cluster.ts'
import { Bench } from '../raft/harness.ts'
import { appendEntries, requestVote } from '../raft/messages.ts'

test('who has voted in a later term accepts nothing of the earlier one any more (step 3)', () => {
  const bench = new Bench({ log: [1], currentTerm: 2 })
  bench.receive(requestVote('s3', { term: 3, last: [1, 1] }))
  expect(bench.state.votedFor).toBe('s3')
  bench.sent = []
  bench.receive(appendEntries('s2', { term: 2, prev: [1, 1], entries: [2] }))
  expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ term: 3, success: false })
  expect(bench.logTerms).toEqual([1])
})

test('a voter still holds at its vote what it had accepted before (step 4)', () => {
  const bench = new Bench({ currentTerm: 1 })
  bench.receive(appendEntries('s2', { term: 1, entries: [1, 1] }))
  bench.receive(appendEntries('s3', { term: 2, prev: [2, 1], entries: [2] }))
  bench.receive(appendEntries('s2', { term: 3, prev: [1, 1], entries: [1, 2, 3] }))
  bench.receive(requestVote('s3', { term: 4, last: [4, 3] }))
  expect(bench.logTerms).toEqual([1, 1, 2, 3])
})

test('a follower removes entries only for a conflict with the leader of its term (step 4)', () => {
  const bench = new Bench({ log: [1, 1, 2, 2], currentTerm: 3 })
  bench.receive(
    requestVote('s2', { term: 4, last: [9, 3] }),
    appendEntries('s3', { term: 4, prev: [2, 1] }),
    appendEntries('s3', { term: 4, prev: [2, 1], entries: [2] }),
    appendEntries('s3', { term: 4, prev: [9, 3], entries: [4] }),
    appendEntries('s2', { term: 3, prev: [0, 0], entries: [3, 3] }),
  )
  bench.timeOut().timeOut()
  expect(bench.logTerms).toEqual([1, 1, 2, 2])
})

test('what is applied is committed, and agrees with the leader through there', () => {
  // The follower's tail is a dead leader's: it must not be applied on the word "committed".
  const bench = new Bench({ log: [1, 2, 2], currentTerm: 3 })
  bench.receive(appendEntries('s2', { term: 3, prev: [1, 1], leaderCommit: 3 }))
  expect(bench.applied.map(({ index }) => index)).toEqual([1])
  bench.receive(appendEntries('s2', { term: 3, prev: [1, 1], entries: [3, 3], leaderCommit: 3 }))
  expect(bench.applied.map(({ term }) => term)).toEqual([1, 3, 3])
})

test('all servers apply the same commands in the same order', () => {
  const cluster = new Cluster([[], [], [], [], []]).elect('s1').settle()
  for (const text of ['a', 'b', 'c', 'b']) cluster.at('s1', (s) => s.propose(text)).settle()
  cluster.at('s1', (s) => s.wake()).settle()
  const sequence = cluster.server('s1').applied
  expect(sequence.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5])
  for (const server of cluster.servers) expect(server.applied).toEqual(sequence)
})
