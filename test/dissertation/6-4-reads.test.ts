/**
 * §6.4, processing read-only queries without the log (R19): the order of the steps, each with what
 * goes wrong without it. What is read, and when, is the state machine's and the driver's.
 */
import { describe, expect, test } from 'vitest'
import { readIndexRequest, readIndexResponse } from '../../src/raft/index.ts'
import { Bench, type BenchSetup } from '../raft/harness.ts'
import { accepted, acceptedBy, appendEntries, bare, refused } from '../raft/messages.ts'

/** A leader whose no-op is committed on everyone, with nothing under way. */
function leading(setup: BenchSetup = {}): Bench {
  const bench = new Bench(setup).lead()
  bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
  bench.sent = []
  return bench
}

describe('a read', () => {
  test("waits for an entry of the leader's own term: it may not know yet what is committed", () => {
    const bench = new Bench({ log: [1, 1] }).lead().read(1)
    const requests = bench.takeSent('appendEntriesRequest')
    expect(bench.answers).toEqual([])
    bench.receive(...acceptedBy('s2', requests))
    expect(bench.state.commitIndex).toBe(3)
    expect(bench.answers).toEqual([])
    bench.receive(...acceptedBy('s2', bench.takeSent('appendEntriesRequest')))
    expect(bench.answers).toEqual([{ kind: 'readable', readId: 1, index: 3 }])
  })

  test('is readable at what was committed when a majority was asked', () => {
    const bench = leading().read(1)
    const requests = bench.takeSent('appendEntriesRequest')
    expect(requests.map(({ to, entries }) => [to, entries.length])).toEqual([
      ['s2', 0],
      ['s3', 0],
    ])
    expect(bench.answers).toEqual([])
    bench.receive(...acceptedBy('s3', requests))
    expect(bench.answers).toEqual([{ kind: 'readable', readId: 1, index: 1 }])
  })

  test('is not served by an answer to what was sent before it came', () => {
    const bench = leading().elapse(50)
    const before = acceptedBy('s2', bench.takeSent('appendEntriesRequest'))
    bench.read(1).receive(...before, ...before)
    expect(bench.answers).toEqual([])
    bench.receive(...acceptedBy('s2', bench.takeSent('appendEntriesRequest')))
    expect(bench.answers).toHaveLength(1)
  })

  test('is settled when leadership goes', () => {
    const bench = leading().read(1, 2)
    bench.elapse(300)
    expect(bench.state.role.kind).toBe('follower')
    expect(bench.answers).toEqual([
      { kind: 'unreadable', readId: 1, refusal: 'leaderLost', leaderId: null },
      { kind: 'unreadable', readId: 2, refusal: 'leaderLost', leaderId: null },
    ])
  })
})

test("a leader of one needs nobody's proof, but its no-op", () => {
  const bench = new Bench({ voters: 1, savesAtOnce: false }).timeOut().save(1).read(1)
  expect(bench.answers).toEqual([])
  bench.save()
  expect(bench.answers).toEqual([{ kind: 'readable', readId: 1, index: 1 }])
})

describe('many reads', () => {
  test('that come together are served by one round', () => {
    const bench = leading()
    bench.batch(() => bench.read(1, 2, 3))
    const requests = bench.takeSent('appendEntriesRequest')
    expect(requests).toHaveLength(2)
    bench.receive(...acceptedBy('s2', requests))
    expect(bench.answers).toMatchObject([{ readId: 1 }, { readId: 2 }, { readId: 3 }])
  })

  test('that come with proposals ride on their requests', () => {
    const bench = leading()
    bench.batch(() => bench.propose('x').read(1))
    expect(bench.takeSent('appendEntriesRequest').map(({ entries }) => entries.length)).toEqual([
      1, 1,
    ])
  })

  test('wait for a round of their own where two are under way', () => {
    const bench = leading().read(1).read(2)
    const first = bench.takeSent('appendEntriesRequest')
    expect(first).toHaveLength(4)
    bench.read(3)
    expect(bench.sent).toEqual([])
    bench.receive(...acceptedBy('s2', first.slice(0, 2)))
    expect(bench.answers).toMatchObject([{ readId: 1 }])
    const second = bench.takeSent('appendEntriesRequest')
    expect(second).toHaveLength(2)
    bench.receive(...acceptedBy('s3', second))
    expect(bench.answers).toMatchObject([{ readId: 1 }, { readId: 2 }, { readId: 3 }])
  })

  test('are bounded', () => {
    const bench = leading({ options: { readsMax: 2 } }).read(1, 2, 3)
    expect(bench.answers).toMatchObject([{ readId: 3, refusal: 'overloaded', leaderId: 's1' }])
    bench.receive(...acceptedBy('s2', bench.takeSent('appendEntriesRequest'))).read(4)
    expect(bench.answers).toHaveLength(3)
  })

  test('are asked for again at the heartbeat where the round was lost', () => {
    const bench = leading().read(1)
    bench.sent = []
    bench.elapse(50)
    bench.receive(...acceptedBy('s2', bench.takeSent('appendEntriesRequest')))
    expect(bench.answers).toMatchObject([{ kind: 'readable' }])
  })
})

