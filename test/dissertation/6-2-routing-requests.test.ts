/**
 * §6.2, routing requests to the leader (R14): servers say who leads, forget it in time, and a
 * leader that reaches no majority steps down.
 */
import { describe, expect, test } from 'vitest'
import { timeoutNowRequest } from '../../src/raft/index.ts'
import { Bench, type BenchSetup } from '../raft/harness.ts'
import { accepted, appendEntries, bare, refused } from '../raft/messages.ts'

function leaderHint(bench: Bench): string | null | undefined {
  bench.propose('x')
  const answer = bench.answers.at(-1)
  return answer?.kind === 'refused' ? answer.leaderId : undefined
}

describe('a server that does not lead refuses a command and says who does', () => {
  test('as soon as it has heard the leader', () => {
    const bench = new Bench({ currentTerm: 1 })
    expect(leaderHint(bench)).toBeNull()
    bench.receive(appendEntries('s3', { term: 1 }))
    expect(leaderHint(bench)).toBe('s3')
  })

  test('it forgets the leader when it starts an election', () => {
    const bench = new Bench({ currentTerm: 1 }).receive(appendEntries('s3', { term: 1 })).timeOut()
    expect(leaderHint(bench)).toBeNull()
  })

  test('it forgets the leader when the term changes', () => {
    const bench = new Bench({ currentTerm: 1 }).receive(appendEntries('s3', { term: 1 }))
    bench.receive({ ...refused(appendEntries('s1', { to: 's2', term: 2 }), [0, 0]) })
    expect(bench.state.currentTerm).toBe(2)
    expect(leaderHint(bench)).toBeNull()
  })

  test('a deposed leader does not name itself', () => {
    const bench = new Bench().lead().receive(appendEntries('s2', { term: 2 }))
    expect(leaderHint(bench)).toBe('s2')
  })
})

describe('a leader without a round of heartbeats in an election timeout steps down', () => {
  /** Leads `elapsedMs` while only `answering` servers answer, at once. */
  function reign(setup: BenchSetup, answering: number, elapsedMs: number, echo = true): Bench {
    const bench = new Bench(setup).lead()
    const start = bench.now
    while (bench.state.role.kind === 'leader' && bench.now < start + elapsedMs) {
      for (const request of bench.takeSent('appendEntriesRequest')) {
        const answer = accepted(request)
        const heard = bench.others.indexOf(request.to) < answering
        if (heard) bench.receive(echo ? answer : bare(answer))
      }
      bench.wake()
    }
    return bench
  }

  for (let size = 2; size <= 10; size++) {
    const needed = Math.floor(size / 2)
    test(`${size} servers: ${needed} that answer keep it, one fewer does not`, () => {
      const kept = reign({ voters: size }, needed, 2000)
      expect(kept.state.role.kind).toBe('leader')
      const lost = reign({ voters: size }, needed - 1, 2000)
      expect(lost.state.role).toMatchObject({ kind: 'follower', leaderId: null })
    })
  }

  test('it does so after the longest election timeout, not sooner', () => {
    const bench = new Bench({ voters: 3 }).lead()
    bench.elapse(bench.state.options.electionTimeoutMaxMs - 1)
    expect(bench.state.role.kind).toBe('leader')
    bench.elapse(1)
    expect(bench.state.role.kind).toBe('follower')
  })

  test('it stays in its term, keeps its vote and log, and is silent until its own timeout', () => {
    const bench = new Bench({ voters: 3 }).lead().propose('x')
    bench.elapse(300)
    bench.sent = []
    expect(bench.state).toMatchObject({ currentTerm: 1, votedFor: 's1' })
    expect(bench.logTerms).toEqual([1, 1])
    bench.elapse(149)
    expect(bench.sent).toEqual([])
    bench.timeOut()
    expect(bench.state.currentTerm).toBe(2)
  })

  test('refusals are answers, too: who refuses the place is in contact', () => {
    const bench = new Bench({ log: [1, 1, 1] }).lead()
    for (let i = 0; i < 40; i++) {
      const requests = bench.takeSent('appendEntriesRequest')
      bench.receive(...requests.filter(({ to }) => to === 's2').map((r) => refused(r, [0, 0])))
      bench.elapse(50)
    }
    expect(bench.state.role.kind).toBe('leader')
  })

  test('old answers prove no contact: they count from when their request was sent', () => {
    const bench = new Bench().lead()
    const requests = bench.takeSent('appendEntriesRequest')
    bench.elapse(290).receive(...requests.map(accepted))
    expect(bench.state.commitIndex).toBe(1)
    bench.elapse(10)
    expect(bench.state.role.kind).toBe('follower')
  })

  test('a server of another implementation is heard as well', () => {
    expect(reign({ voters: 3 }, 1, 2000, false).state.role.kind).toBe('leader')
  })

  test('a cluster of one needs nobody', () => {
    expect(new Bench({ voters: 1 }).timeOut().elapse(10_000).state.role.kind).toBe('leader')
  })
})

