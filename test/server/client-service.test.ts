/**
 * What clients are told by three replicas: Figure 6.1's answers in fair weather, and what is said
 * when something is asked of the wrong server, is too much, or makes no sense.
 */
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import {
  adminRequest,
  clientRequest,
  closeSessionRequest,
  keepAliveRequest,
  registerClientRequest,
  statusRequest,
} from '../../src/wire/index.ts'
import { ReplicaWorld, said } from './replicas.ts'

describe('a leader', () => {
  test('registers a client through the log: the session is named after its entry', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const { response } = world.askNow(leader, registerClientRequest(77))
    expect(response).toEqual({
      kind: 'registerClientResponse',
      requestId: 77,
      status: 'ok',
      message: '',
      clientId: 2,
      leaderHint: null,
    })
    expect(leader.replica.state.log.entryAt(2).kind).toBe('session')
  })

  test('answers a command with what the state machine made of it, and its index', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const clientId = world.register(leader)
    const asked = world.request(leader, 'x', clientId, 1)
    expect(asked.response).toBeNull()
    world.settle()
    expect(asked.response).toMatchObject({ status: 'ok', index: 3 })
    expect(said(asked)).toBe('ok x is number 1')
  })

  test('takes commands without a session, as they are', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const [one, other] = [world.request(leader, 'x'), world.request(leader, 'x')]
    world.settle()
    expect([said(one), said(other)]).toEqual(['ok x is number 1', 'ok x is number 2'])
    expect(leader.replica.state.log.entryAt(2)).toMatchObject({
      kind: 'command',
      command: utf8Encode('x'),
    })
  })

  test('carries out a request once, however often it comes, and answers the same', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const clientId = world.register(leader)
    const first = world.request(leader, 'x', clientId, 1)
    world.settle()
    const later = world.request(leader, 'x', clientId, 1)
    world.settle()
    expect([said(first), said(later)]).toEqual(['ok x is number 1', 'ok x is number 1'])
    expect(later.response).toMatchObject({ index: 3 })
    // A repeat of what is known goes through the log: only so is it sure that this server leads.
    expect(leader.replica.state.log.lastIndex).toBe(4)
    world.run(200)
    for (const { machine } of world.all) expect(machine.notes).toEqual(['x'])
  })

  test('lets a repeat wait with the first while that is on its way: one entry for both', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const clientId = world.register(leader)
    const [one, other] = [
      world.request(leader, 'x', clientId, 1),
      world.request(leader, 'x', clientId, 1),
    ]
    const another = world.request(leader, 'y', clientId, 2)
    world.settle()
    expect([said(one), said(other), said(another)]).toEqual([
      'ok x is number 1',
      'ok x is number 1',
      'ok y is number 2',
    ])
    expect(one.response?.requestId).not.toBe(other.response?.requestId)
    expect(leader.replica.state.log.lastIndex).toBe(4)
  })

  test('answers for sessions that are not there: nothing is carried out', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const request = world.request(leader, 'x', 99, 1)
    const keep = world.askNow(leader, keepAliveRequest(world.nextRequestId(), 99))
    expect(said(request)).toBe('sessionExpired (there is no such session)')
    expect(said(keep)).toBe('sessionExpired (there is no such session)')
    expect(leader.machine.notes).toEqual([])
  })

  test('keeps and closes sessions; what comes under a closed one has no effect', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const clientId = world.register(leader)
    const keep = world.askNow(leader, keepAliveRequest(world.nextRequestId(), clientId))
    const close = world.askNow(leader, closeSessionRequest(world.nextRequestId(), clientId))
    expect([said(keep), said(close)]).toEqual(['ok', 'ok'])
    const late = world.request(leader, 'x', clientId, 1)
    world.settle()
    expect(said(late)).toBe('sessionExpired (there is no such session)')
    expect(leader.machine.notes).toEqual([])
  })

  test('does not repeat what the client has said it got', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const clientId = world.register(leader)
    world.request(leader, 'x', clientId, 1)
    world.request(leader, 'y', clientId, 2, 2)
    world.settle()
    const late = world.request(leader, 'x', clientId, 1)
    world.settle()
    expect(said(late)).toMatch(/^sessionExpired/)
    expect(leader.machine.notes).toEqual(['x', 'y'])
  })

  test('passes on what the state machine refuses, and goes on', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const clientId = world.register(leader)
    const refused = world.request(leader, 'refuse', clientId, 1)
    const next = world.request(leader, 'x', clientId, 2)
    world.settle()
    expect(said(refused)).toBe('badRequest (not this one)')
    expect(said(next)).toBe('ok x is number 1')
  })

  test('answers a query after a round of heartbeats, and never through the log', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    world.request(leader, 'x')
    world.settle()
    const { lastIndex } = leader.replica.state.log
    const asked = world.query(leader)
    expect(asked.response).toBeNull()
    world.settle()
    expect(said(asked)).toBe('ok x')
    expect(asked.response).toMatchObject({ index: lastIndex })
    expect(leader.replica.state.log.lastIndex).toBe(lastIndex)
  })

  test('answers a query that throws with why, and goes on', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const bad = world.query(leader, 'throw')
    const good = world.query(leader)
    world.settle()
    expect([said(bad), said(good)]).toEqual(['badRequest (cannot answer that)', 'ok'])
    expect(leader.errors).toEqual([])
  })

  test('says when a response is too long: a query was in vain, a command was carried out', () => {
    const world = new ReplicaWorld({ service: { responseBytesMax: 4999 } })
    const leader = world.elect()
    const asked = [world.query(leader, 'long'), world.request(leader, 'long')]
    world.settle()
    const why = 'the response has 5000 bytes, and 4999 are passed on at most'
    expect(asked.map(said)).toEqual([`tooLarge (${why})`, `unknown (executed; ${why})`])
  })
})

