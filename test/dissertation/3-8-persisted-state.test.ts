/**
 * §3.8, persisted state and server restarts (R1, R2, R5): what is durable before what is said, and
 * what a server may forget.
 */
import { describe, expect, test } from 'vitest'
import { Cluster } from '../raft/cluster.ts'
import { Bench, entriesOf } from '../raft/harness.ts'
import { appendEntries, requestVote } from '../raft/messages.ts'

/** A server whose saves end only when the test says so. */
function slowDisk(setup: { log?: readonly number[]; currentTerm?: number; voters?: number } = {}) {
  return new Bench({ ...setup, savesAtOnce: false })
}

describe('nothing is said before the disk has what it says', () => {
  test('a vote waits for the term and the vote', () => {
    const bench = slowDisk().receive(requestVote('s2', { term: 4 }))
    expect(bench.sent).toEqual([])
    expect(bench.saves).toMatchObject([{ currentTerm: 4, votedFor: 's2' }])
    bench.save()
    expect(bench.takeOnly('requestVoteResponse').voteGranted).toBe(true)
  })

  test('term and vote go to the disk together, never one without the other', () => {
    const bench = slowDisk({ currentTerm: 3 }).timeOut()
    expect(bench.saves).toMatchObject([{ currentTerm: 4, votedFor: 's1' }])
    bench.receive(requestVote('s2', { term: 5 }))
    expect(bench.saves[1]).toMatchObject({ currentTerm: 5, votedFor: 's2' })
  })

  test('a refusal waits for the term that it tells', () => {
    const bench = slowDisk({ log: [3] }).receive(requestVote('s2', { term: 4, last: [1, 1] }))
    expect(bench.sent).toEqual([])
    bench.save()
    expect(bench.takeOnly('requestVoteResponse')).toMatchObject({ term: 4, voteGranted: false })
  })

  test('a candidate asks for votes only when its term and its own vote are durable', () => {
    const bench = slowDisk().timeOut()
    expect(bench.sent).toEqual([])
    bench.save()
    expect(bench.takeSent('requestVoteRequest')).toHaveLength(2)
  })

  test('and counts its own vote only then', () => {
    const bench = slowDisk({ voters: 1 }).timeOut()
    expect(bench.state.role.kind).toBe('candidate')
    bench.save(1)
    expect(bench.state.role.kind).toBe('leader')
  })

  test('what a candidate says of its log is durable', () => {
    const bench = slowDisk({ currentTerm: 1 })
    bench.receive(appendEntries('s2', { term: 1, entries: [1, 1] }))
    expect(bench.saves).toHaveLength(1)
    bench.timeOut()
    expect(bench.sent).toEqual([])
    bench.save(1)
    expect(bench.takeSent('requestVoteRequest')).toEqual([])
    bench.save(1)
    for (const request of bench.takeSent('requestVoteRequest')) {
      expect(request).toMatchObject({ lastLogIndex: 2, lastLogTerm: 1 })
      expect(bench.disk.entries).toHaveLength(2)
    }
  })

  test('an acknowledgement waits for the entries', () => {
    const bench = slowDisk({ currentTerm: 1 })
    bench.receive(appendEntries('s2', { term: 1, entries: [1, 1] }))
    expect(bench.sent).toEqual([])
    expect(bench.saves[0]?.entries.map(({ index }) => index)).toEqual([1, 2])
    bench.save()
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ success: true, matchIndex: 2 })
  })

  test('an answer with nothing new in it still waits for saves that are under way', () => {
    const bench = slowDisk({ currentTerm: 1 })
    const request = appendEntries('s2', { term: 1, entries: [1] })
    bench.receive(request, request)
    expect(bench.sent).toEqual([])
    bench.save(1)
    expect(bench.takeSent('appendEntriesResponse')).toHaveLength(1)
    bench.save()
    expect(bench.takeSent('appendEntriesResponse')).toHaveLength(1)
    expect(bench.saves).toEqual([])
  })

  test('an answer with nothing new leaves at once where nothing is under way', () => {
    const bench = slowDisk({ currentTerm: 1 }).receive(appendEntries('s2', { term: 1 }))
    expect(bench.saves).toEqual([])
    expect(bench.takeOnly('appendEntriesResponse').success).toBe(true)
  })

  test('the disk cuts off what the log cut off, before it writes what replaced it', () => {
    const bench = slowDisk({ log: [1, 1, 1], currentTerm: 2 })
    bench.receive(appendEntries('s2', { term: 2, prev: [1, 1], entries: [2] }))
    expect(bench.saves).toMatchObject([{ truncateFrom: 2, entries: [{ index: 2, term: 2 }] }])
    bench.save()
    expect(bench.disk.entries.map(({ term }) => term)).toEqual([1, 2])
  })

  test('one cut is told with the lowest place of all cuts since the last save', () => {
    const bench = slowDisk({ log: [1, 1, 1, 1], currentTerm: 2 })
    bench.batch(() => {
      bench.receive(appendEntries('s2', { term: 2, prev: [3, 1], entries: [2] }))
      bench.receive(appendEntries('s3', { term: 3, prev: [1, 1], entries: [3, 3] }))
    })
    expect(bench.saves).toMatchObject([{ currentTerm: 3, truncateFrom: 2 }])
    bench.save()
    expect(bench.disk.entries.map(({ term }) => term)).toEqual([1, 3, 3])
  })
})

