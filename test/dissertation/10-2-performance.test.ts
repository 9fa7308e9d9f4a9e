/**
 * §10.2.1, writing to the leader's disk in parallel, and §10.2.2, batching and pipelining (R13):
 * what is allowed to overlap, and what bounds it.
 */
import { describe, expect, test } from 'vitest'
import type { AppendEntriesRequest } from '../../src/raft/index.ts'
import { Bench } from '../raft/harness.ts'
import { accepted, appendEntries, coverOf, refused } from '../raft/messages.ts'

function settledLeader(setup: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const bench = new Bench(setup).lead()
  bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
  bench.savesAtOnce = setup.savesAtOnce ?? true
  bench.sent = []
  return bench
}

function slowDiskLeader(voters: number): Bench {
  const bench = settledLeader({ voters })
  bench.savesAtOnce = false
  return bench
}

describe("§10.2.1: the leader's disk writes in parallel", () => {
  test('entries leave before the own disk has them', () => {
    const bench = slowDiskLeader(3).propose('x')
    expect(bench.saves).toHaveLength(1)
    expect(bench.takeSent('appendEntriesRequest')).toHaveLength(2)
  })

  test("the leader's own match index is what its disk has acknowledged", () => {
    const bench = slowDiskLeader(3).propose('x')
    expect(bench.state.durableIndex).toBe(1)
    bench.save()
    expect(bench.state.durableIndex).toBe(2)
  })

  test('its own unsaved entry does not count towards commitment', () => {
    const bench = slowDiskLeader(3).propose('x')
    const [request] = bench.takeSent('appendEntriesRequest')
    bench.receive(accepted(request as AppendEntriesRequest))
    expect(bench.state.commitIndex).toBe(1)
    bench.save()
    expect(bench.state.commitIndex).toBe(2)
  })

  test('a majority of followers commits without it', () => {
    const bench = slowDiskLeader(3).propose('x')
    bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
    expect(bench.state.durableIndex).toBe(1)
    expect(bench.state.commitIndex).toBe(2)
  })

  test('in a cluster of one nothing is committed before the disk has it', () => {
    const bench = settledLeader({ voters: 1 })
    bench.savesAtOnce = false
    bench.propose('x')
    expect(bench.state.commitIndex).toBe(1)
    bench.save()
    expect(bench.state.commitIndex).toBe(2)
  })
})

describe('§10.2.2: batching', () => {
  test('commands that come together leave together, and are saved together', () => {
    const bench = slowDiskLeader(3).batch(() => {})
    bench.batch(() => bench.propose('a', 'b', 'c'))
    const requests = bench.takeSent('appendEntriesRequest')
    expect(requests.map(({ to, entries }) => [to, entries.length])).toEqual([
      ['s2', 3],
      ['s3', 3],
    ])
    expect(bench.saves.map(({ entries }) => entries.length)).toEqual([3])
  })

  test('a request holds as many entries as its limit allows, and always one', () => {
    const options = {
      appendEntriesBytesMax: 10,
      sizeOfEntry: (e: { command: Uint8Array }) => e.command.length,
    }
    const bench = settledLeader({ options })
    bench.batch(() => bench.propose('aaaa', 'bbbb', 'cccc', 'd'.repeat(50), 'e', 'f'))
    const requests = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(requests.map(({ entries }) => entries.length)).toEqual([2, 1, 1, 2])
    expect(requests.map(coverOf)).toEqual([3, 4, 5, 7])
  })
})

