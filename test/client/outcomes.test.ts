/** How operations end that do not succeed, and what may then be believed. */
import { describe, expect, test } from 'vitest'
import { clientResponse } from '../../src/wire/index.ts'
import { FakeCluster } from './fake-cluster.ts'
import { type FakeServer, World } from './world.ts'

const addresses = ['a:1', 'b:1', 'c:1']

function setUp(options: Parameters<World['client']>[1] = {}) {
  const world = new World()
  const cluster = new FakeCluster(world, addresses)
  const leader = cluster.leader as FakeServer
  return { world, cluster, leader, client: world.client(addresses, options) }
}

describe('outcomes', () => {
  test('a deadline that passes with nothing sent: not applied', () => {
    const world = new World()
    const client = world.client(addresses)
    const pending = client.request('x', { timeoutMs: 500 })
    world.run(499)
    expect(pending.result).toBeNull()
    world.run(20)
    expect(pending.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'notApplied' })
    const message = pending.result?.error?.message ?? ''
    expect(message).toContain('the command was not answered within 500 ms')
    expect(message).toContain('never sent, had no effect')
    expect(message).toContain('a:1: connection refused')
    expect(message.split('\n')).toHaveLength(1)
  })

  test('a deadline that passes with something sent: unknown', () => {
    const { world, cluster, client } = setUp()
    cluster.answers = ({ kind }) => kind !== 'clientRequest'
    const pending = client.request('x', { timeoutMs: 2000 })
    world.run(2100)
    expect(pending.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    expect(pending.result?.error?.message).toContain('may have taken effect')
    expect(cluster.executed).toEqual(['x'])
  })

  test('refusals leave nothing open: a deadline after them tells that nothing happened', () => {
    const { world, cluster, client } = setUp()
    cluster.refuse = ({ kind }) => (kind === 'clientRequest' ? 'overloaded' : null)
    const pending = client.request('x', { timeoutMs: 3000 })
    world.run(3100)
    expect(pending.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'notApplied' })
    expect(pending.result?.error?.message).toContain('a:1: overloaded')
    const attempts = client.events.filter((event) => event.kind === 'sent').length
    expect(attempts).toBeGreaterThan(5)
    expect(attempts).toBeLessThan(60)
  })

  test('an overloaded leader is asked again later', () => {
    const { world, cluster, client } = setUp()
    let refusals = 0
    cluster.refuse = ({ kind }) => {
      return kind === 'clientRequest' && refusals++ < 3 ? 'overloaded' : null
    }
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null)
    expect(pending.result?.error).toBeNull()
    expect(cluster.executed).toEqual(['x'])
  })

  test('a query has no effect, whatever is lost', () => {
    const { world, cluster, client } = setUp()
    cluster.answers = () => false
    const pending = client.query('q', { timeoutMs: 1000 })
    world.run(1100)
    expect(pending.result?.error).toMatchObject({ code: 'TIMEOUT', outcome: 'notApplied' })
  })

  test('taken back: aborted at once, with the outcome of what was sent', () => {
    const { world, cluster, client } = setUp()
    const unsent = client.request('x')
    unsent.cancel()
    expect(unsent.result?.error).toMatchObject({ code: 'ABORTED', outcome: 'notApplied' })
    cluster.answers = ({ kind }) => kind !== 'clientRequest'
    const sent = client.request('y')
    world.run(100)
    sent.cancel()
    expect(sent.result?.error).toMatchObject({ code: 'ABORTED', outcome: 'unknown' })
    sent.cancel()
    world.run(1000)
    expect(cluster.executed).toEqual(['y'])
  })

  test('without a session a command is sent once, and a lost connection leaves it unknown', () => {
    const { world, cluster, leader, client } = setUp()
    cluster.answers = ({ kind }) => kind !== 'clientRequest'
    const pending = client.request('x', { session: false })
    world.run(100)
    expect(leader.requests.map(({ kind }) => kind)).toEqual(['clientRequest'])
    leader.crash()
    world.run(100)
    expect(pending.result?.error).toMatchObject({ code: 'ANSWER_LOST', outcome: 'unknown' })
    world.run(5000)
    expect(cluster.executed).toEqual(['x'])
  })

  test('without a session an answer that comes late is waited for on its connection', () => {
    const { world, leader, client } = setUp({ attemptTimeoutMs: 100 })
    leader.handle = (message, respond) => {
      world.after(1500, () => respond(clientResponse(message.requestId, 'ok', bytesOf(7), 7)))
    }
    const pending = client.request('x', { session: false })
    const query = client.query('q', { timeoutMs: 300 })
    world.runUntil(() => pending.result !== null)
    expect(query.result?.error).toMatchObject({ code: 'TIMEOUT' })
    expect(pending.result).toMatchObject({ error: null, index: 7 })
    expect(
      client.events.filter((event) => event.kind === 'sent' && event.what === 'command'),
    ).toHaveLength(1)
  })

  test('without a session a refusal still sends it on, for it had no effect', () => {
    const { world, cluster, client } = setUp()
    cluster.leader = cluster.servers[2] as FakeServer
    const pending = client.request('x', { session: false })
    world.runUntil(() => pending.result !== null)
    expect(pending.result?.error).toBeNull()
    expect(cluster.executed).toEqual(['x'])
  })

  test('leadership lost while it waited: asked again with a session, unknown without', () => {
    const { world, cluster, client } = setUp()
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    let losses = 0
    cluster.refuse = ({ kind }) => (kind === 'clientRequest' && losses++ < 2 ? 'unknown' : null)
    const kept = client.request('kept')
    const bare = client.request('bare', { session: false })
    world.runUntil(() => kept.result !== null && bare.result !== null)
    expect(kept.result?.error).toBeNull()
    expect(bare.result?.error).toMatchObject({ code: 'ANSWER_LOST', outcome: 'unknown' })
    expect(cluster.times('kept')).toBe(1)
  })

  test('executed, with a response that is too long to be had: its answer is lost for good', () => {
    const { world, leader, client } = setUp()
    const usual = leader.handle
    leader.handle = (message, respond) => {
      if (message.kind !== 'clientRequest') usual(message, respond)
      else {
        const { requestId } = message
        const why = 'the response is too long'
        respond(clientResponse(requestId, 'unknown', new Uint8Array(0), 7, null, why))
      }
    }
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null)
    expect(pending.result?.error).toMatchObject({ code: 'ANSWER_LOST', outcome: 'unknown' })
    expect(pending.result?.error?.message).toContain('was executed: the response is too long')
    expect(leader.requests.filter(({ kind }) => kind === 'clientRequest')).toHaveLength(1)
  })

  test('what the machine refuses is refused for good, whatever was lost before', () => {
    const { world, cluster, leader, client } = setUp({ attemptTimeoutMs: 100 })
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    let isLost = true
    const usual = leader.handle
    leader.handle = (message, respond) => {
      if (message.kind !== 'clientRequest') usual(message, respond)
      else if (isLost) isLost = false
      else {
        const { requestId } = message
        respond(clientResponse(requestId, 'badRequest', new Uint8Array(0), 9, null, 'too dear'))
      }
    }
    const pending = client.request('x')
    world.runUntil(() => pending.result !== null)
    expect(pending.result?.error).toMatchObject({ code: 'REFUSED', outcome: 'notApplied' })
    expect(pending.result?.error?.message).toContain('the command was refused: too dear')
    expect(cluster.executed).toEqual(['first'])
  })

  test('too large for the servers, or for the client', () => {
    const { world, cluster, leader, client } = setUp({ requestBytesMax: 100 })
    const here = client.request('x'.repeat(101))
    world.run(10)
    expect(here.result?.error).toMatchObject({ code: 'TOO_LARGE', outcome: 'notApplied' })
    expect(leader.requests).toEqual([])
    cluster.refuse = ({ kind }) => (kind === 'clientRequest' ? 'tooLarge' : null)
    const there = client.request('x')
    world.run(100)
    expect(there.result?.error).toMatchObject({ code: 'TOO_LARGE', outcome: 'notApplied' })
  })

  test('no room on the disks of the servers: said at once, and nothing has happened', () => {
    const { world, cluster, client } = setUp()
    let isFull = true
    cluster.refuse = ({ kind }) => (kind === 'clientRequest' && isFull ? 'diskFull' : null)
    const pending = client.request('x')
    world.run(100)
    expect(pending.result?.error).toMatchObject({ code: 'DISK_FULL', outcome: 'notApplied' })
    isFull = false
    const again = client.request('x')
    world.run(100)
    expect(again.result?.error).toBeNull()
  })

  test('past what it takes, operations fail at once and the others go on', () => {
    const { world, client } = setUp({ outstandingMax: 3, outstandingBytesMax: 1000 })
    const pending = ['a', 'b', 'c', 'd'].map((command) => client.request(command))
    world.runUntil(() => pending.every(({ result }) => result !== null))
    expect(pending.map(({ result }) => result?.error?.code ?? 'done')).toEqual([
      'done',
      'done',
      'done',
      'OVERLOADED',
    ])
    const large = [client.request('x'.repeat(900)), client.request('x'.repeat(200))]
    world.runUntil(() => large.every(({ result }) => result !== null))
    expect(large[0]?.result?.error).toBeNull()
    expect(large[1]?.result?.error).toMatchObject({ code: 'OVERLOADED', outcome: 'notApplied' })
    expect(client.core.outstanding).toBe(0)
  })

  test('a client that is closed settles all, and takes nothing more', () => {
    const { world, cluster, client } = setUp()
    cluster.answers = ({ kind }) => kind !== 'clientRequest'
    const sent = client.request('x')
    world.run(50)
    const unsent = client.request('y', { session: true })
    client.core.close()
    expect(sent.result?.error).toMatchObject({ code: 'CLOSED', outcome: 'unknown' })
    expect(unsent.result?.error).toMatchObject({ code: 'CLOSED' })
    const after = client.request('z')
    world.run(2000)
    expect(after.result?.error).toMatchObject({ code: 'CLOSED', outcome: 'notApplied' })
    expect(cluster.executed).not.toContain('z')
  })
})

function bytesOf(value: number): Uint8Array {
  return new Uint8Array([value])
}