describe('what the disk says late', () => {
  test('an acknowledgement of entries that were cut off since says nothing of others', () => {
    const bench = slowDisk({ currentTerm: 1 })
    bench.receive(appendEntries('s2', { term: 1, entries: [1, 1, 1] }))
    bench.receive(appendEntries('s3', { term: 2, entries: [2, 2, 2] }))
    bench.save(1)
    expect(bench.state.durableIndex).toBe(0)
    bench.save(1)
    expect(bench.state.durableIndex).toBe(3)
  })

  test('a term that was saved is no vote in the next one', () => {
    const bench = slowDisk({ voters: 1, currentTerm: 1 }).timeOut()
    bench.elapse(300) // the next election, before the disk has finished with the first
    expect(bench.state.currentTerm).toBeGreaterThan(2)
    bench.save(1)
    expect(bench.state.role.kind).toBe('candidate')
  })
})

describe('a server that restarts', () => {
  test('remembers its term and its vote, and so votes once a term across a crash', () => {
    const back = new Bench().receive(requestVote('s2', { term: 4 })).restarted()
    expect(back.state).toMatchObject({ currentTerm: 4, votedFor: 's2' })
    back.receive(requestVote('s3', { term: 4, last: [9, 3] }))
    expect(back.takeOnly('requestVoteResponse').voteGranted).toBe(false)
  })

  test('does not let a deposed leader replace entries of a newer one', () => {
    const first = new Bench().receive(appendEntries('s3', { term: 5, entries: [5] }))
    const back = first.restarted()
    back.receive(appendEntries('s2', { term: 4, entries: [4, 4] }))
    expect(back.takeOnly('appendEntriesResponse')).toMatchObject({ term: 5, success: false })
    expect(back.logTerms).toEqual([5])
  })

  test('remembers its log', () => {
    const back = new Bench().receive(appendEntries('s2', { term: 1, entries: [1, 1] })).restarted()
    const { log } = back.state
    expect(log.slice(1, 3)).toEqual(entriesOf([1, 1]))
  })

  test('has forgotten a vote that was not durable, and had told nobody', () => {
    const bench = slowDisk().receive(requestVote('s2', { term: 1 }))
    expect(bench.sent).toEqual([])
    const back = bench.restarted().receive(requestVote('s3', { term: 1 }))
    expect(back.takeOnly('requestVoteResponse').voteGranted).toBe(true)
  })

  test('begins again with commitIndex and lastApplied 0, and applies its log again', () => {
    const bench = new Bench()
    bench.receive(appendEntries('s2', { term: 1, entries: [1, 1], leaderCommit: 2 }))
    expect(bench.applied).toHaveLength(2)
    const back = bench.restarted()
    expect(back.state).toMatchObject({ commitIndex: 0, lastApplied: 0 })
    back.receive(appendEntries('s2', { term: 1, prev: [2, 1], leaderCommit: 2 }))
    expect(back.applied).toEqual(bench.applied)
  })
})

test('the commit index catches up after every server has restarted', () => {
  const cluster = new Cluster([[], [], []]).elect('s1').settle()
  cluster.at('s1', (s) => s.propose('x', 'y')).settle()
  cluster.at('s1', (s) => s.wake()).settle()
  for (const { id } of cluster.servers) cluster.crash(id)
  for (const { id } of cluster.servers) cluster.restart(id)
  for (const server of cluster.servers) expect(server.state.commitIndex).toBe(0)
  cluster.elect('s3').settle()
  cluster.at('s3', (s) => s.wake()).settle()
  for (const server of cluster.servers) {
    expect(server.state.commitIndex).toBe(4)
    expect(server.applied).toHaveLength(4)
  }
})
