/**
 * §3.6.1, the election restriction (R4): a voter refuses a candidate whose log is less up to date
 * than its own. The later last term wins; in equal terms the longer log.
 */
import { describe, expect, test } from 'vitest'
import { Cluster } from '../raft/cluster.ts'
import { Bench } from '../raft/harness.ts'
import { type Place, requestVote } from '../raft/messages.ts'

/** Whether a voter with this log grants a candidate whose log ends there. */
function grants(log: readonly number[], last: Place): boolean {
  const bench = new Bench({ log, currentTerm: 5 })
  bench.receive(requestVote('s2', { term: 6, last }))
  return bench.takeOnly('requestVoteResponse').voteGranted
}

describe('a voter compares the last entries', () => {
  const cases: { log: number[]; last: Place; granted: boolean; why: string }[] = [
    { log: [], last: [0, 0], granted: true, why: 'both are empty' },
    { log: [], last: [1, 1], granted: true, why: 'any log is as good as none' },
    { log: [1], last: [0, 0], granted: false, why: 'none is less than any' },
    { log: [1, 2], last: [2, 2], granted: true, why: 'both end alike' },
    { log: [1, 2], last: [3, 2], granted: true, why: 'equal terms, the candidate is longer' },
    { log: [1, 2, 2], last: [2, 2], granted: false, why: 'equal terms, the voter is longer' },
    { log: [1, 2, 2, 2], last: [1, 3], granted: true, why: 'a later term beats a longer log' },
    { log: [1, 3], last: [9, 2], granted: false, why: 'and so it does the other way round' },
    { log: [1, 1, 1], last: [3, 1], granted: true, why: 'both end alike, in a long log' },
  ]
  for (const { log, last, granted, why } of cases) {
    test(`${JSON.stringify(log)} and a log to ${last.join('@')}: ${granted} (${why})`, () => {
      expect(grants(log, last)).toBe(granted)
    })
  }

  test('a refused candidate leaves the vote free for another of its term', () => {
    const bench = new Bench({ log: [1, 2] })
    bench.receive(requestVote('s2', { term: 3, last: [1, 1] }))
    expect(bench.state.votedFor).toBeNull()
    bench.receive(requestVote('s3', { term: 3, last: [2, 2] }))
    expect(bench.takeSent('requestVoteResponse').map((r) => r.voteGranted)).toEqual([false, true])
  })

  test('a better log does not excuse a vote that is given already', () => {
    const bench = new Bench({ log: [1] })
    bench.receive(requestVote('s2', { term: 3, last: [1, 1] }))
    bench.receive(requestVote('s3', { term: 3, last: [9, 2] }))
    expect(bench.takeSent('requestVoteResponse').map((r) => r.voteGranted)).toEqual([true, false])
  })

  test('the candidate describes its own last entry, whichever term it stands in', () => {
    const bench = new Bench({ log: [1, 1, 3], currentTerm: 8 }).timeOut()
    for (const request of bench.takeSent('requestVoteRequest')) {
      expect(request).toMatchObject({ term: 9, lastLogIndex: 3, lastLogTerm: 3 })
    }
  })
})

describe('so that a leader has every committed entry from the moment of its election', () => {
  test('no majority elects a server without one, whoever stands', () => {
    // Entry 2 of term 2 is committed: three of five hold it.
    const logs = [[1, 2], [1, 2], [1, 2], [1], [1, 1, 1]]
    for (const id of ['s4', 's5']) {
      const cluster = new Cluster(logs)
      for (let i = 0; i < 3; i++) cluster.at(id, (s) => s.timeOut()).settle()
      expect(cluster.properties.elections).toBe(0)
    }
    for (const id of ['s1', 's2', 's3']) {
      expect(new Cluster(logs).elect(id).leader.id).toBe(id)
    }
  })

  test('entries flow from leaders to followers only: winning an election fetches nothing', () => {
    const cluster = new Cluster([[1], [1, 1], [1]])
    cluster.elect('s1', ['s1', 's3'])
    expect(cluster.server('s1').logTerms).toEqual([1, 2])
    cluster.settle()
    expect(cluster.server('s2').logTerms).toEqual([1, 2])
  })
})
