/**
 * The driver over fake ports: the order of send, save, apply and answer, what waits for the disk,
 * and time. How a server is suspended, closed and stopped is in server-lifecycle.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import { accepted, appendEntries, requestVote, vote } from '../raft/messages.ts'
import { leadingRig, Rig } from './fakes.ts'

describe('what speaks for unsaved state waits for the disk', () => {
  test('a vote', () => {
    const rig = new Rig().start().receive(requestVote('s2', { term: 1 }))
    rig.clock.turn()
    expect(rig.takeLog()).toEqual(['save 1'])
    rig.storage.finish()
    expect(rig.takeLog()).toEqual(['durable', 'send RequestVoteResponse to s2'])
  })

  test('an acknowledgement', () => {
    const rig = new Rig().start().receive(appendEntries('s2', { term: 1, entries: [1] }))
    rig.clock.turn()
    expect(rig.takeLog()).toEqual(['save 1'])
    rig.storage.finish()
    expect(rig.takeLog()).toEqual(['durable', 'send AppendEntriesResponse to s2'])
  })

  test("a candidate's requests", () => {
    const rig = new Rig().start().ring()
    expect(rig.takeLog()).toEqual(['save 1'])
    rig.storage.finish()
    expect(rig.takeLog()).toEqual([
      'durable',
      'send RequestVoteRequest to s2',
      'send RequestVoteRequest to s3',
    ])
  })

  test('an answer to a repeated request, behind the save of the first', () => {
    const request = appendEntries('s2', { term: 1, entries: [1] })
    const rig = new Rig().start().receive(request)
    rig.clock.turn()
    rig.receive(request)
    rig.clock.turn()
    expect(rig.takeLog()).toEqual(['save 1'])
    rig.storage.finish()
    rig.storage.finish()
    const answer = 'send AppendEntriesResponse to s2'
    expect(rig.takeLog()).toEqual(['durable', answer, 'save 1', 'durable', answer])
  })

  test('saves that waited together are released together, in order', () => {
    const rig = new Rig().start()
    for (const [i, from] of ['s2', 's3', 's2'].entries()) {
      rig.receive(requestVote(from, { term: i + 1 }))
      rig.clock.turn()
    }
    rig.storage.finishAll()
    expect(rig.takeLog()).toEqual([
      'save 1',
      'durable',
      'send RequestVoteResponse to s2',
      'save 2',
      'durable',
      'send RequestVoteResponse to s3',
      'send RequestVoteResponse to s2',
    ])
  })
})

describe('a leader', () => {
  test('sends entries before its own disk has them, and answers when they are in its log', () => {
    const rig = leadingRig().propose('x')
    rig.clock.turn()
    expect(rig.takeLog()).toEqual([
      'send AppendEntriesRequest to s2',
      'send AppendEntriesRequest to s3',
      'save 1',
      'answer accepted',
    ])
  })

  test('takes what comes in one turn as one batch', () => {
    const rig = leadingRig().propose('x', 'y', 'z')
    rig.clock.turn()
    const requests = rig.takeMessages('appendEntriesRequest')
    expect(requests.map(({ to, entries }) => [to, entries.length])).toEqual([
      ['s2', 3],
      ['s3', 3],
    ])
    expect(rig.storage.calls.at(-1)?.map(({ entries }) => entries.length)).toEqual([3])
    expect(rig.answers).toMatchObject([{ index: 2 }, { index: 3 }, { index: 4 }])
  })

  test('applies what a majority holds, its own disk counted as one of it', () => {
    const rig = leadingRig().propose('x')
    rig.clock.turn()
    const [first, second] = rig.takeMessages('appendEntriesRequest').map(accepted)
    if (first === undefined || second === undefined) throw new Error('two requests were sent')
    rig.receive(first)
    rig.clock.turn()
    expect(rig.applied.map(({ index }) => index)).toEqual([1])
    rig.storage.finish()
    expect(rig.applied.map(({ index }) => index)).toEqual([1, 2])
    rig.receive(second)
    rig.clock.turn()
    expect(rig.applied.map(({ index }) => index)).toEqual([1, 2])
  })
})

describe('application', () => {
  test('of many entries goes on in later turns, in order', () => {
    const entries = Array.from({ length: 10 }, () => 1)
    const rig = new Rig({ options: { applyEntriesMax: 3 } }).start()
    rig.receive(appendEntries('s2', { term: 1, entries, leaderCommit: 10 }))
    rig.clock.turn()
    expect(rig.applied.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('does not keep a waiting message from being taken in between', () => {
    const rig = new Rig({ options: { applyEntriesMax: 1 } }).start()
    rig.receive(appendEntries('s2', { term: 1, entries: [1, 1, 1], leaderCommit: 3 }))
    rig.receive(requestVote('s3', { term: 2, last: [9, 1] }))
    rig.clock.turn()
    rig.storage.finishAll()
    expect(rig.applied).toHaveLength(3)
    expect(rig.takeMessages('requestVoteResponse')).toHaveLength(1)
  })
})

describe('time', () => {
  test('a server that was not started hears nothing', () => {
    const rig = new Rig().receive(requestVote('s2', { term: 1 })).propose('x')
    rig.clock.turn()
    expect(rig.takeLog()).toEqual([])
    expect(rig.clock.alarm).toBeNull()
  })

  test('the alarm is set for the next deadline, and again after each turn', () => {
    const rig = new Rig().start()
    expect(rig.clock.alarm?.deadline).toBe(rig.raft.nextDeadline)
    rig.clock.pass(100)
    rig.receive(appendEntries('s2', { term: 1 }))
    rig.clock.turn()
    expect(rig.clock.alarm?.deadline).toBe(rig.raft.nextDeadline)
    expect(rig.clock.alarm?.deadline).toBeGreaterThanOrEqual(rig.clock.time + 150)
  })

  test('after a pause what has arrived is taken in before the clock is looked at', () => {
    for (const order of ['turn first', 'alarm first'] as const) {
      const rig = new Rig({ currentTerm: 1 }).start()
      rig.receive(appendEntries('s2', { term: 1 }))
      rig.clock.pass(60_000, order)
      expect(rig.raft.state.role).toMatchObject({ kind: 'follower', leaderId: 's2' })
      expect(rig.raft.state.currentTerm).toBe(1)
      rig.clock.turn()
      expect(rig.fatal).toEqual([])
    }
  })

  test('a clock that seems to go back stands still', () => {
    const rig = new Rig().start()
    rig.receive(appendEntries('s2', { term: 1 }))
    rig.clock.turn()
    rig.clock.time -= 50
    rig.receive(appendEntries('s2', { term: 1, requestId: 2 }))
    rig.clock.turn()
    rig.storage.finishAll()
    expect(rig.fatal).toEqual([])
    expect(rig.takeMessages('appendEntriesResponse')).toHaveLength(2)
  })

  test('an alarm that rings early brings about nothing but the next alarm', () => {
    const rig = new Rig().start()
    const { alarm } = rig.clock
    rig.clock.time += 10
    alarm?.wake()
    expect(rig.takeLog()).toEqual([])
    expect(rig.clock.alarm?.deadline).toBe(rig.raft.nextDeadline)
  })
})

test('bytes are what the encoder made of the message', () => {
  const encode = () => utf8Encode(JSON.stringify(vote('s9', { to: 's2', term: 7 })))
  const rig = new Rig({ encode }).start().receive(requestVote('s2', { term: 1 }))
  rig.clock.turn()
  rig.storage.finish()
  expect(rig.transport.messages).toEqual([vote('s9', { to: 's2', term: 7 })])
})
