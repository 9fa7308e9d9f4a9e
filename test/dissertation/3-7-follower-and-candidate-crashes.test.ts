/**
 * §3.7, follower and candidate crashes (R8, R15): requests are repeated until they are answered,
 * and repeating one does no harm.
 */
import { describe, expect, test } from 'vitest'
import { describeMessage } from '../../src/raft/index.ts'
import { Bench } from '../raft/harness.ts'
import { accepted, appendEntries, requestVote, vote } from '../raft/messages.ts'

describe('requests are retried', () => {
  test('a leader asks a dead follower again and again, and goes on as soon as it answers', () => {
    const bench = new Bench().lead().propose('x')
    for (let i = 0; i < 100; i++) {
      bench.wake()
      const requests = bench.takeSent('appendEntriesRequest')
      expect(requests.filter(({ to }) => to === 's3').length).toBeGreaterThan(0)
      bench.receive(...requests.filter(({ to }) => to === 's2').map(accepted))
    }
    const back = new Bench({ id: 's3' })
    for (let i = 0; i < 5; i++) {
      bench.wake()
      back.receive(...bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's3'))
      bench.receive(...back.takeSent('appendEntriesResponse'))
    }
    expect(back.logTerms).toEqual(bench.logTerms)
  })

  test('a candidate whose requests are lost asks again with its next election', () => {
    const bench = new Bench().timeOut()
    for (let term = 2; term < 20; term++) {
      bench.sent = []
      bench.timeOut()
      expect(bench.takeSent('requestVoteRequest').map((r) => [r.to, r.term])).toEqual([
        ['s2', term],
        ['s3', term],
      ])
    }
  })
})

describe('a server that crashed before it answered hears the request again', () => {
  test('a vote that was given is given again to the same candidate', () => {
    const bench = new Bench({ savesAtOnce: false })
    bench.receive(requestVote('s2', { term: 1 }))
    // The vote became durable; the answer did not leave.
    bench.savesAtOnce = true
    bench.save()
    const back = bench.restarted()
    back.receive(requestVote('s3', { term: 1, last: [9, 1] }), requestVote('s2', { term: 1 }))
    const answers = back.takeSent('requestVoteResponse')
    expect(answers.map(({ to, voteGranted }) => [to, voteGranted])).toEqual([
      ['s3', false],
      ['s2', true],
    ])
  })

  test('entries that are there already are ignored, and acknowledged', () => {
    const request = appendEntries('s2', { term: 1, entries: [1, 1, 1] })
    const back = new Bench({ currentTerm: 1 }).receive(request).restarted()
    back.receive(request)
    expect(back.takeOnly('appendEntriesResponse')).toMatchObject({ success: true, matchIndex: 3 })
    expect(back.logTerms).toEqual([1, 1, 1])
  })
})

describe('a request has the same effect if it is repeated', () => {
  const requests = [
    requestVote('s2', { term: 3, last: [9, 2] }),
    requestVote('s2', { term: 3, last: [0, 0] }),
    appendEntries('s2', { term: 3, prev: [1, 1], entries: [2, 3], leaderCommit: 2 }),
    appendEntries('s2', { term: 3, prev: [7, 2], entries: [3] }),
    appendEntries('s2', { term: 1, entries: [1] }),
  ]
  for (const request of requests) {
    test(describeMessage(request), () => {
      const bench = new Bench({ log: [1, 1, 1], currentTerm: 2 }).receive(request)
      const first = { answer: bench.takeSent(answerOf(request.kind)), disk: { ...bench.disk } }
      const disk = JSON.stringify(bench.disk)
      bench.receive(request, request)
      expect(bench.takeSent(answerOf(request.kind))).toEqual([...first.answer, ...first.answer])
      expect(JSON.stringify(bench.disk)).toBe(disk)
    })
  }

  function answerOf(kind: 'requestVoteRequest' | 'appendEntriesRequest') {
    return kind === 'requestVoteRequest' ? 'requestVoteResponse' : 'appendEntriesResponse'
  }
})

test('a candidate that crashed comes back as a follower of the term it stood in', () => {
  const back = new Bench().timeOut().restarted()
  expect(back.state).toMatchObject({ currentTerm: 1, votedFor: 's1' })
  expect(back.state.role.kind).toBe('follower')
  back.receive(vote('s2', { term: 1 }), vote('s3', { term: 1 }))
  expect(back.state.role.kind).toBe('follower')
})