describe('a leader whose own disk is silent steps down', () => {
  /** Leads on a disk that holds back what comes after the election; some servers answer. */
  function onSilentDisk(answering: readonly string[], commands: number, setup: BenchSetup = {}) {
    const bench = new Bench(setup).lead()
    bench.savesAtOnce = false
    for (let i = 0; i < commands; i++) bench.propose('x')
    return {
      bench,
      /** Whether it still leads after so long. */
      leadsAfter(ms: number): boolean {
        const until = bench.now + ms
        while (bench.now < until) {
          const requests = bench.takeSent('appendEntriesRequest')
          bench.receive(...requests.filter(({ to }) => answering.includes(to)).map(accepted))
          bench.elapse(Math.min(until, bench.raft.nextDeadline) - bench.now)
        }
        return bench.state.role.kind === 'leader'
      },
    }
  }

  test('after the longest election timeout, not sooner, whoever else answers and commits', () => {
    const { bench, leadsAfter } = onSilentDisk(['s2', 's3'], 1)
    expect(leadsAfter(299)).toBe(true)
    expect(leadsAfter(1)).toBe(false)
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: null })
    expect(bench.state.commitIndex).toBe(2)
  })

  test('a disk that is slow and not silent is no reason', () => {
    const { bench, leadsAfter } = onSilentDisk(['s2'], 6)
    for (let i = 0; i < 5; i++) {
      expect(leadsAfter(290)).toBe(true)
      bench.save(1)
    }
    expect(leadsAfter(290)).toBe(true)
  })

  test('after another time, where that is asked for', () => {
    const { leadsAfter } = onSilentDisk(['s2'], 1, { options: { diskSilenceMaxMs: 1000 } })
    expect(leadsAfter(999)).toBe(true)
    expect(leadsAfter(1)).toBe(false)
  })

  test('it does not come back while the disk is silent, and does once it has been heard', () => {
    const { bench, leadsAfter } = onSilentDisk(['s2', 's3'], 2)
    expect(leadsAfter(300)).toBe(false)
    bench.sent = []
    for (let i = 0; i < 20; i++) bench.timeOut()
    expect(bench.state).toMatchObject({ currentTerm: 1, role: { kind: 'follower' } })
    expect(bench.sent).toEqual([])
    bench.save(1)
    bench.timeOut()
    expect(bench.state).toMatchObject({ currentTerm: 2, role: { kind: 'candidate' } })
  })

  test('nor where the leader hands over to it', () => {
    const bench = new Bench({ currentTerm: 1 })
    bench.savesAtOnce = false
    bench.receive(appendEntries('s2', { term: 2 }))
    bench.elapse(149).receive(appendEntries('s2', { term: 2, requestId: 2 }))
    bench.elapse(149).receive(appendEntries('s2', { term: 2, requestId: 3 }))
    bench.elapse(2).receive(timeoutNowRequest('s2', 's1', 2))
    expect(bench.state).toMatchObject({ currentTerm: 2, role: { kind: 'follower' } })
    bench.save(1)
    bench.receive(timeoutNowRequest('s2', 's1', 2))
    expect(bench.state).toMatchObject({ currentTerm: 3, role: { kind: 'candidate' } })
  })

  test('nor is one that has nothing to do, whenever it was last heard', () => {
    const { bench, leadsAfter } = onSilentDisk(['s2'], 0)
    expect(leadsAfter(10_000)).toBe(true)
    bench.propose('x')
    expect(leadsAfter(299)).toBe(true)
  })

  test('a cluster of one has nobody who could do better', () => {
    expect(onSilentDisk([], 1, { voters: 1 }).leadsAfter(10_000)).toBe(true)
  })
})

describe('what a leader refuses', () => {
  test('a command that is longer than may be, at once and for ever', () => {
    const bench = new Bench({ options: { commandBytesMax: 3 } }).lead().propose('abcd', 'abc')
    expect(bench.answers).toMatchObject([
      { kind: 'refused', refusal: 'tooLarge', leaderId: 's1' },
      { kind: 'accepted' },
    ])
    expect(bench.logTerms).toHaveLength(2)
  })

  test('commands beyond what may be uncommitted, until some are committed', () => {
    const bench = new Bench({ options: { uncommittedBytesMax: 4 } }).lead()
    bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted))
    bench.propose('abc', 'de', 'f')
    expect(bench.answers).toMatchObject([
      { kind: 'accepted', index: 2 },
      { kind: 'refused', refusal: 'overloaded' },
      { kind: 'accepted', index: 3 },
    ])
    bench.receive(...bench.takeSent('appendEntriesRequest').map(accepted)).propose('de')
    expect(bench.answers.at(-1)?.kind).toBe('accepted')
  })

  test('what an earlier leader left uncommitted counts as well', () => {
    const bench = new Bench({ log: [1, 1], options: { uncommittedBytesMax: 6 } }).lead()
    bench.propose('a') // the two commands in the log have three bytes each
    expect(bench.answers.at(-1)).toMatchObject({ refusal: 'overloaded' })
  })
})
