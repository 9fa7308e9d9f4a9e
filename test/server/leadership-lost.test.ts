/**
 * What is said when leadership goes, and that it is true: whoever waits is answered at once,
 * nobody is answered for another's entry, and a client that asks again elsewhere is served once.
 */
import { describe, expect, test } from 'vitest'
import { encodeMessage } from '../../src/wire/index.ts'
import { requestVote } from '../raft/messages.ts'
import { ReplicaWorld, said } from './replicas.ts'

describe('a leader that is cut off', () => {
  test('answers "unknown" to requests that wait, and "notLeader" to queries', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const clientId = world.register(leader)
    world.cutOff.add(leader.id)
    const asked = [
      world.request(leader, 'x', clientId, 1),
      world.request(leader, 'y'),
      world.query(leader),
    ]
    world.settle()
    expect(asked.map(said)).toEqual([null, null, null])
    world.runUntil(() => leader.replica.state.role.kind !== 'leader', 'it steps down', 1000)
    expect(asked.map(said)).toEqual([
      'unknown (leadership was lost while it waited)',
      'unknown (leadership was lost while it waited)',
      'notLeader',
    ])
    const { requestsWaiting, queriesWaiting } = leader.replica.status()
    expect([requestsWaiting, queriesWaiting]).toEqual([0, 0])
    expect(leader.machine.notes).toEqual([])
  })

  test('answers no query while another leads and writes, however fresh it thinks it is', () => {
    const world = new ReplicaWorld()
    const old = world.elect()
    world.request(old, 'x')
    world.settle()
    world.run(200)
    world.cutOff.add(old.id)
    // It waits to hear from a majority for as long as it believes in itself.
    const early = world.query(old)
    const next = world.elect()
    const write = world.request(next, 'y')
    world.settle()
    expect(said(write)).toBe('ok y is number 2')
    const late = world.query(old)
    world.run(1000)
    expect([said(early), said(late)]).toEqual(['notLeader', 'notLeader'])
    world.cutOff.clear()
    world.run(1000)
    const again = world.query(world.elect())
    world.settle()
    expect(said(again)).toBe('ok x y')
  })

  test('never answers for the entry that another leader has put in the place of its own', () => {
    const world = new ReplicaWorld()
    const old = world.elect()
    world.cutOff.add(old.id)
    const lost = world.request(old, 'lost')
    world.settle()
    const place = old.replica.state.log.lastIndex
    const next = world.elect()
    const kept = world.request(next, 'kept')
    world.settle()
    expect(said(kept)).toBe('ok kept is number 1')
    world.cutOff.clear()
    world.run(2000)
    expect(old.replica.state.log.termAt(place)).toBeGreaterThan(1)
    expect(said(lost)).toBe('unknown (leadership was lost while it waited)')
    for (const { machine } of world.all) expect(machine.notes).toEqual(['kept'])
  })
})

test('a request that outlived its leader is answered at the next one, and done once', () => {
  const world = new ReplicaWorld()
  const old = world.elect()
  const clientId = world.register(old)
  // The others get the entry; that they have it is never heard.
  world.deaf.add(old.id)
  const first = world.request(old, 'x', clientId, 1)
  world.runUntil(() => first.response !== null, 'it is given up', 1000)
  expect(first.response?.status).toBe('unknown')
  world.cutOff.add(old.id)
  const next = world.elect()
  expect(next.machine.notes).toEqual(['x'])
  const retry = world.request(next, 'x', clientId, 1)
  world.settle()
  expect(said(retry)).toBe('ok x is number 1')
  world.deaf.clear()
  world.cutOff.clear()
  world.run(1000)
  for (const { machine } of world.all) expect(machine.notes).toEqual(['x'])
})

describe('in one and the same turn', () => {
  /** The other servers' next candidate asks for a vote. */
  function depose(world: ReplicaWorld, id: string): void {
    const { replica } = world.get(id)
    const candidate = world.all.find((other) => other.id !== id)?.id ?? ''
    const term = replica.state.currentTerm + 1
    replica.receive(encodeMessage(requestVote(candidate, { to: id, term })), candidate)
  }

  test('what was accepted just before leadership went is unknown', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    const asked = world.request(leader, 'x')
    depose(world, leader.id)
    world.settle()
    expect(said(asked)).toBe('unknown (leadership was lost)')
    world.run(2000)
    expect(world.elect().replica.status().requestsWaiting).toBe(0)
  })

  test('what came just after is refused, and has no effect', () => {
    const world = new ReplicaWorld()
    const leader = world.elect()
    depose(world, leader.id)
    const asked = [world.request(leader, 'x'), world.query(leader)]
    world.settle()
    expect(asked.map(said)).toEqual(['notLeader', 'notLeader'])
    world.run(2000)
    for (const { machine } of world.all) expect(machine.notes).toEqual([])
  })
})

test('who is told may ask again at once', () => {
  const world = new ReplicaWorld()
  const leader = world.elect()
  world.cutOff.add(leader.id)
  const statuses: string[] = []
  const askAgain = (sequenceNum: number): void => {
    if (sequenceNum > 3) return
    const clientId = 7
    const command = new Uint8Array(1)
    const request = { clientId, sequenceNum, lowestUnanswered: 1, command }
    leader.replica.handleClient({ kind: 'clientRequest', requestId: 1, ...request }, (response) => {
      statuses.push(response.status)
      askAgain(sequenceNum + 1)
    })
  }
  askAgain(1)
  world.run(1000)
  expect(statuses).toEqual(['unknown', 'notLeader', 'notLeader'])
})
