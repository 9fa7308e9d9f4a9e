/** Many operations at a time: answers late, twice and in any order; full buffers; windows. */
import { describe, expect, test } from 'vitest'
import { utf8Decode } from '../../src/base/bytes.ts'
import { FakeCluster, refusal } from './fake-cluster.ts'
import { type FakeServer, World } from './world.ts'

const addresses = ['a:1', 'b:1', 'c:1']

function setUp(options: Parameters<World['client']>[1] = {}) {
  const world = new World()
  const cluster = new FakeCluster(world, addresses)
  const leader = cluster.leader as FakeServer
  return { world, cluster, leader, client: world.client(addresses, options) }
}

describe('pipelining', () => {
  test('a late answer to an earlier sending is as good as any', () => {
    const { world, leader, cluster, client } = setUp({ attemptTimeoutMs: 100 })
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    const usual = leader.handle
    let sendings = 0
    leader.handle = (message, respond) => {
      if (message.kind !== 'clientRequest') usual(message, respond)
      // The first one is answered late, those after it not at all; others keep it from silence.
      else if (sendings++ === 0) usual(message, (answer) => world.after(250, () => respond(answer)))
    }
    const pending = client.request('x')
    const keepsTalking = everySoOften(world, () => client.query('q'), 20)
    expect(world.runUntil(() => pending.result !== null, 400)).toBe(true)
    keepsTalking.stop()
    expect(pending.result?.error).toBeNull()
    expect(sendings).toBeGreaterThan(1)
    expect(cluster.times('x')).toBe(1)
  })

  test('a refusal that is repeated counts for the sending that it was for, and no other', () => {
    const { world, leader, cluster, client } = setUp()
    let isFirst = true
    const usual = leader.handle
    leader.handle = (message, respond) => {
      if (!isFirst) {
        usual(message, respond)
        return
      }
      isFirst = false
      for (let i = 0; i < 3; i++) {
        world.after(i * 50, () => respond(refusal(message, 'unavailable', cluster.hint())))
      }
    }
    cluster.answers = () => false
    const pending = client.request('x', { session: false, timeoutMs: 1000 })
    world.run(1100)
    expect(pending.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    expect(cluster.executed).toEqual(['x'])
  })

  test('responses in any order, and a slow one holds nobody up', () => {
    const { world, leader, client } = setUp({ attemptTimeoutMs: 5000 })
    const usual = leader.handle
    leader.handle = (message, respond) => {
      const isSlow = message.kind === 'clientRequest' && utf8Decode(message.command) === 'slow'
      const delay = isSlow ? 1000 : world.random.between(0, 20)
      world.after(delay, () => usual(message, respond))
    }
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    const slow = client.request('slow')
    const pending = Array.from({ length: 40 }, (_, i) => client.request(`c${i}`))
    expect(world.runUntil(() => pending.every(({ result }) => result !== null), 60)).toBe(true)
    for (const [i, { result }] of pending.entries()) {
      expect(result?.error === null && utf8Decode(result.response)).toBe(`did c${i}`)
    }
    expect(slow.result).toBeNull()
    world.runUntil(() => slow.result !== null)
    expect(slow.result?.error).toBeNull()
  })

  test('a connection whose buffers are full is given time', () => {
    const { world, leader, cluster, client } = setUp()
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    for (const connection of leader.connections) {
      connection.isFull = true
      world.after(200, () => {
        connection.isFull = false
      })
    }
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null)
    expect(pending.result?.error).toBeNull()
    expect(cluster.executed).toEqual(['first', 'x'])
    expect(leader.connectionsMade).toBe(1)
  })

  test('no more is in flight than it may be', () => {
    const { world, leader, client } = setUp({ inFlightMax: 5, attemptTimeoutMs: 10_000 })
    let waiting = 0
    let most = 0
    const usual = leader.handle
    leader.handle = (message, respond) => {
      waiting += 1
      most = Math.max(most, waiting)
      world.after(20, () => {
        waiting -= 1
        usual(message, respond)
      })
    }
    const pending = Array.from({ length: 40 }, (_, i) => client.request(`c${i}`))
    world.runUntil(() => pending.every(({ result }) => result !== null))
    expect(most).toBe(5)
  })
})

function everySoOften(world: World, action: () => void, ms: number): { stop(): void } {
  let runs = true
  const again = (): void => {
    if (!runs) return
    action()
    world.after(ms, again)
  }
  world.after(ms, again)
  return {
    stop: () => {
      runs = false
    },
  }
}
