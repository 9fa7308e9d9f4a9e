/**
 * §3.4, leader election (R3-R5, R10-R12): when a server stands, how it is voted on, and the three
 * ways in which a candidacy ends. What a voter thinks of the candidate's log is in §3.6.1.
 */
import { describe, expect, test } from 'vitest'
import { Bench, voterNames } from '../raft/harness.ts'
import { appendEntries, requestVote, vote } from '../raft/messages.ts'

describe('when a server stands for election', () => {
  test('servers start as followers, with a term and a log from their disk or without', () => {
    expect(new Bench().state.role).toMatchObject({ kind: 'follower', leaderId: null })
    const restarted = new Bench({ currentTerm: 7, votedFor: 's1', log: [1, 7] })
    expect(restarted.state.role).toMatchObject({ kind: 'follower', leaderId: null })
  })

  test('a follower that hears nothing for an election timeout begins an election', () => {
    const bench = new Bench()
    bench.elapse(bench.state.electionDeadline - 1)
    expect(bench.state.role.kind).toBe('follower')
    expect(bench.sent).toEqual([])
    bench.elapse(1)
    expect(bench.state.role.kind).toBe('candidate')
  })

  test('entries from the current leader put the election off', () => {
    const bench = new Bench({ currentTerm: 1 })
    const first = bench.state.electionDeadline
    bench.elapse(first - 1).receive(appendEntries('s2', { term: 1 }))
    expect(bench.state.electionDeadline).toBeGreaterThanOrEqual(bench.now + 150)
  })

  test('so does a request that fails the consistency check: its sender leads nevertheless', () => {
    const bench = new Bench({ currentTerm: 1 })
    bench.elapse(100).receive(appendEntries('s2', { term: 1, prev: [5, 1] }))
    expect(bench.takeOnly('appendEntriesResponse').success).toBe(false)
    expect(bench.state.electionDeadline).toBeGreaterThanOrEqual(250)
  })

  test('so does granting a vote', () => {
    const bench = new Bench()
    bench.elapse(100).receive(requestVote('s2', { term: 1 }))
    expect(bench.takeOnly('requestVoteResponse').voteGranted).toBe(true)
    expect(bench.state.electionDeadline).toBeGreaterThanOrEqual(250)
  })

  test('neither a refused candidate nor a deposed leader puts the election off', () => {
    const bench = new Bench({ currentTerm: 3, log: [3] })
    const deadline = bench.state.electionDeadline
    bench.elapse(100)
    bench.receive(requestVote('s2', { term: 2, last: [9, 2] })) // an obsolete term
    bench.receive(requestVote('s2', { term: 4, last: [9, 2] })) // an older log
    bench.receive(appendEntries('s3', { term: 2 })) // deposed
    bench.receive(vote('s3', { term: 4, voteGranted: false }))
    expect(bench.takeSent('requestVoteResponse').some(({ voteGranted }) => voteGranted)).toBe(false)
    expect(bench.state.electionDeadline).toBe(deadline)
  })
})

describe('what a candidate does', () => {
  test('it raises its term, votes for itself and asks every other server for its vote', () => {
    const bench = new Bench({ voters: 5, currentTerm: 3, log: [1, 3] }).timeOut()
    expect(bench.state.currentTerm).toBe(4)
    expect(bench.state.votedFor).toBe('s1')
    const requests = bench.takeSent('requestVoteRequest')
    expect(requests.map(({ to }) => to)).toEqual(['s2', 's3', 's4', 's5'])
    for (const request of requests) {
      expect(request).toMatchObject({ from: 's1', term: 4, lastLogIndex: 2, lastLogTerm: 3 })
    }
  })

  test('an empty log is said to end at index 0 with term 0', () => {
    const [request] = new Bench().timeOut().takeSent('requestVoteRequest')
    expect(request).toMatchObject({ lastLogIndex: 0, lastLogTerm: 0 })
  })
})

