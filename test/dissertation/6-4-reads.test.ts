/**
 * §6.4, processing read-only queries without the log (R19): the order of the steps, each with what
 * goes wrong without it. What is read, and when, is the state machine's and the driver's.
 */
import { describe, expect, test } from 'vitest'
import { Bench, type BenchSetup } from '../raft/harness.ts'
import { accepted, acceptedBy } from '../raft/messages.ts'

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