describe('what proves a round', () => {
  test('a refusal of this term does: its sender follows', () => {
    const bench = leading().read(1)
    const [request] = bench.takeSent('appendEntriesRequest')
    if (request !== undefined) bench.receive(refused(request, [0, 0]))
    expect(bench.answers).toMatchObject([{ kind: 'readable' }])
  })

  test('one server of five, however often it answers, does not', () => {
    const bench = leading({ voters: 5 }).read(1)
    const answers = acceptedBy('s2', bench.takeSent('appendEntriesRequest'))
    bench.receive(...answers, ...answers)
    expect(bench.answers).toEqual([])
  })

  test('answers without our id do once there are more of them than earlier requests', () => {
    const bench = new Bench().lead()
    bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted).map(bare))
    bench.elapse(50).read(1)
    const sent = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(sent).toHaveLength(1)
    // Sent before the read came: it cannot be told from an answer to what is sent after.
    bench.receive(...sent.map(accepted).map(bare))
    expect(bench.answers).toEqual([])
    bench.elapse(50)
    bench.receive(...acceptedBy('s2', bench.takeSent('appendEntriesRequest')).map(bare))
    expect(bench.answers).toMatchObject([{ kind: 'readable' }])
  })
})

describe('a follower', () => {
  /** A follower of s2 in term 1. */
  function following(setup: BenchSetup = {}): Bench {
    const bench = new Bench(setup).receive(appendEntries('s2', { term: 1 }))
    bench.sent = []
    return bench
  }

  test('asks its leader once for all reads that have come, and answers what it is told', () => {
    const bench = following()
    bench.batch(() => bench.read(1, 2))
    const request = bench.takeOnly('readIndexRequest')
    expect(request).toMatchObject({ to: 's2', term: 1 })
    bench.receive(readIndexResponse('s2', 's1', 1, request.requestId, 4))
    expect(bench.answers).toEqual([
      { kind: 'readable', readId: 1, index: 4 },
      { kind: 'readable', readId: 2, index: 4 },
    ])
  })

  test('asks for a later read with another number, and takes no earlier answer for it', () => {
    const bench = following().read(1).read(2)
    const [first, second] = bench.takeSent('readIndexRequest')
    expect(second?.requestId).toBeGreaterThan(first?.requestId ?? 0)
    bench.receive(readIndexResponse('s2', 's1', 1, first?.requestId ?? 0, 4))
    bench.receive(readIndexResponse('s2', 's1', 1, first?.requestId ?? 0, 5))
    expect(bench.answers).toMatchObject([{ readId: 1, index: 4 }])
    bench.receive(readIndexResponse('s2', 's1', 1, second?.requestId ?? 0, 6))
    expect(bench.answers).toMatchObject([{ readId: 1 }, { readId: 2, index: 6 }])
  })

  test('begins with a number that an earlier life of it did not use', () => {
    const [one] = following({ seed: 'one' }).read(1).takeSent('readIndexRequest')
    const [other] = following({ seed: 'other' }).read(1).takeSent('readIndexRequest')
    expect(one?.requestId).not.toBe(other?.requestId)
  })

  test('repeats what is not answered, and gives up after an election timeout', () => {
    const bench = following({ options: { electionTimeoutMaxMs: 160 } })
    bench.read(1)
    const before = bench.takeOnly('readIndexRequest')
    bench.elapse(50)
    expect(bench.takeOnly('readIndexRequest')).toEqual(before)
    for (let i = 0; i < 3; i++) bench.receive(appendEntries('s2', { term: 1 })).elapse(40)
    expect(bench.answers).toEqual([
      { kind: 'unreadable', readId: 1, refusal: 'leaderLost', leaderId: 's2' },
    ])
  })

  test('gives up at once when its leader changes, or says no', () => {
    const changed = following()
      .read(1)
      .receive(appendEntries('s3', { term: 2 }))
    expect(changed.answers).toMatchObject([{ kind: 'unreadable', refusal: 'leaderLost' }])
    const bench = following().read(1)
    const { requestId } = bench.takeOnly('readIndexRequest')
    bench.receive(readIndexResponse('s2', 's1', 1, requestId, null))
    expect(bench.answers).toMatchObject([{ kind: 'unreadable', refusal: 'leaderLost' }])
  })

  test('that knows no leader says so', () => {
    expect(new Bench().read(1).answers).toEqual([
      { kind: 'unreadable', readId: 1, refusal: 'notLeader', leaderId: null },
    ])
  })

  test('is served by the leader as a client of its own, each request once', () => {
    const bench = leading()
    const request = readIndexRequest('s2', 's1', 1, 77)
    bench.receive(request, request)
    bench.receive(...acceptedBy('s3', bench.takeSent('appendEntriesRequest')))
    const answer = { to: 's2', requestId: 77, success: true, index: 1 }
    expect(bench.takeSent('readIndexResponse')).toMatchObject([answer])
  })

  test('is refused by whoever does not lead its term', () => {
    const bench = new Bench({ currentTerm: 3 }).receive(readIndexRequest('s2', 's1', 2, 77))
    expect(bench.takeOnly('readIndexResponse')).toMatchObject({ term: 3, success: false })
  })
})