describe('a follower', () => {
  test('sends on to the leader at once, with its name and address', () => {
    const world = new ReplicaWorld()
    const [leader, follower] = world.electAmong()
    if (follower === undefined) throw new Error('there are others')
    const asked = [
      world.request(follower, 'x', 5, 1),
      world.request(follower, 'x'),
      world.ask(follower, registerClientRequest(world.nextRequestId())),
      world.ask(follower, keepAliveRequest(world.nextRequestId(), 5)),
      world.ask(follower, closeSessionRequest(world.nextRequestId(), 5)),
    ]
    const expected = `notLeader -> ${leader.id} ${leader.id}.example:4001`
    expect(asked.map(said)).toEqual(asked.map(() => expected))
  })

  test('has no hint to give while it knows no leader', () => {
    const world = new ReplicaWorld()
    const asked = [world.request(world.get('a'), 'x'), world.query(world.get('a'))]
    world.settle()
    expect(asked.map(said)).toEqual(['notLeader', 'notLeader'])
  })

  test('answers stale queries from what it has applied', () => {
    const world = new ReplicaWorld()
    const [leader, follower] = world.electAmong()
    if (follower === undefined) throw new Error('there are others')
    world.request(leader, 'x')
    world.settle()
    world.run(200)
    world.cutOff.add(follower.id)
    world.request(leader, 'y')
    world.settle()
    const [there, here] = [world.query(leader, '', 'stale'), world.query(follower, '', 'stale')]
    expect([said(there), said(here)]).toEqual(['ok x y', 'ok x'])
    expect(here.response).toMatchObject({ index: 2 })
  })

  test('sends queries on to the leader where it is told to', () => {
    const world = new ReplicaWorld({ service: { followerReads: false } })
    const [leader, follower] = world.electAmong()
    if (follower === undefined) throw new Error('there are others')
    expect(said(world.query(follower))).toBe(`notLeader -> ${leader.id} ${leader.id}.example:4001`)
    expect(said(world.query(follower, '', 'stale'))).toBe('ok')
  })
})

describe('any server', () => {
  test('tells how it is', () => {
    const world = new ReplicaWorld()
    const [leader, follower] = world.electAmong()
    if (follower === undefined) throw new Error('there are others')
    world.register(leader)
    world.run(200)
    const status = (at: typeof leader) => {
      const { response } = world.ask(at, statusRequest(5))
      return response?.kind === 'statusResponse' ? JSON.parse(response.json) : null
    }
    expect(status(leader)).toMatchObject({
      id: leader.id,
      role: 'leader',
      leaderId: leader.id,
      leaderAddress: `${leader.id}.example:4001`,
      commitIndex: 2,
      lastApplied: 2,
      lastLogIndex: 2,
      sessions: 1,
      peers: [{ matchIndex: 2, lag: 0 }, { lag: 0 }],
      requestsWaiting: 0,
      voters: ['a', 'b', 'c'],
    })
    expect(status(follower)).toMatchObject({ role: 'follower', sessions: 1, peers: null })
    expect(status(follower).digest).toBe(status(leader).digest)
    expect(status(leader)).toEqual(leader.replica.status())
    world.cutOff.add(follower.id)
    world.request(leader, 'x')
    world.settle()
    const { peers } = leader.replica.status()
    expect(peers?.find(({ id }) => id === follower.id)?.lag).toBe(1)
  })

  test('refuses what makes no sense', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const asked = [
      world.ask(leader, clientRequest(1, 5, 0, 0, utf8Encode('x'))),
      world.ask(leader, clientRequest(1, 5, 1, 2, utf8Encode('x'))),
      world.ask(leader, clientRequest(1, 1.5, 1, 1, utf8Encode('x'))),
      world.ask(leader, keepAliveRequest(1, 0)),
      world.ask(leader, adminRequest(1, '{}')),
    ]
    expect(asked.map(({ response }) => response?.status)).toEqual(asked.map(() => 'badRequest'))
    for (const { response } of asked) expect(response?.message).not.toBe('')
    expect(leader.replica.state.log.lastIndex).toBe(1)
  })
})
