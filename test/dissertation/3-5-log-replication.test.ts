/**
 * §3.5, log replication as a leader does it (R6, R8, R13, R15): commands become entries, entries
 * are sent, repeated and committed, and followers' logs are made to agree.
 */
import { describe, expect, test } from 'vitest'
import { utf8Decode } from '../../src/base/bytes.ts'
import type { AppendEntriesRequest, Peer } from '../../src/raft/index.ts'
import { Bench } from '../raft/harness.ts'
import { accepted, appendEntries, coverOf, refused } from '../raft/messages.ts'

function peerOf(bench: Bench, id: string): Peer {
  const { role } = bench.state
  return (role.kind === 'leader' ? role.peers.get(id) : undefined) as Peer
}

/** A leader of the term after its log's, whose no-op everyone has acknowledged. */
function settledLeader(log: readonly number[] = [], voters = 3): Bench {
  const bench = new Bench({ log, voters }).lead()
  bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
  bench.sent = []
  return bench
}

function texts(request: AppendEntriesRequest): (string | null)[] {
  return request.entries.map(({ command }) => utf8Decode(command))
}

describe('commands become entries', () => {
  test('the leader appends each command, in its term, at the next index', () => {
    const bench = settledLeader([1, 1]).propose('x', 'y')
    expect(bench.logTerms).toEqual([1, 1, 2, 2, 2])
    expect(bench.answers).toEqual([
      { kind: 'accepted', proposalId: 1, index: 4, term: 2 },
      { kind: 'accepted', proposalId: 2, index: 5, term: 2 },
    ])
  })

  test('and sends them to all others, with the place just before them', () => {
    const bench = settledLeader([1, 1]).propose('x')
    const requests = bench.takeSent('appendEntriesRequest')
    expect(requests.map(({ to }) => to)).toEqual(['s2', 's3'])
    for (const request of requests) {
      expect(request).toMatchObject({ term: 2, prevLogIndex: 3, prevLogTerm: 2 })
      expect(texts(request)).toEqual(['x'])
    }
  })

  test('equal commands are separate entries', () => {
    const bench = settledLeader().propose('x', 'x')
    expect(bench.logTerms).toEqual([1, 1, 1])
  })
})

describe('commitment', () => {
  for (let size = 1; size <= 10; size++) {
    const others = Math.floor(size / 2)
    test(`${size} servers: committed with the leader and ${others} more, not before`, () => {
      const bench = settledLeader([], size).propose('x')
      const requests = bench.takeSent('appendEntriesRequest')
      for (const request of requests.slice(0, others)) {
        expect(bench.state.commitIndex).toBe(1)
        bench.receive(accepted(request))
      }
      expect(bench.state.commitIndex).toBe(2)
    })
  }

  test('one answer that arrives many times is one server', () => {
    const bench = settledLeader([], 5).propose('x')
    const [request] = bench.takeSent('appendEntriesRequest')
    const answer = accepted(request as AppendEntriesRequest)
    bench.receive(answer, answer, answer)
    expect(bench.state.commitIndex).toBe(1)
  })

  test('a committed entry commits all before it', () => {
    const bench = settledLeader().propose('x', 'y', 'z')
    const last = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.receive(accepted(last.at(-1) as AppendEntriesRequest))
    expect(bench.state.commitIndex).toBe(4)
    expect(bench.applied.map(({ index }) => index)).toEqual([1, 2, 3, 4])
  })

  test('a refusal commits nothing', () => {
    const bench = settledLeader().propose('x')
    bench.receive(...bench.takeSent('appendEntriesRequest').map((r) => refused(r, [0, 0])))
    expect(bench.state.commitIndex).toBe(1)
  })

  test('the leader tells its commit index in every later request, heartbeats included', () => {
    const bench = settledLeader().propose('x')
    bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
    bench.wake()
    expect(bench.takeSent('appendEntriesRequest').map((r) => r.leaderCommit)).toEqual([2, 2])
    bench.propose('y')
    expect(bench.takeSent('appendEntriesRequest').map((r) => r.leaderCommit)).toEqual([2, 2])
  })

  test('one slow follower holds up nothing', () => {
    const bench = settledLeader()
    for (let i = 0; i < 20; i++) {
      bench.propose(`x${i}`)
      const requests = bench.takeSent('appendEntriesRequest')
      bench.receive(...requests.filter(({ to }) => to === 's2').map(accepted))
    }
    expect(bench.state.commitIndex).toBe(21)
  })

  test('what a server says of entries that do not exist is not believed', () => {
    const bench = settledLeader().propose('x')
    const [request] = bench.takeSent('appendEntriesRequest')
    bench.receive({ ...accepted(request as AppendEntriesRequest), matchIndex: 1000 })
    expect(bench.state.commitIndex).toBe(1)
    expect(bench.notices.at(-1)).toMatchObject({ kind: 'contradiction', from: 's2' })
  })
})