describe('a candidate wins with a majority of the full cluster', () => {
  for (let size = 1; size <= 10; size++) {
    const needed = Math.floor(size / 2) + 1
    test(`${size} servers: ${needed} votes and no fewer, its own among them`, () => {
      const bench = new Bench({ voters: size }).timeOut()
      for (let votes = 1; votes < needed; votes++) {
        expect(bench.state.role.kind).toBe('candidate')
        bench.receive(vote(`s${votes + 1}`, { term: 1 }))
      }
      expect(bench.state.role.kind).toBe('leader')
    })
  }

  test('refusals do not count', () => {
    const bench = new Bench().timeOut()
    bench.receive(vote('s2', { term: 1, voteGranted: false }))
    bench.receive(vote('s3', { term: 1, voteGranted: false }))
    expect(bench.state.role.kind).toBe('candidate')
  })

  test('a vote that arrives twice counts once', () => {
    const bench = new Bench({ voters: 5 }).timeOut()
    for (let i = 0; i < 5; i++) bench.receive(vote('s2', { term: 1, requestId: i }))
    expect(bench.state.role.kind).toBe('candidate')
    bench.receive(vote('s3', { term: 1 }))
    expect(bench.state.role.kind).toBe('leader')
  })

  test('votes of an earlier election do not count in a later one', () => {
    const bench = new Bench({ voters: 5 }).timeOut()
    bench.receive(vote('s2', { term: 1 })).timeOut()
    bench.receive(vote('s3', { term: 1 }), vote('s4', { term: 1 }), vote('s5', { term: 2 }))
    expect(bench.state.role.kind).toBe('candidate')
  })

  test('a vote that comes after the election is lost wins nothing', () => {
    const bench = new Bench().timeOut().receive(appendEntries('s3', { term: 1 }))
    bench.receive(vote('s2', { term: 1 }))
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's3' })
  })

  test('a vote that comes after the election is won changes nothing', () => {
    const bench = new Bench().lead()
    const { role } = bench.state
    bench.receive(vote('s3', { term: 1 }), vote('s3', { term: 1, voteGranted: false }))
    expect(bench.state.role).toBe(role)
    expect(bench.logTerms).toEqual([1])
  })

  test('the winner speaks to all others at once, before any heartbeat is due', () => {
    const bench = new Bench({ voters: 5 }).timeOut()
    bench.sent = []
    bench.lead(1)
    const requests = bench.takeSent('appendEntriesRequest')
    expect(requests.map(({ to, term }) => [to, term])).toEqual(bench.others.map((to) => [to, 1]))
  })

  test('and then again and again, at the heartbeat interval', () => {
    const bench = new Bench({ options: { heartbeatIntervalMs: 40 } }).lead()
    bench.sent = []
    bench.elapse(39)
    expect(bench.sent).toEqual([])
    bench.elapse(1 + 3 * 40)
    expect(bench.takeSent('appendEntriesRequest')).toHaveLength(4 * 2)
  })
})

describe('a server votes once in a term, for the first that asks', () => {
  test('a second candidate of the term is refused', () => {
    const bench = new Bench().receive(
      requestVote('s2', { term: 1 }),
      requestVote('s3', { term: 1, last: [9, 1] }),
    )
    const answers = bench.takeSent('requestVoteResponse')
    expect(answers.map(({ to, voteGranted }) => [to, voteGranted])).toEqual([
      ['s2', true],
      ['s3', false],
    ])
  })

  test('the same candidate is granted again what it was granted before', () => {
    const bench = new Bench().receive(requestVote('s2', { term: 1 }))
    bench.receive(requestVote('s2', { term: 1, requestId: 2 }))
    const answers = bench.takeSent('requestVoteResponse')
    expect(answers.map(({ requestId, voteGranted }) => [requestId, voteGranted])).toEqual([
      [1, true],
      [2, true],
    ])
  })

  test('a candidate gives its vote to nobody else in its term', () => {
    const bench = new Bench().timeOut()
    bench.sent = []
    bench.receive(requestVote('s2', { term: 1, last: [9, 1] }))
    expect(bench.takeOnly('requestVoteResponse').voteGranted).toBe(false)
  })

  test('a candidate that gives way to a leader keeps its vote', () => {
    const bench = new Bench().timeOut().receive(appendEntries('s3', { term: 1 }))
    expect(bench.state.votedFor).toBe('s1')
    bench.sent = []
    bench.receive(requestVote('s2', { term: 1, last: [9, 1] }))
    expect(bench.takeOnly('requestVoteResponse').voteGranted).toBe(false)
  })

  test('in a later term it is judged afresh', () => {
    const bench = new Bench().receive(
      requestVote('s2', { term: 1 }),
      requestVote('s3', { term: 2 }),
    )
    const answers = bench.takeSent('requestVoteResponse')
    expect(answers.map(({ term, voteGranted }) => [term, voteGranted])).toEqual([
      [1, true],
      [2, true],
    ])
  })

  test('any two candidates of one term need a voter in common', () => {
    for (let size = 1; size <= 10; size++) {
      const names = voterNames(size)
      const winsWith = (voters: readonly string[]) => {
        const bench = new Bench({ voters: names }).timeOut()
        for (const voter of voters) {
          if (voter !== 's1') bench.receive(vote(voter, { term: 1 }))
        }
        return bench.state.role.kind === 'leader'
      }
      // The first half, the candidate in it, must not win where the other half could win as well.
      const half = names.slice(0, Math.floor(size / 2))
      if (size > 1) expect(winsWith(half)).toBe(false)
    }
  })
})

