/**
 * §3.5, log replication as a follower does it: the five steps of Figure 3.1's AppendEntries in
 * their order (R6-R8), and what late, repeated and reordered copies of requests must not do.
 */
import { describe, expect, test } from 'vitest'
import { bytesEqual } from '../../src/base/bytes.ts'
import { Bench, entriesOf } from '../raft/harness.ts'
import { appendEntries, type Place } from '../raft/messages.ts'

/** A follower of s2 in term 4. */
function follower(log: readonly number[]): Bench {
  return new Bench({ currentTerm: 4, log })
}

describe('step 1: a request of an obsolete term', () => {
  test('is refused, with the term that deposes its sender, and changes nothing', () => {
    const bench = follower([1, 1, 2])
    bench.receive(appendEntries('s2', { term: 3, prev: [3, 2], entries: [3], leaderCommit: 3 }))
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ term: 4, success: false })
    expect(bench.logTerms).toEqual([1, 1, 2])
    expect(bench.state.commitIndex).toBe(0)
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: null })
  })
})

describe('step 2: the consistency check', () => {
  const cases: { log: number[]; prev: Place; success: boolean; why: string }[] = [
    { log: [], prev: [0, 0], success: true, why: 'every log agrees before the first entry' },
    { log: [1, 2], prev: [0, 0], success: true, why: 'also where there are entries' },
    { log: [1, 2], prev: [2, 2], success: true, why: 'index and term are there, at the end' },
    { log: [1, 2], prev: [1, 1], success: true, why: 'or in the middle' },
    { log: [1, 2], prev: [3, 2], success: false, why: 'the log is too short' },
    { log: [], prev: [1, 1], success: false, why: 'the log is empty' },
    { log: [1, 2], prev: [2, 1], success: false, why: 'the term is too late' },
    { log: [1, 2], prev: [2, 3], success: false, why: 'the term is too early' },
  ]
  for (const { log, prev, success, why } of cases) {
    test(`log ${JSON.stringify(log)}, prev ${prev.join('@')}: ${success} (${why})`, () => {
      const bench = follower(log)
      bench.receive(appendEntries('s2', { term: 4, prev, entries: [4], leaderCommit: 9 }))
      expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ term: 4, success })
      if (success) {
        expect(bench.logTerms).toEqual([...log.slice(0, prev[0]), 4])
      } else {
        expect(bench.logTerms).toEqual(log)
        expect(bench.state.commitIndex).toBe(0)
      }
    })
  }

  test('a heartbeat is judged by the same rule, and commits nothing where it is refused', () => {
    const bench = follower([1, 1, 2])
    bench.receive(appendEntries('s2', { term: 4, prev: [3, 3], leaderCommit: 3 }))
    expect(bench.takeOnly('appendEntriesResponse').success).toBe(false)
    expect(bench.state.commitIndex).toBe(0)
  })

  test('a refusal names the last entry of no later term than the one asked about', () => {
    const places: [Place, Place][] = [
      [
        [9, 3],
        [6, 2],
      ], // too short: the last entry
      [
        [5, 1],
        [3, 1],
      ], // the conflicting term is left out whole
      [
        [2, 4],
        [2, 1],
      ], // a conflict the other way round
    ]
    for (const [prev, hint] of places) {
      const bench = follower([1, 1, 1, 2, 2, 2])
      bench.receive(appendEntries('s2', { term: 4, prev }))
      const { hintIndex, hintTerm, success } = bench.takeOnly('appendEntriesResponse')
      expect([success, hintIndex, hintTerm]).toEqual([false, ...hint])
    }
    const bench = follower([2, 2])
    bench.receive(appendEntries('s2', { term: 4, prev: [2, 1] }))
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ hintIndex: 0, hintTerm: 0 })
  })
})

describe('step 3: an entry of another term', () => {
  test('goes, with all that follow it', () => {
    const bench = follower([1, 1, 2, 2, 2])
    bench.receive(appendEntries('s2', { term: 4, prev: [2, 1], entries: [4] }))
    expect(bench.logTerms).toEqual([1, 1, 4])
    expect(bench.disk.entries.map(({ term }) => term)).toEqual([1, 1, 4])
  })

  test('what stands before it stays, also where the request repeats it', () => {
    const bench = follower([1, 1, 2, 2])
    bench.receive(appendEntries('s2', { term: 4, entries: [1, 1, 3, 4] }))
    expect(bench.logTerms).toEqual([1, 1, 3, 4])
  })

  test('entries beyond the request stay where nothing conflicts', () => {
    const bench = follower([1, 1, 1, 1])
    bench.receive(appendEntries('s2', { term: 4, prev: [1, 1], entries: [1] }))
    expect(bench.logTerms).toEqual([1, 1, 1, 1])
  })

  test('a heartbeat cuts nothing off, whatever follows the place it names', () => {
    const bench = follower([1, 1, 2, 2]).receive(appendEntries('s2', { term: 4, prev: [2, 1] }))
    expect(bench.takeOnly('appendEntriesResponse').success).toBe(true)
    expect(bench.logTerms).toEqual([1, 1, 2, 2])
  })

  test('at or below the commit index it is nothing that a correct leader can ask for', () => {
    const bench = follower([1, 1, 1])
    bench.receive(appendEntries('s2', { term: 4, prev: [3, 1], leaderCommit: 2 }))
    bench.sent = []
    bench.receive(appendEntries('s2', { term: 4, prev: [1, 1], entries: [4] }))
    expect(bench.logTerms).toEqual([1, 1, 1])
    expect(bench.sent).toEqual([])
    expect(bench.notices.at(-1)).toMatchObject({ kind: 'contradiction', from: 's2' })
  })
})

