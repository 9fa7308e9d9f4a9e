/** Whom a client asks: hints, circles of them, silent servers, servers that are gone. */
import { describe, expect, test } from 'vitest'
import { utf8Decode } from '../../src/base/bytes.ts'
import { FakeCluster, refusal } from './fake-cluster.ts'
import { type FakeServer, type Pending, World } from './world.ts'

const addresses = ['a:1', 'b:1', 'c:1']

function text(pending: Pending): string | null {
  const { result } = pending
  return result?.error === null ? utf8Decode(result.response) : (result?.error.code ?? null)
}

function server(world: World, address: string): FakeServer {
  return world.servers.get(address) as FakeServer
}

describe('finding the leader', () => {
  test('a hint is followed at once', () => {
    const world = new World()
    const cluster = new FakeCluster(world, addresses)
    cluster.leader = server(world, 'c:1')
    const client = world.client(addresses)
    const pending = client.request('x')
    // Two connections and three exchanges, and not one pause.
    expect(world.runUntil(() => pending.result !== null, 12)).toBe(true)
    expect(text(pending)).toBe('did x')
    expect(client.count('pause')).toBe(0)
    expect(server(world, 'b:1').requests).toEqual([])
  })

  test('the leader is remembered', () => {
    const world = new World()
    const cluster = new FakeCluster(world, addresses)
    cluster.leader = server(world, 'b:1')
    const client = world.client(addresses)
    const first = client.request('x')
    world.runUntil(() => first.result !== null)
    const asked = server(world, 'a:1').requests.length
    const second = client.request('y')
    world.runUntil(() => second.result !== null)
    expect(text(second)).toBe('did y')
    expect(server(world, 'a:1').requests).toHaveLength(asked)
  })

  test('a hint to a server that was not given is followed', () => {
    const world = new World()
    const cluster = new FakeCluster(world, [...addresses, 'new:1'])
    cluster.leader = server(world, 'new:1')
    const client = world.client(addresses)
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null, 100)
    expect(text(pending)).toBe('did x')
  })

  test('two wrong hints in a circle are followed once each, and then there is a pause', () => {
    const world = new World()
    for (const [address, other] of [
      ['a:1', 'b:1'],
      ['b:1', 'a:1'],
    ] as const) {
      const liar = world.server(address)
      liar.handle = (message, respond) => {
        respond(refusal(message, 'notLeader', { id: other, address: other }))
      }
    }
    const client = world.client(['a:1', 'b:1'])
    const pending = client.request('x', { timeoutMs: 10_000 })
    world.run(10_100)
    expect(text(pending)).toBe('TIMEOUT')
    const asked = client.count('sent')
    // Pauses grow to half a second on average a quarter of one: two requests in each round.
    expect(asked).toBeGreaterThan(20)
    expect(asked).toBeLessThan(200)
    expect(client.count('pause')).toBeGreaterThanOrEqual(asked / 2 - 1)
    expect(pending.result?.error?.message).toContain('a:1: not the leader, which is b:1')
  })

  test('an election that takes half a second is not overslept', () => {
    for (let seed = 0; seed < 20; seed++) {
      const world = new World(seed)
      for (const address of ['a:1', 'b:1']) {
        world.server(address).handle = (message, respond) => {
          respond(refusal(message, 'notLeader', null))
        }
      }
      const client = world.client(['a:1', 'b:1'])
      client.request('x', { timeoutMs: 10_000 })
      world.run(500)
      const asked = client.count('sent')
      world.run(130)
      expect(client.count('sent')).toBeGreaterThan(asked)
    }
  })

  test('without a leader every server is asked in each round, and found when it leads', () => {
    const world = new World()
    const cluster = new FakeCluster(world, addresses)
    cluster.leader = null
    const client = world.client(addresses)
    const pending = client.request('x', { timeoutMs: 20_000 })
    world.run(3000)
    const counts = cluster.servers.map(({ requests }) => requests.length)
    expect(Math.min(...counts)).toBeGreaterThan(3)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    cluster.leader = server(world, 'b:1')
    expect(world.runUntil(() => pending.result !== null, 600)).toBe(true)
    expect(cluster.executed).toEqual(['x'])
  })

  test('a silent server is left for the next one, and no hint leads back to it', () => {
    const world = new World()
    const cluster = new FakeCluster(world, addresses)
    server(world, 'a:1').state = 'silent'
    const client = world.client(addresses, { attemptTimeoutMs: 300 })
    const pending = client.request('x', { timeoutMs: 20_000 })
    // The others still think that it leads.
    world.run(450)
    expect(server(world, 'b:1').requests.length).toBeGreaterThan(0)
    expect(server(world, 'c:1').requests.length).toBeGreaterThan(0)
    cluster.leader = server(world, 'c:1')
    expect(world.runUntil(() => pending.result !== null, 1000)).toBe(true)
    expect(text(pending)).toBe('did x')
    expect(server(world, 'a:1').connectionsMade).toBeLessThanOrEqual(2)
  })

  test('servers that are gone are tried again, ever less often', () => {
    const world = new World()
    const client = world.client(addresses)
    const pending = client.request('x', { timeoutMs: 30_000 })
    world.run(10_000)
    const tries = client.count('connecting')
    expect(tries).toBeGreaterThan(30)
    expect(tries).toBeLessThan(300)
    new FakeCluster(world, addresses)
    expect(world.runUntil(() => pending.result !== null, 1000)).toBe(true)
    expect(text(pending)).toBe('did x')
  })

  test('a connection that ended after it had served is made again at once', () => {
    const world = new World()
    new FakeCluster(world, addresses)
    const client = world.client(addresses)
    const first = client.request('x')
    world.runUntil(() => first.result !== null)
    server(world, 'a:1').cut()
    const second = client.request('y')
    expect(world.runUntil(() => second.result !== null, 8)).toBe(true)
    expect(server(world, 'a:1').connectionsMade).toBe(2)
  })

  test('while a server is only guessed to lead, one request asks it for all', () => {
    const world = new World()
    const cluster = new FakeCluster(world, addresses)
    cluster.leader = null
    const client = world.client(addresses)
    const pending = Array.from({ length: 50 }, (_, i) => {
      return client.query(`q${i}`, { timeoutMs: 60_000 })
    })
    world.run(2000)
    const before = cluster.servers.reduce((sum, { requests }) => sum + requests.length, 0)
    // Some fifty rounds of three; were each of the fifty to ask, it would be thousands.
    expect(before).toBeLessThan(200)
    cluster.leader = server(world, 'b:1')
    expect(world.runUntil(() => pending.every(({ result }) => result !== null), 1000)).toBe(true)
    const after = cluster.servers.reduce((sum, { requests }) => sum + requests.length, 0)
    expect(after - before).toBeLessThan(100 + 50)
  })

  test('a leader that steps down sends all that was under way to the next, in order', () => {
    const world = new World()
    world.delayMaxMs = 5
    const cluster = new FakeCluster(world, addresses)
    const client = world.client(addresses)
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    const pending = Array.from({ length: 30 }, (_, i) => client.request(`c${i}`))
    cluster.leader = server(world, 'b:1')
    expect(world.runUntil(() => pending.every(({ result }) => result !== null), 200)).toBe(true)
    expect(cluster.executed).toEqual(['first', ...pending.map((_, i) => `c${i}`)])
  })

  test('a server that answers nonsense is left', () => {
    const world = new World()
    const cluster = new FakeCluster(world, addresses)
    const liar = server(world, 'a:1')
    liar.handle = (message) => {
      for (const connection of liar.connections) connection.deliver(new Uint8Array([1, 2, 3]))
      void message
    }
    cluster.leader = server(world, 'b:1')
    const client = world.client(addresses)
    const pending = client.request('x')
    expect(world.runUntil(() => pending.result !== null, 1000)).toBe(true)
    expect(text(pending)).toBe('did x')
    expect(client.events.some((event) => event.kind === 'lost' && event.server === 'a:1')).toBe(
      true,
    )
  })

  test('stale queries are answered by the preferred server, or else by any', () => {
    const world = new World()
    const cluster = new FakeCluster(world, addresses)
    cluster.leader = null
    const client = world.client(addresses)
    const first = client.query('q', { consistency: 'stale' })
    world.runUntil(() => first.result !== null, 100)
    expect(text(first)).toBe('q:0')
    expect(server(world, 'a:1').requests).toHaveLength(1)
    server(world, 'a:1').crash()
    const second = client.query('r', { consistency: 'stale' })
    world.runUntil(() => second.result !== null, 100)
    expect(text(second)).toBe('r:0')
    expect(server(world, 'a:1').requests).toHaveLength(1)
  })

  test('a stale query waits for servers that are not there yet', () => {
    const world = new World()
    const client = world.client(addresses)
    const pending = client.query('q', { consistency: 'stale', timeoutMs: 10_000 })
    world.run(1000)
    expect(pending.result).toBeNull()
    const cluster = new FakeCluster(world, addresses)
    cluster.leader = null
    expect(world.runUntil(() => pending.result !== null, 1000)).toBe(true)
    expect(text(pending)).toBe('q:0')
  })

  test('the status of one server comes from that server, or not at all', () => {
    const world = new World()
    new FakeCluster(world, addresses)
    server(world, 'c:1').state = 'down'
    const client = world.client(addresses)
    const alive = client.status('b:1')
    const gone = client.status('c:1')
    world.runUntil(() => alive.result !== null && gone.result !== null, 100)
    expect(alive.result).toMatchObject({ error: null, json: '{"address":"b:1"}' })
    expect(gone.result?.error).toMatchObject({ code: 'UNREACHABLE', outcome: 'notApplied' })
    expect(gone.result?.error?.message).toBe('c:1 did not answer: connection refused')
  })
})
