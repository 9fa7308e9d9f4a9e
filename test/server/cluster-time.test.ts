/**
 * The cluster's time (§6.3) with clocks that start anywhere, run at any rate and leap: it never
 * goes back, is the same on every server, and expires sessions on all of them at the same entry.
 */
import { expect, test } from 'vitest'
import { keepAliveRequest } from '../../src/wire/index.ts'
import { ReplicaWorld, said } from './replicas.ts'

const sessions = { sessionTimeoutMs: 4000 }

/** The leader is cut off, and heard again when another leads. */
function changeLeader(world: ReplicaWorld): void {
  const old = world.elect()
  world.cutOff.add(old.id)
  world.elect()
  world.cutOff.clear()
  world.run(300)
}

test('never goes back, whoever leads, and is no clock of any server', () => {
  const clocks = [
    [1e9, 1.4],
    [0, 0.8],
    [5e6, 1.1],
  ] as const
  const world = new ReplicaWorld({ clocks, service: { sessions } })
  const clientId = world.register(world.elect())
  const leaders = new Set<string>()
  for (let sequenceNum = 1; sequenceNum <= 60; sequenceNum++) {
    if (sequenceNum % 10 === 0) changeLeader(world)
    const leader = world.elect()
    leaders.add(leader.id)
    world.request(leader, `${sequenceNum}`, clientId, sequenceNum, sequenceNum)
    world.run(100)
  }
  world.run(500)
  const [first] = world.all
  const times = first?.machine.times ?? []
  expect(times).toHaveLength(60)
  expect(leaders.size).toBeGreaterThan(1)
  for (const { machine } of world.all) expect(machine.times).toEqual(times)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  // It passes, at the leaders' rates at the most, and not while nobody leads.
  expect(times.at(-1)).toBeGreaterThan(3000)
  expect(times.at(-1)).toBeLessThan(world.now * 1.4)
})

test('a leader whose clock leaps moves it by a part of the timeout only', () => {
  const world = new ReplicaWorld({ ids: ['a'], service: { sessions } })
  const leader = world.elect()
  const clientId = world.register(leader)
  const before = leader.replica.status().clusterTimeMs
  leader.clock.set(1e12)
  const asked = world.request(leader, 'x', clientId, 1)
  world.settle()
  expect(said(asked)).toBe('ok x is number 1')
  expect(leader.replica.status().clusterTimeMs).toBe(before + sessions.sessionTimeoutMs / 4)
})

test('a silent session expires by the time in the log, on every server alike', () => {
  const world = new ReplicaWorld({ service: { sessions } })
  const leader = world.elect()
  const [silent, busy] = [world.register(leader), world.register(leader)]
  const beat = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      world.run(500)
      world.askNow(leader, keepAliveRequest(world.nextRequestId(), busy))
    }
  }
  beat(3500)
  expect(leader.replica.status().sessions).toBe(2)
  beat(1500)
  const late = world.request(leader, 'x', silent, 1)
  const inTime = world.request(leader, 'y', busy, 1)
  world.run(500)
  expect(said(late)).toBe('sessionExpired (there is no such session)')
  expect(said(inTime)).toBe('ok y is number 1')
  const states = world.all.map(({ replica }) => {
    const { sessions, digest, clusterTimeMs } = replica.status()
    return { sessions, digest, clusterTimeMs }
  })
  expect(states[0]?.sessions).toBe(1)
  expect(states).toEqual(states.map(() => states[0]))
})

test('while nobody speaks nobody expires: no time passes that the log does not carry', () => {
  const world = new ReplicaWorld({ service: { sessions } })
  const leader = world.elect()
  const clientId = world.register(leader)
  world.run(100_000)
  expect(leader.replica.status().sessions).toBe(1)
  const asked = world.request(leader, 'x', clientId, 1)
  world.settle()
  expect(said(asked)).toBe('ok x is number 1')
})

test('time does not pass without a leader', () => {
  const world = new ReplicaWorld({ service: { sessions } })
  const clientId = world.register(world.elect())
  for (const { id } of world.all) world.cutOff.add(id)
  world.run(60_000)
  world.cutOff.clear()
  const leader = world.elect()
  const asked = world.request(leader, 'x', clientId, 1)
  world.settle()
  expect(said(asked)).toBe('ok x is number 1')
  expect(leader.machine.times[0]).toBeLessThan(1000)
})
