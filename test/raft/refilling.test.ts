/**
 * A server whose log was given up (src/raft/refilling.ts): it is led, and acknowledges, and neither
 * votes nor stands before it holds an entry of its term or a later one.
 */
import { describe, expect, test } from 'vitest'
import { isRefilling, preVoteRequest, timeoutNowRequest } from '../../src/raft/index.ts'
import { Bench, type BenchSetup } from './harness.ts'
import { appendEntries, requestVote } from './messages.ts'

const refillTerm = 100

function emptied(setup: BenchSetup = {}): Bench {
  const disk = { currentTerm: refillTerm, votedFor: null, entries: [], refillTerm }
  return new Bench({ disk, options: { preVote: false, verify: true }, ...setup })
}

/** What it says to a candidate whose log is better than its own. */
function votes(bench: Bench, term: number): boolean {
  bench.receive(requestVote('s2', { term, last: [99, 99] }))
  return bench.takeOnly('requestVoteResponse').voteGranted
}

describe('a server whose log was given up', () => {
  test('votes for nobody, in no term', () => {
    for (const term of [refillTerm, refillTerm + 1, refillTerm + 50]) {
      const bench = emptied()
      expect(votes(bench, term)).toBe(false)
      // Of the term itself it takes note: it promises no less than others.
      expect(bench.state.currentTerm).toBe(term)
      expect(bench.state.votedFor).toBeNull()
    }
    const bench = emptied({ options: { preVote: true } })
    bench.receive(preVoteRequest('s2', 's1', refillTerm + 1, 99, 99, 1))
    expect(bench.takeOnly('preVoteResponse').voteGranted).toBe(false)
    expect(
      bench.notices.map((notice) => (notice.kind === 'voteRefused' ? notice.why : '')),
    ).toContain('its own log was damaged, and is not filled again yet')
  })

  test('does not stand, be it late or asked to', () => {
    const bench = emptied().elapse(60_000)
    expect(bench.sent).toEqual([])
    bench.receive(appendEntries('s2', { term: refillTerm + 1 }))
    bench.takeSent('appendEntriesResponse')
    bench.receive(timeoutNowRequest('s2', 's1', refillTerm + 1))
    expect(bench.state.role.kind).toBe('follower')
    expect(bench.sent).toEqual([])
  })

  test('has nothing to do with leaders of terms in which it may have promised something', () => {
    const bench = emptied().receive(appendEntries('s2', { term: refillTerm - 1, entries: [7] }))
    const response = bench.takeOnly('appendEntriesResponse')
    expect(response).toMatchObject({ success: false, term: refillTerm })
    expect(bench.state.log.lastIndex).toBe(0)
  })

  test('acknowledges what it is sent, and votes once the leader has sent it all', () => {
    const term = refillTerm + 3
    const bench = emptied().receive(appendEntries('s3', { term, entries: [1, 1, 40, 99] }))
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ success: true, matchIndex: 4 })
    expect(isRefilling(bench.state)).toBe(true)
    expect(votes(bench, term + 1)).toBe(false)
    bench.receive(appendEntries('s3', { term: term + 2, prev: [4, 99], entries: [term] }))
    bench.takeSent('appendEntriesResponse')
    expect(isRefilling(bench.state)).toBe(false)
    bench.receive(requestVote('s2', { term: term + 3, last: [9, term] }))
    expect(bench.takeOnly('requestVoteResponse').voteGranted).toBe(true)
  })

  test('stands, once it is whole', () => {
    const entries = [1, refillTerm]
    const bench = emptied().receive(appendEntries('s3', { term: refillTerm, entries }))
    bench.takeSent('appendEntriesResponse')
    bench.timeOut()
    expect(bench.takeSent('requestVoteRequest').map(({ to }) => to)).toEqual(['s2', 's3'])
  })

  test('is not whole any more where that was cut off; a restart changes nothing', () => {
    const bench = emptied()
    bench.receive(appendEntries('s3', { term: refillTerm, entries: [1, refillTerm] }))
    expect(isRefilling(bench.restarted().state)).toBe(false)
    bench.receive(appendEntries('s2', { term: 120, prev: [1, 1], entries: [99] }))
    expect(isRefilling(bench.state)).toBe(true)
    expect(isRefilling(bench.restarted().state)).toBe(true)
  })
})