describe('§10.2.2: pipelining', () => {
  test('entries follow entries without waiting for answers', () => {
    const bench = settledLeader().propose('a').propose('b').propose('c')
    const requests = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(requests.map(({ prevLogIndex }) => prevLogIndex)).toEqual([1, 2, 3])
  })

  test('up to the window, in messages', () => {
    const bench = settledLeader({ options: { inflightMessagesMax: 3 } })
    bench.propose('a', 'b', 'c', 'd', 'e')
    const requests = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(requests.map(coverOf)).toEqual([2, 3, 4])
    bench.receive(accepted(requests[0] as AppendEntriesRequest))
    const next = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(next.map(coverOf)).toEqual([6])
  })

  test('and in bytes', () => {
    const options = {
      inflightBytesMax: 10,
      sizeOfEntry: (e: { command: Uint8Array }) => e.command.length,
    }
    const bench = settledLeader({ options }).propose('aaaaaa', 'bbbbbb', 'c')
    const requests = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(requests.map(coverOf)).toEqual([2, 3])
  })

  test('heartbeats go on when the window is full, and carry nothing', () => {
    const bench = settledLeader({ options: { inflightMessagesMax: 1 } }).propose('a', 'b')
    bench.sent = []
    bench.wake()
    for (const request of bench.takeSent('appendEntriesRequest')) {
      expect(request).toMatchObject({ prevLogIndex: 2, entries: [] })
    }
  })

  test('a window that was filled by losses opens again', () => {
    const bench = settledLeader({ options: { inflightMessagesMax: 2 } })
    bench.propose('a', 'b', 'c', 'd')
    bench.sent = [] // all lost
    const back = new Bench({ id: 's2', log: [1] })
    for (let i = 0; i < 4; i++) {
      bench.wake()
      for (let round = 0; round < 10; round++) {
        back.receive(...bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2'))
        bench.receive(...back.takeSent('appendEntriesResponse'))
      }
    }
    expect(back.logTerms).toEqual([1, 1, 1, 1, 1])
    expect(bench.state.commitIndex).toBe(5)
  })

  test('probes that were lost do not keep it closed', () => {
    const bench = new Bench({ options: { inflightMessagesMax: 2 } }).lead()
    const first = bench.takeSent('appendEntriesRequest').find(({ to }) => to === 's2')
    for (const command of ['a', 'b', 'c']) bench.propose(command).elapse(50)
    bench.sent = [] // every probe but the first is lost, and each would have proved more
    bench.receive(accepted(first as AppendEntriesRequest))
    const next = bench.takeSent('appendEntriesRequest').find(({ to }) => to === 's2')
    expect(next).toMatchObject({ prevLogIndex: 1 })
    expect(next?.entries).toHaveLength(3)
  })

  test('a refusal takes the pipeline back to one probe at a time', () => {
    const bench = settledLeader().propose('a').propose('b')
    const requests = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.receive(refused(requests[1] as AppendEntriesRequest, [1, 1]))
    const probes = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(probes.map(({ prevLogIndex, entries }) => [prevLogIndex, entries.length])).toEqual([
      [1, 2],
    ])
    bench.propose('c')
    expect(bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')).toEqual([])
  })

  test('the answer to a request that was sent before it went back is no second refusal', () => {
    const bench = settledLeader().propose('a').propose('b').propose('c')
    const [, second, third] = bench.takeSent('appendEntriesRequest').filter((r) => r.to === 's2')
    bench.receive(refused(second as AppendEntriesRequest, [1, 1]))
    bench.sent = []
    bench.receive(refused(third as AppendEntriesRequest, [1, 1]))
    expect(bench.takeSent('appendEntriesRequest')).toEqual([])
  })

  test('the follower may take entries in any order, and the log comes out the same', () => {
    const bench = new Bench({ currentTerm: 1 })
    const requests = [0, 1, 2].map((i) =>
      appendEntries('s2', { term: 1, prev: i === 0 ? [0, 0] : [i, 1], entries: [1] }),
    )
    for (const order of [
      [2, 1, 0, 1, 2],
      [0, 0, 2, 1, 2],
    ]) {
      const follower = bench.restarted()
      for (const i of order) follower.receive(requests[i] as AppendEntriesRequest)
      expect(follower.logTerms).toEqual([1, 1, 1])
    }
  })
})
