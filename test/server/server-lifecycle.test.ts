/**
 * How a server stops and pauses: after a failure it is silent for ever, closed it lets go, and
 * suspended (the course's Failed state) it is as if its process had been stopped.
 */
import { describe, expect, test } from 'vitest'
import { accepted, appendEntries, requestVote } from '../raft/messages.ts'
import { leadingRig, Rig } from './fakes.ts'

/** Whatever is done to a stopped server, it does nothing. */
function expectSilence(rig: Rig): void {
  expect(rig.server.isStopped).toBe(true)
  expect(rig.clock.alarm).toBeNull()
  rig.takeLog()
  rig.propose('more').receive(requestVote('s2', { term: 99 }), appendEntries('s2', { term: 99 }))
  rig.server.suspend()
  rig.server.resume()
  rig.clock.pass(10_000)
  if (rig.storage.isBusy) rig.storage.finish()
  rig.clock.turn()
  expect(rig.takeLog().filter((line) => line !== 'durable')).toEqual([])
  expect(rig.server.pendingSaves).toBe(0)
}

describe('a server that fails', () => {
  test('in its state machine: stops before anything later is done or said', () => {
    const rig = leadingRig({
      apply: ({ index }) => {
        if (index === 2) throw new Error('the state machine is broken')
      },
    }).propose('x', 'y')
    rig.clock.turn()
    rig.receive(...rig.takeMessages('appendEntriesRequest').map(accepted)).propose('z')
    rig.takeLog()
    rig.clock.turn()
    expect(rig.takeLog().slice(-2)).toEqual(['apply 2', 'fatal'])
    expect(rig.fatal.map(({ message }) => message)).toEqual(['the state machine is broken'])
    expect(rig.applied.map(({ index }) => index)).toEqual([1])
    expectSilence(rig)
  })

  test('in its disk: releases nothing, says so once, and is silent', () => {
    const rig = new Rig().start().receive(requestVote('s2', { term: 1 }))
    rig.clock.turn()
    rig.receive(requestVote('s3', { term: 2 }))
    rig.clock.turn()
    rig.storage.finish(new Error('input/output error'))
    expect(rig.takeLog()).toEqual(['save 1', 'failed', 'fatal'])
    expectSilence(rig)
    expect(rig.transport.messages).toEqual([])
  })

  test('in its invariants: stops in the step that broke one', () => {
    const rig = new Rig().start().receive(requestVote('s1', { term: 1 }))
    rig.clock.turn()
    expect(rig.fatal.map(({ name }) => name)).toEqual(['AssertionError'])
    expectSilence(rig)
  })

  test('in what a timer starts, or what a save releases', () => {
    const encode = () => {
      throw new Error('a message too large for its datagram')
    }
    const rig = new Rig({ encode }).start().ring()
    rig.storage.finish()
    expect(rig.fatal.map(({ message }) => message)).toEqual([
      'a message too large for its datagram',
    ])
    expectSilence(rig)
  })

  test('with something that is no error says it as one', () => {
    const rig = leadingRig({
      apply: ({ index }) => {
        if (index === 2) throw 'a text'
      },
    }).propose('x')
    rig.clock.turn()
    rig.receive(...rig.takeMessages('appendEntriesRequest').map(accepted))
    rig.clock.turn()
    expect(rig.fatal).toMatchObject([{ message: 'a text' }])
  })
})

describe('a server that is closed', () => {
  test('before it was started', () => {
    const rig = new Rig()
    rig.server.close()
    expectSilence(rig)
  })

  test('during a save: what waits for it is never sent', () => {
    const rig = new Rig().start().receive(requestVote('s2', { term: 1 }))
    rig.clock.turn()
    rig.server.close()
    rig.server.close()
    rig.storage.finish()
    expect(rig.takeLog()).toEqual(['save 1', 'durable'])
    expectSilence(rig)
    expect(rig.fatal).toEqual([])
  })

  test('with inputs that wait: they are not taken in', () => {
    const rig = leadingRig().propose('x')
    rig.server.close()
    rig.clock.turn()
    expect(rig.takeLog()).toEqual([])
    expectSilence(rig)
  })

  test('while it applies: nothing more is applied', () => {
    const rig: Rig = new Rig({ apply: ({ index }) => index === 2 && rig.server.close() }).start()
    rig.receive(appendEntries('s2', { term: 1, entries: [1, 1, 1, 1], leaderCommit: 4 }))
    rig.clock.turn()
    expect(rig.applied.map(({ index }) => index)).toEqual([1, 2])
    expectSilence(rig)
  })
})

describe('suspension', () => {
  test('a suspended server takes in nothing, sends nothing and keeps no time', () => {
    const rig = leadingRig()
    rig.server.suspend()
    expect(rig.server.isSuspended).toBe(true)
    expect(rig.clock.alarm).toBeNull()
    rig.propose('x').receive(requestVote('s2', { term: 9 }), appendEntries('s2', { term: 9 }))
    rig.clock.pass(60_000)
    expect(rig.takeLog()).toEqual([])
    expect(rig.raft.state.currentTerm).toBe(1)
  })

  test('what waited when it was suspended is not taken in, then or later', () => {
    const rig = leadingRig().propose('x')
    rig.server.suspend()
    rig.clock.turn()
    rig.server.resume()
    rig.clock.turn()
    expect(rig.answers).toEqual([])
  })

  test('a save under way ends, and nothing is said about it', () => {
    const rig = new Rig().start().receive(requestVote('s2', { term: 1 }))
    rig.clock.turn()
    rig.server.suspend()
    rig.storage.finish()
    expect(rig.takeLog()).toEqual(['save 1', 'durable'])
    expect(rig.server.pendingSaves).toBe(0)
    rig.server.resume()
    rig.clock.turn()
    rig.receive(requestVote('s3', { term: 1, last: [9, 1] }))
    rig.clock.turn()
    expect(rig.takeMessages('requestVoteResponse')).toMatchObject([
      { to: 's3', voteGranted: false },
    ])
  })

  test('resumed, it is a follower with its term, vote and log and a fresh election timer', () => {
    const rig = leadingRig().propose('x')
    rig.clock.turn()
    rig.storage.finishAll()
    rig.server.suspend()
    rig.clock.pass(60_000)
    rig.takeLog()
    rig.server.resume()
    rig.clock.turn()
    const { state } = rig.raft
    expect(state.role).toMatchObject({ kind: 'follower', leaderId: null })
    expect(state).toMatchObject({ currentTerm: 1, votedFor: 's1' })
    expect(state.log.lastIndex).toBe(2)
    expect(rig.clock.alarm?.deadline).toBeGreaterThanOrEqual(rig.clock.time + 150)
    expect(rig.takeLog()).toEqual([])
  })

  test('suspended twice and resumed twice, it is as if once', () => {
    const rig = leadingRig()
    rig.server.suspend()
    rig.server.suspend()
    rig.server.resume()
    rig.server.resume()
    rig.clock.turn()
    expect(rig.notices.filter((n) => n.kind === 'roleChanged' && n.why === 'resumed')).toHaveLength(
      1,
    )
    expect(rig.server.isSuspended).toBe(false)
  })

  test('suspended while a turn is due and resumed within it, it goes on', () => {
    const rig = new Rig().start().receive(requestVote('s2', { term: 1 }))
    rig.server.suspend()
    rig.server.resume()
    rig.receive(requestVote('s3', { term: 1 }))
    rig.clock.turn()
    rig.storage.finishAll()
    expect(rig.takeMessages('requestVoteResponse').map(({ to }) => to)).toEqual(['s3'])
  })
})
