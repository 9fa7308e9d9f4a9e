/**
 * How a replica ends, pauses and goes on: who waits is told the truth or nothing, and a state
 * machine that throws stops it before anybody hears of what it made.
 */
import { expect, test } from 'vitest'
import { ApplyError } from '../../src/state-machine/index.ts'
import { statusRequest } from '../../src/wire/index.ts'
import { ReplicaWorld, said } from './replicas.ts'

test('a machine that throws stops its server before anything is answered, naming the entry', () => {
  const world = new ReplicaWorld({ ids: ['a'] })
  const leader = world.elect()
  const asked = ['x', 'poison', 'y'].map((text) => world.request(leader, text))
  world.settle()
  expect(asked.map(said)).toEqual(['ok x is number 1', null, null])
  expect(leader.replica.isStopped).toBe(true)
  expect(leader.errors).toHaveLength(1)
  expect(leader.errors[0]).toBeInstanceOf(ApplyError)
  expect(leader.errors[0]?.message).toBe(
    'the state machine failed at entry 3 of term 1: cannot digest it',
  )
  expect(leader.machine.notes).toEqual(['x'])
  expect(said(world.request(leader, 'z'))).toBe('unavailable (the server is closed)')
  expect(said(world.query(leader, '', 'stale'))).toBe('unavailable (the server is closed)')
})

test('a replica that is closed says so to those who wait, and to those who come', () => {
  const world = new ReplicaWorld()
  const leader = world.elect()
  world.cutOff.add(leader.id)
  const logged = world.request(leader, 'x')
  const query = world.query(leader)
  world.settle()
  const unheard = [world.request(leader, 'y'), world.query(leader)]
  leader.replica.close()
  expect([logged, query, ...unheard].map(said)).toEqual([
    'unknown (the server was closed)',
    'unavailable (the server was closed)',
    'unavailable (the server was closed)',
    'unavailable (the server was closed)',
  ])
  expect(said(world.ask(leader, statusRequest(1)))).toBe('unavailable (the server is closed)')
  leader.replica.close()
  world.run(1000)
  expect(leader.replica.state.log.lastIndex).toBe(2)
})

test('suspended it answers nobody, neither then nor when it goes on', () => {
  const world = new ReplicaWorld()
  const leader = world.elect()
  world.cutOff.add(leader.id)
  const before = [world.request(leader, 'x'), world.query(leader)]
  world.settle()
  const inThatTurn = [world.request(leader, 'y'), world.query(leader)]
  leader.replica.suspend()
  const meanwhile = [world.request(leader, 'z'), world.query(leader, '', 'stale')]
  world.run(1000)
  expect(leader.replica.isSuspended).toBe(true)
  leader.replica.resume()
  world.cutOff.clear()
  world.run(2000)
  expect([...before, ...inThatTurn, ...meanwhile].map(said)).toEqual(Array(6).fill(null))
  const asked = world.request(world.elect(), 'later')
  world.settle()
  expect(said(asked)).toMatch(/^ok later/)
  const { requestsWaiting, queriesWaiting } = leader.replica.status()
  expect([requestsWaiting, queriesWaiting]).toEqual([0, 0])
})

test('what happens is told as it happens', () => {
  const world = new ReplicaWorld({ ids: ['a'] })
  const server = world.elect()
  world.register(server)
  expect(server.events).toEqual([
    'candidate of 1',
    'leader of 1',
    'leader a of 1',
    'applied 1 nothing',
    'applied 2 registered',
  ])
})

test('what is no message between servers is counted and changes nothing', () => {
  const world = new ReplicaWorld()
  const { replica } = world.get('a')
  replica.receive(Uint8Array.of(0xff), 'b')
  expect(replica.counters).toEqual({ invalidMessages: 1, termLeaps: 0 })
})