describe('another server wins', () => {
  test('a candidate that hears a leader of its own term follows it', () => {
    const bench = new Bench().timeOut().receive(appendEntries('s2', { term: 1 }))
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
    expect(bench.state.currentTerm).toBe(1)
  })

  test('a candidate that hears a leader of a later term follows it there', () => {
    const bench = new Bench().timeOut().receive(appendEntries('s2', { term: 4 }))
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
    expect(bench.state.currentTerm).toBe(4)
  })

  test('a candidate refuses a leader of an earlier term and goes on', () => {
    const bench = new Bench({ currentTerm: 4 }).timeOut()
    bench.sent = []
    bench.receive(appendEntries('s2', { term: 4 }))
    expect(bench.takeOnly('appendEntriesResponse')).toMatchObject({ term: 5, success: false })
    expect(bench.state.role.kind).toBe('candidate')
  })
})

describe('nobody wins', () => {
  test('after another election timeout the candidate stands again, in the next term', () => {
    const bench = new Bench().timeOut()
    bench.sent = []
    bench.timeOut()
    expect(bench.state.role.kind).toBe('candidate')
    expect(bench.state.votedFor).toBe('s1')
    expect(bench.takeSent('requestVoteRequest').map(({ term }) => term)).toEqual([2, 2])
  })

  test('the votes of the lost election are forgotten', () => {
    const bench = new Bench({ voters: 5 })
      .timeOut()
      .receive(vote('s2', { term: 1 }))
      .timeOut()
    bench.receive(vote('s3', { term: 2 }))
    expect(bench.state.role.kind).toBe('candidate')
  })
})

describe('election timeouts are drawn at random', () => {
  function timeouts(seed: string, count: number): number[] {
    const bench = new Bench({ seed })
    return Array.from({ length: count }, () => {
      const start = bench.now
      bench.timeOut()
      return bench.now - start
    })
  }

  test('from a fixed interval, and anew for each election', () => {
    const drawn = timeouts('drawn', 200)
    expect(new Set(drawn).size).toBe(200)
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(150)
    expect(Math.max(...drawn)).toBeLessThan(300)
    // Spread over the whole of it: no tenth of the interval is empty.
    expect(new Set(drawn.map((ms) => Math.floor((ms - 150) / 15))).size).toBe(10)
  })

  test('anew for each leader heard and each vote granted, too', () => {
    const bench = new Bench({ currentTerm: 1 })
    const drawn = Array.from({ length: 50 }, () => {
      bench.receive(appendEntries('s2', { term: 1 }))
      return bench.state.electionDeadline - bench.now
    })
    expect(new Set(drawn).size).toBe(50)
  })

  test('servers with different generators do not tie', () => {
    expect(timeouts('s1', 20)).not.toEqual(timeouts('s2', 20))
  })
})
