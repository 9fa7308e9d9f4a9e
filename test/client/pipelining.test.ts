/** Many operations at a time: answers late, twice and in any order; full buffers; windows. */
import { describe, expect, test } from 'vitest'
import { noBytes, utf8Decode } from '../../src/base/bytes.ts'
import { clientResponse } from '../../src/wire/index.ts'
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
    const most = mostAtATime(world, leader)
    const pending = Array.from({ length: 40 }, (_, i) => client.request(`c${i}`))
    world.runUntil(() => pending.every(({ result }) => result !== null))
    expect(most()).toBe(5)
  })

  test('an answer that is late and cannot be asked for again leaves its place to others', () => {
    const options = { inFlightMax: 2, attemptTimeoutMs: 100 }
    const { world, cluster, client } = setUp(options)
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    cluster.answers = (message) => message.kind !== 'clientRequest' || message.clientId !== 0
    const keepsTalking = everySoOften(world, () => client.query('q'), 20)
    const lost = Array.from({ length: 3 }, (_, i) => {
      return client.request(`lost ${i}`, { session: false, timeoutMs: 3000 })
    })
    world.run(500)
    cluster.answers = () => true
    const next = client.request('next')
    expect(world.runUntil(() => next.result !== null, 300)).toBe(true)
    expect(next.result?.error).toBeNull()
    expect(lost.every(({ result }) => result === null)).toBe(true)
    world.run(3000)
    for (const { result } of lost) {
      expect(result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    }
    keepsTalking.stop()
    // All their places are there again, and no more than these.
    const { leader } = cluster
    const most = mostAtATime(world, leader as FakeServer)
    const pending = Array.from({ length: 20 }, (_, i) => client.request(`c${i}`))
    world.runUntil(() => pending.every(({ result }) => result !== null))
    expect(most()).toBe(2)
  })

  test('a session without room for responses goes on by its lowest number, at once', () => {
    const { world, cluster, leader, client } = setUp({ timeoutMs: 60_000 })
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    const usual = leader.handle
    let refusals = 0
    leader.handle = (message, respond) => {
      if (message.kind === 'clientRequest') {
        const { requestId, clientId, sequenceNum, lowestUnanswered } = message
        const { responses } = cluster.sessions.get(clientId) as { responses: Map<number, unknown> }
        for (const number of responses.keys()) {
          if (number < lowestUnanswered) responses.delete(number)
        }
        if (responses.size >= 2 && sequenceNum !== lowestUnanswered) {
          refusals += 1
          respond(clientResponse(requestId, 'overloaded', noBytes, 7))
          return
        }
      }
      usual(message, respond)
    }
    const pending = Array.from({ length: 300 }, (_, i) => client.request(`c${i}`))
    expect(world.runUntil(() => pending.every(({ result }) => result !== null), 5000)).toBe(true)
    for (const { result } of pending) expect(result?.error).toBeNull()
    expect(refusals).toBeGreaterThan(250)
    expect(cluster.executed).toHaveLength(301)
  })

  test('a lowest number that is refused all the same is not sent without a pause', () => {
    const { world, cluster, leader, client } = setUp({ timeoutMs: 2000 })
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    const usual = leader.handle
    let sendings = 0
    leader.handle = (message, respond) => {
      if (message.kind !== 'clientRequest') usual(message, respond)
      else {
        sendings += 1
        respond(clientResponse(message.requestId, 'overloaded', noBytes, 7))
      }
    }
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null)
    expect(pending.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'notApplied' })
    expect(sendings).toBeLessThan(40)
    expect(cluster.executed).toEqual(['first'])
  })
})

/** How many commands wait for the server at a time, at most. */
function mostAtATime(world: World, server: FakeServer): () => number {
  let waiting = 0
  let most = 0
  const usual = server.handle
  server.handle = (message, respond) => {
    waiting += 1
    most = Math.max(most, waiting)
    world.after(20, () => {
      waiting -= 1
      usual(message, respond)
    })
  }
  return () => most
}

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
