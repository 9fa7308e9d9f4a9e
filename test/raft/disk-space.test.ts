/** What the core makes of a disk that is full; how it comes to know is the driver's business. */
import { describe, expect, test } from 'vitest'
import type { AppendEntriesRequest } from '../../src/raft/index.ts'
import { Bench, entriesOf } from './harness.ts'
import { accepted, appendEntries, bare, refused, requestVote } from './messages.ts'
import { answer, read, taken } from './snapshot-messages.ts'

const full = (roomBytes = 0) => ({ kind: 'diskSpace', isFull: true, roomBytes }) as const
const space = { kind: 'diskSpace', isFull: false, roomBytes: 0 } as const

/** All that was sent is answered, by those who have room. */
function answerAll(bench: Bench, isFull: (id: string) => boolean = () => false): void {
  const requests = bench.takeSent('appendEntriesRequest')
  bench.receive(...requests.map((r) => ({ ...accepted(r), diskIsFull: isFull(r.to) })))
}

describe('a follower whose disk is full', () => {
  const request = (fields: object = {}): AppendEntriesRequest => {
    return { ...appendEntries('s2', { term: 1, prev: [1, 1], entries: [1] }), ...fields }
  }
  const follower = (roomBytes = 0) => new Bench({ log: [1] }).step(full(roomBytes))

  test('stores no entry and acknowledges none, says so, and hears its leader', () => {
    const bench = follower().elapse(100).receive(request())
    expect(bench.sent).toMatchObject([
      { kind: 'appendEntriesResponse', success: false, diskIsFull: true, hintIndex: 1 },
    ])
    expect(bench.logTerms).toEqual([1])
    expect(bench.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
    expect(bench.state.leaderContactAt).toBe(100)
  })

  test('cuts nothing off for what it cannot put in the place of it', () => {
    const bench = new Bench({ log: [1, 1] }).step(full())
    bench.receive(appendEntries('s2', { term: 2, prev: [1, 1], entries: [2] }))
    expect(bench.logTerms).toEqual([1, 1])
    expect(bench.sent).toMatchObject([{ success: false, hintIndex: 1, hintTerm: 1 }])
  })

  test('acknowledges what it holds already, and learns what is committed', () => {
    const bench = follower().receive(
      appendEntries('s2', { term: 1, entries: [1], leaderCommit: 1 }),
    )
    expect(bench.sent).toMatchObject([{ success: true, matchIndex: 1, diskIsFull: true }])
    expect(bench.state.commitIndex).toBe(1)
  })

  test('names the last of the entries that it has', () => {
    const bench = follower().receive(appendEntries('s2', { term: 1, entries: [1, 1, 1] }))
    expect(bench.sent).toMatchObject([{ success: false, hintIndex: 1, hintTerm: 1 }])
  })

  test('says nothing to a leader that would take a refusal for another log', () => {
    const bench = follower().receive(request({ requestId: 0 }))
    expect(bench.sent).toEqual([])
    expect(bench.logTerms).toEqual([1])
  })

  test('takes what fits into the room that is left, and no more', () => {
    const bench = follower(1100).receive(request())
    expect(bench.sent).toMatchObject([{ success: true, matchIndex: 2, diskIsFull: true }])
    bench.sent = []
    bench.receive(appendEntries('s2', { term: 1, prev: [2, 1], entries: [1] }))
    expect(bench.sent).toMatchObject([{ success: false }])
  })

  test('votes, and saves its vote', () => {
    const bench = follower().receive(requestVote('s3', { term: 2, last: [1, 1] }))
    expect(bench.sent).toMatchObject([{ kind: 'requestVoteResponse', voteGranted: true }])
    expect(bench.disk).toMatchObject({ currentTerm: 2, votedFor: 's3' })
  })

  test('stands for election a whole longest timeout after the others, and then does', () => {
    for (let i = 0; i < 20; i++) {
      const bench = new Bench({ seed: `${i}` }).step(full())
      bench.receive(appendEntries('s2', { term: 1 }))
      bench.elapse(bench.state.options.electionTimeoutMaxMs + 149)
      expect(bench.state.currentTerm).toBe(1)
      expect(bench.timeOut().state.currentTerm).toBe(2)
    }
  })

  test('also where it became full in the middle of a timeout', () => {
    const bench = new Bench({ currentTerm: 1 })
    const deadline = bench.state.electionDeadline
    bench.step(full()).step(full())
    expect(bench.state.electionDeadline).toBe(deadline + 300)
  })

  test('takes all again once there is space', () => {
    const bench = follower().step(space).receive(request())
    expect(bench.sent).toMatchObject([{ success: true, matchIndex: 2, diskIsFull: false }])
  })
})

describe('a leader whose disk is full', () => {
  test('refuses proposals and changes of the members, and not what it has begun', () => {
    const bench = new Bench().lead()
    answerAll(bench, () => true)
    bench.step(full()).propose('x')
    bench.step({
      kind: 'changeMembership',
      changeId: 1,
      voters: ['s1', 's2'],
      learners: [],
      addresses: new Map(),
      force: false,
    })
    expect(bench.answers).toMatchObject([
      { kind: 'refused', refusal: 'diskFull' },
      { kind: 'changeRefused', refusal: 'diskFull' },
    ])
    expect(bench.logTerms).toEqual([1])
    bench.step(space).elapse(50)
    answerAll(bench)
    expect(bench.propose('x').answers.at(-1)).toMatchObject({ kind: 'accepted' })
  })

  test('hands over to a voter that is known to have room', () => {
    const bench = new Bench().lead()
    answerAll(bench, (id) => id === 's2')
    bench.step(full())
    expect(bench.takeSent('timeoutNowRequest')).toMatchObject([{ to: 's3' }])
    expect(bench.propose('x').answers.at(-1)).toMatchObject({ refusal: 'transferring' })
  })

  test('to nobody of whom it has not heard in time, nor who speaks Listing 1 alone', () => {
    const bench = new Bench().lead()
    const requests = bench.takeSent('appendEntriesRequest')
    bench.receive(...requests.map(accepted).map(bare)).step(full())
    expect(bench.state.transfer).toBeNull()
    expect(bench.propose('x').answers.at(-1)).toMatchObject({ refusal: 'diskFull' })
  })

  test('where that fails it serves for an election timeout, and tries again', () => {
    const bench = new Bench().lead()
    answerAll(bench)
    bench.step(full())
    const attempts: number[] = []
    const until = bench.now + 1300
    while (bench.now < until) {
      if (bench.sent.some(({ kind }) => kind === 'timeoutNowRequest')) attempts.push(bench.now)
      answerAll(bench)
      bench.wake()
    }
    expect(bench.state.role.kind).toBe('leader')
    const gaps = attempts.slice(1).map((at, i) => at - (attempts[i] as number))
    expect(gaps.filter((gap) => gap >= 300)).toHaveLength(2)
    expect(bench.answers).toEqual([])
  })
})

describe('a leader of servers whose disks are full', () => {
  test('refuses proposals where no majority could store them', () => {
    const bench = new Bench({ voters: 5 }).lead()
    answerAll(bench, (id) => id === 's2' || id === 's3')
    expect(bench.propose('x').answers.at(-1)).toMatchObject({ kind: 'accepted' })
    answerAll(bench, (id) => id !== 's5')
    expect(bench.propose('y').answers.at(-1)).toMatchObject({ refusal: 'diskFull' })
  })

  test('sends them little, and that with the heartbeats alone', () => {
    const bench = new Bench({ log: [1] }).lead()
    answerAll(bench, (id) => id === 's2')
    bench.sent = []
    bench.propose('a', 'b', 'c')
    expect(bench.sent.map(({ to }) => to)).not.toContain('s2')
    const long = 'x'.repeat(3000)
    bench.propose(long, long, long).takeSent('appendEntriesRequest')
    bench.elapse(50)
    const [toFull] = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(toFull?.entries.map(({ command }) => command.length)).toEqual([1, 1, 1, 3000])
  })

  test('streams again as soon as it hears that there is space', () => {
    const bench = new Bench().lead()
    answerAll(bench, (id) => id === 's2')
    bench.propose('a').takeSent('appendEntriesRequest')
    bench.elapse(50)
    answerAll(bench)
    bench.propose('b')
    const toOther = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    expect(toOther.flatMap(({ entries }) => entries)).toHaveLength(1)
    expect(toOther[0]?.entries[0]?.index).toBe(3)
  })

  test('sends none a snapshot again at once that it had no room for', () => {
    const entries = entriesOf([2], 6)
    const disk = { currentTerm: 2, votedFor: 's1', entries, snapshot: taken(5, 1) }
    const bench = new Bench({ disk, options: { trailingEntriesMax: 0 } }).lead(3)
    const probes = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.receive(...probes.map((probe) => ({ ...refused(probe, [0, 0]), diskIsFull: true })))
    read(bench)
    bench.receive(answer(bench.takeOnly('installSnapshotRequest'), 0))
    expect(bench.chunks).toEqual([])
    bench.elapse(bench.state.options.electionTimeoutMinMs - 1)
    expect(bench.chunks).toEqual([])
    bench.elapse(bench.state.options.heartbeatIntervalMs)
    expect(bench.chunks).toMatchObject([{ kind: 'readChunk', peer: 's2', offset: 0 }])
  })

  test('is not misled by an answer that was overtaken', () => {
    const bench = new Bench().lead()
    const [first] = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    bench.elapse(50)
    const [second] = bench.takeSent('appendEntriesRequest').filter(({ to }) => to === 's2')
    const fullAnswer = { ...accepted(first as AppendEntriesRequest), diskIsFull: true }
    bench.receive(accepted(second as AppendEntriesRequest), fullAnswer)
    const { role } = bench.state
    expect(role.kind === 'leader' && role.peers.get('s2')?.diskIsFull).toBe(false)
  })
})