describe('step 4: what is new', () => {
  test('is appended, with the terms and commands it came with', () => {
    const bench = follower([1])
    bench.receive(appendEntries('s2', { term: 4, prev: [1, 1], entries: [2, 2, 4] }))
    expect(bench.logTerms).toEqual([1, 2, 2, 4])
    const expected = entriesOf([1, 2, 2, 4])
    for (const [i, { command }] of bench.disk.entries.entries()) {
      expect(bytesEqual(command, expected[i]?.command as Uint8Array)).toBe(true)
    }
  })

  test('and acknowledged as far as the request verified it, not as far as the log goes', () => {
    const bench = follower([1, 1, 3, 3, 3])
    bench.receive(appendEntries('s2', { term: 4, prev: [1, 1], entries: [1] }))
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ success: true, matchIndex: 2 })
    bench.receive(appendEntries('s2', { term: 4, prev: [2, 1] }))
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ success: true, matchIndex: 2 })
  })

  test('the answer carries the id of its request', () => {
    const bench = follower([]).receive(appendEntries('s2', { term: 4, requestId: 77 }))
    expect(bench.takeOnly('appendEntriesResponse').requestId).toBe(77)
  })
})

describe('step 5: the commit index', () => {
  const cases: { leaderCommit: number; prev: Place; entries: number[]; expected: number }[] = [
    { leaderCommit: 2, prev: [3, 2], entries: [], expected: 2 },
    { leaderCommit: 3, prev: [3, 2], entries: [], expected: 3 },
    { leaderCommit: 9, prev: [3, 2], entries: [4, 4], expected: 5 },
    { leaderCommit: 4, prev: [3, 2], entries: [4, 4], expected: 4 },
    // Our own last index is 3, and its tail may be another leader's.
    { leaderCommit: 9, prev: [1, 1], entries: [], expected: 1 },
    { leaderCommit: 9, prev: [0, 0], entries: [1, 1], expected: 2 },
    { leaderCommit: 9, prev: [0, 0], entries: [], expected: 0 },
  ]
  for (const { leaderCommit, prev, entries, expected } of cases) {
    const request = `prev ${prev.join('@')}, ${entries.length} entries, commit ${leaderCommit}`
    test(`log [1,1,2], ${request}: ${expected}`, () => {
      const bench = follower([1, 1, 2])
      bench.receive(appendEntries('s2', { term: 4, prev, entries, leaderCommit }))
      expect(bench.state.commitIndex).toBe(expected)
      expect(bench.applied.map(({ index }) => index)).toEqual(
        Array.from({ length: expected }, (_, i) => i + 1),
      )
    })
  }

  test('it never goes back', () => {
    const bench = follower([1, 1, 2])
    bench.receive(appendEntries('s2', { term: 4, prev: [3, 2], leaderCommit: 3 }))
    bench.receive(appendEntries('s2', { term: 4, prev: [3, 2], leaderCommit: 1 }))
    bench.receive(appendEntries('s2', { term: 4, prev: [1, 1], leaderCommit: 9 }))
    expect(bench.state.commitIndex).toBe(3)
  })

  test('a follower applies what it learns to be committed, in log order, each once', () => {
    const bench = follower([])
    const first = appendEntries('s2', { term: 4, entries: [4, 4, 4] })
    bench.receive(first)
    expect(bench.applied).toEqual([])
    for (const leaderCommit of [1, 1, 3, 2, 3]) {
      bench.receive(appendEntries('s2', { term: 4, prev: [3, 4], leaderCommit }))
    }
    bench.receive(first)
    expect(bench.applied.map(({ index }) => index)).toEqual([1, 2, 3])
  })

  test('a batch hands out no more entries than it may; the rest follows', () => {
    const bench = new Bench({ currentTerm: 4, options: { applyEntriesMax: 2 } })
    bench.receive(appendEntries('s2', { term: 4, entries: [4, 4, 4, 4, 4], leaderCommit: 3 }))
    expect(bench.applied).toHaveLength(3) // two, and one with the batch after the save
    bench.receive(appendEntries('s2', { term: 4, prev: [5, 4], leaderCommit: 5 }))
    expect(bench.applied.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5])
    expect(bench.raft.hasMore).toBe(false)
  })
})

describe('late, repeated and reordered requests (R8)', () => {
  const first = appendEntries('s2', { term: 4, entries: [4, 4, 4] })
  const second = appendEntries('s2', { term: 4, prev: [3, 4], entries: [4, 4] })

  test('a late copy of a shorter request takes back nothing that was acknowledged', () => {
    const bench = follower([]).receive(first, second, first)
    expect(bench.logTerms).toEqual([4, 4, 4, 4, 4])
    expect(bench.saves).toEqual([])
    expect(bench.takeSent('appendEntriesResponse').map(({ matchIndex }) => matchIndex)).toEqual([
      3, 5, 3,
    ])
  })

  test('a repeated request has the effect of one', () => {
    const bench = follower([2, 2]).receive(first)
    const disk = bench.disk.entries.length
    bench.receive(first, first)
    expect(bench.logTerms).toEqual([4, 4, 4])
    expect(bench.disk.entries).toHaveLength(disk)
  })

  test('a request that overtakes an earlier one is refused, and welcome later', () => {
    const bench = follower([]).receive(second, first, second)
    expect(bench.takeSent('appendEntriesResponse').map(({ success }) => success)).toEqual([
      false,
      true,
      true,
    ])
    expect(bench.logTerms).toEqual([4, 4, 4, 4, 4])
  })
})
