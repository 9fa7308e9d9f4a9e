/** The session of a client: opened late, kept alive, replaced only where that can do no harm. */
import { describe, expect, test } from 'vitest'
import type { ClientRequestMessage } from '../../src/wire/index.ts'
import { FakeCluster } from './fake-cluster.ts'
import { type FakeServer, World } from './world.ts'

const addresses = ['a:1', 'b:1', 'c:1']

type Sent = ClientRequestMessage & { kind: 'clientRequest' }

function commands(server: FakeServer): Sent[] {
  return server.requests.filter((message): message is Sent => message.kind === 'clientRequest')
}

function kinds(server: FakeServer): string[] {
  return server.requests.map(({ kind }) => kind)
}

function setUp(options: Parameters<World['client']>[1] = {}) {
  const world = new World()
  const cluster = new FakeCluster(world, addresses)
  const leader = cluster.leader as FakeServer
  return { world, cluster, leader, client: world.client(addresses, options) }
}

describe('sessions', () => {
  test('one is opened by the first command, and not by queries', () => {
    const { world, leader, client } = setUp()
    const query = client.query('q')
    world.runUntil(() => query.result !== null)
    expect(kinds(leader)).toEqual(['clientQueryRequest'])
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null)
    expect(kinds(leader)).toEqual(['clientQueryRequest', 'registerClientRequest', 'clientRequest'])
  })

  test('numbers ascend, and each request tells the lowest unanswered', () => {
    const { world, cluster, leader, client } = setUp()
    const first = client.request('a')
    world.runUntil(() => first.result !== null)
    cluster.answers = (message) => message.kind !== 'clientRequest' || message.sequenceNum !== 2
    const stuck = client.request('b')
    world.run(5)
    const third = client.request('c')
    world.runUntil(() => third.result !== null)
    const fourth = client.request('d')
    world.runUntil(() => fourth.result !== null)
    expect(stuck.result).toBeNull()
    const told = commands(leader).map(({ sequenceNum, lowestUnanswered }) => [
      sequenceNum,
      lowestUnanswered,
    ])
    expect(told).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 2],
    ])
  })

  test('a lost answer is asked for under the same number, and the command happens once', () => {
    const { world, cluster, leader, client } = setUp({ attemptTimeoutMs: 100 })
    let lost = 0
    cluster.answers = (message) => message.kind !== 'clientRequest' || lost++ > 1
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null)
    expect(pending.result).toMatchObject({ error: null })
    expect(commands(leader).map(({ sequenceNum }) => sequenceNum)).toEqual([1, 1, 1])
    expect(cluster.executed).toEqual(['x'])
  })

  test('one that expired while the client was idle is replaced, and the command goes on', () => {
    const { world, cluster, client } = setUp()
    const first = client.request('x')
    world.runUntil(() => first.result !== null)
    cluster.expireSessions()
    const pending = [client.request('y'), client.request('z')]
    world.runUntil(() => pending.every(({ result }) => result !== null))
    expect(pending.map(({ result }) => result?.error)).toEqual([null, null])
    expect(cluster.executed).toEqual(['x', 'y', 'z'])
    expect(client.count('sessionOver')).toBe(1)
    expect(client.count('session')).toBe(2)
  })

  test('a command whose answer was lost before the session expired is not executed again', () => {
    const { world, cluster, client } = setUp({ attemptTimeoutMs: 100 })
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    cluster.answers = () => false
    const pending = client.request('x')
    world.run(50)
    cluster.expireSessions()
    cluster.answers = () => true
    const unsent = client.request('y')
    world.runUntil(() => pending.result !== null && unsent.result !== null)
    expect(pending.result?.error).toMatchObject({ code: 'SESSION_EXPIRED', outcome: 'unknown' })
    expect(unsent.result?.error).toBeNull()
    expect(cluster.executed).toEqual(['first', 'x', 'y'])
  })

  test('one that is idle is kept alive, and one that is busy needs no keeping', () => {
    const { world, leader, client } = setUp({ keepAliveIntervalMs: 1000 })
    const first = client.request('x')
    world.runUntil(() => first.result !== null)
    for (let i = 0; i < 10; i++) {
      const pending = client.request(`busy ${i}`)
      world.runUntil(() => pending.result !== null)
      world.run(500)
    }
    expect(kinds(leader)).not.toContain('keepAliveRequest')
    world.run(10_000)
    const kept = kinds(leader).filter((kind) => kind === 'keepAliveRequest').length
    expect(kept).toBeGreaterThanOrEqual(9)
    expect(kept).toBeLessThanOrEqual(11)
  })

  test('one that cannot be kept alive is noticed, and replaced by the next command', () => {
    const { world, cluster, client } = setUp({ keepAliveIntervalMs: 1000 })
    const first = client.request('x')
    world.runUntil(() => first.result !== null)
    cluster.expireSessions()
    world.run(2500)
    expect(client.count('sessionOver')).toBe(1)
    const next = client.request('y')
    world.runUntil(() => next.result !== null)
    expect(next.result?.error).toBeNull()
  })

  test('closing tells the servers', () => {
    const { world, cluster, client } = setUp()
    const first = client.request('x')
    world.runUntil(() => first.result !== null)
    let isClosed = false
    client.core.close(() => {
      isClosed = true
    })
    expect(world.runUntil(() => isClosed, 100)).toBe(true)
    expect(cluster.sessions.size).toBe(0)
    expect(cluster.servers.map(({ connections }) => connections.size)).toEqual([0, 0, 0])
  })

  test('closing waits for a silent leader no longer than it says', () => {
    const { world, leader, client } = setUp({ closeTimeoutMs: 300 })
    const first = client.request('x')
    world.runUntil(() => first.result !== null)
    leader.state = 'silent'
    let isClosed = false
    client.core.close(() => {
      isClosed = true
    })
    world.run(290)
    expect(isClosed).toBe(false)
    expect(world.runUntil(() => isClosed, 50)).toBe(true)
  })

  test('a client that wants no session any more opens none', () => {
    const world = new World()
    const client = world.client(addresses)
    const pending = client.request('x', { timeoutMs: 200 })
    world.run(1000)
    expect(pending.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'notApplied' })
    const tries = client.count('connecting')
    world.run(10_000)
    expect(client.count('connecting')).toBe(tries)
  })

  test('numbers run ahead of one that is not answered only so far', () => {
    const { world, cluster, client } = setUp({ sequenceSpanMax: 4, attemptTimeoutMs: 5000 })
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    cluster.answers = (message) => message.kind !== 'clientRequest' || message.sequenceNum !== 2
    const stuck = client.request('stuck', { timeoutMs: 2000 })
    const pending = Array.from({ length: 10 }, (_, i) => client.request(`c${i}`))
    const query = client.query('q')
    world.run(100)
    expect(pending.filter(({ result }) => result !== null)).toHaveLength(3)
    // Queries have no number to wait for.
    expect(query.result?.error).toBeNull()
    world.run(2000)
    expect(stuck.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    expect(pending.every(({ result }) => result?.error === null)).toBe(true)
  })
})