describe('a follower that does not answer is retried without end', () => {
  test('with every heartbeat, also long after its entries were committed', () => {
    const bench = settledLeader().propose('x')
    bench.receive(...bench.takeSent('appendEntriesRequest').slice(0, 1).map(accepted))
    expect(bench.state.commitIndex).toBe(2)
    for (let round = 0; round < 200; round++) {
      bench.wake()
      const requests = bench.takeSent('appendEntriesRequest')
      expect(requests.map(({ to }) => to)).toContain('s3')
      bench.receive(...requests.filter(({ to }) => to === 's2').map(accepted))
    }
    expect(bench.state.role.kind).toBe('leader')
  })

  test('and gets what it lacks when it is back', () => {
    const bench = settledLeader()
    const back = new Bench({ id: 's3' }) // it lost nothing: it had stored nothing
    bench.propose('x', 'y')
    bench.receive(...bench.takeSent('appendEntriesRequest').slice(0, 4).map(accepted))
    for (let round = 0; round < 10; round++) {
      bench.wake()
      exchange(bench, back)
    }
    expect(back.logTerms).toEqual(bench.logTerms)
    expect(back.state.commitIndex).toBe(3)
  })
})

/** Hands over what the two say until they are silent; returns the leader's requests. */
function exchange(leader: Bench, follower: Bench): AppendEntriesRequest[] {
  const requests: AppendEntriesRequest[] = []
  for (;;) {
    const sent = leader.takeSent('appendEntriesRequest').filter(({ to }) => to === follower.id)
    if (sent.length === 0) return requests
    requests.push(...sent)
    follower.receive(...sent)
    leader.receive(...follower.takeSent('appendEntriesResponse'))
  }
}

describe('followers are made to agree with the leader (Figure 3.6)', () => {
  const leaderLog = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
  const followers: [string, number[]][] = [
    ['a: one entry missing', [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ['b: many missing', [1, 1, 1, 4]],
    ['c: one too many', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['d: entries of a later term', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['e: missing and too many', [1, 1, 1, 4, 4, 4, 4]],
    ['f: two dead terms', [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
    ['empty', []],
    ['nothing in common', [2, 2, 3, 3, 3]],
  ]
  for (const [name, log] of followers) {
    test(`${name}; one rejected request for each conflicting term at most`, () => {
      const leader = new Bench({ log: leaderLog, currentTerm: 7 }).lead()
      const follower = new Bench({ id: 's2', log, currentTerm: 7 })
      const requests = exchange(leader, follower)
      expect(follower.logTerms).toEqual([...leaderLog, 8])
      expect(leader.logTerms).toEqual([...leaderLog, 8])
      expect(peerOf(leader, 's2').matchIndex).toBe(11)
      const terms = new Set([...log, ...leaderLog]).size
      expect(requests.length).toBeLessThanOrEqual(terms + 2)
    })
  }

  test('a thousand conflicting entries of one term cost one rejected request', () => {
    const log = [1, ...Array.from({ length: 1000 }, () => 2)]
    const leader = new Bench({ log: [1, 3], currentTerm: 3 }).lead()
    const follower = new Bench({ id: 's2', log, currentTerm: 3 })
    expect(exchange(leader, follower).length).toBeLessThanOrEqual(3)
    expect(follower.logTerms).toEqual([1, 3, 4])
  })
})

describe('nextIndex and matchIndex', () => {
  test('a new leader knows nothing (0) and tries just behind its own last entry', () => {
    const bench = new Bench({ log: [1, 2, 2] }).lead()
    expect(peerOf(bench, 's2')).toMatchObject({ matchIndex: 0, nextIndex: 4 })
    const [request] = bench.takeSent('appendEntriesRequest')
    expect(request).toMatchObject({ prevLogIndex: 3, prevLogTerm: 2 })
  })

  test('until the logs are known to agree, one request at a time probes', () => {
    const bench = new Bench({ log: [1, 2, 2] }).lead()
    bench.sent = []
    bench.propose('x', 'y', 'z')
    expect(bench.sent).toEqual([])
  })

  test('they are set anew at each election', () => {
    const bench = settledLeader().propose('x')
    expect(peerOf(bench, 's2').matchIndex).toBe(1)
    bench.receive(appendEntries('s3', { term: 5, prev: [1, 1] })).lead(6)
    expect(peerOf(bench, 's2')).toMatchObject({ matchIndex: 0, nextIndex: 3 })
  })

  test('matchIndex never goes back, in whatever order the answers come', () => {
    const bench = settledLeader().propose('x').propose('y')
    const requests = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(requests.map(coverOf)).toEqual([2, 3])
    bench.receive(...requests.map(accepted).reverse())
    expect(peerOf(bench, 's2').matchIndex).toBe(3)
    bench.receive(...requests.map((r) => refused(r, [0, 0])))
    expect(peerOf(bench, 's2').matchIndex).toBe(3)
  })

  test('a refusal that was said before the acknowledgement that overtook it is forgotten', () => {
    const bench = settledLeader().propose('x').propose('y')
    const [first, second] = bench.takeSent('appendEntriesRequest').filter((r) => r.to === 's2')
    // The second came first and was refused; then the first, and the second once more.
    bench.receive(accepted(first as AppendEntriesRequest))
    bench.receive(refused(second as AppendEntriesRequest, [1, 1]))
    expect(peerOf(bench, 's2').nextIndex).toBeGreaterThan(2)
    const again = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.receive(...again.map(accepted))
    expect(peerOf(bench, 's2').matchIndex).toBe(3)
  })
})

test('a leader overwrites and deletes nothing in its own log', () => {
  const bench = settledLeader([1, 1]).propose('x')
  const before = bench.logTerms
  bench.receive(...bench.takeSent('appendEntriesRequest').map((r) => refused(r, [1, 1])))
  bench.receive(appendEntries('s2', { term: 2, prev: [1, 1], entries: [2] }))
  bench.receive(appendEntries('s2', { term: 1, prev: [0, 0], entries: [1] }))
  expect(bench.logTerms).toEqual(before)
})
