/** Which sending an answer is for. */
import { describe, expect, test } from 'vitest'
import { utf8Decode } from '../../src/base/bytes.ts'
import { Operation, OperationList } from '../../src/client/operation.ts'
import { Requests } from '../../src/client/requests.ts'
import type { ServerLink } from '../../src/client/server-link.ts'
import type { ClientRequestMessage } from '../../src/wire/index.ts'
import { FakeCluster, refusal } from './fake-cluster.ts'
import { type FakeServer, type Respond, World } from './world.ts'

function operation(): Operation {
  const owner = { operationRings: () => {}, abort: () => {} }
  const payload = new Uint8Array(0)
  return new Operation(owner, 1, 'command', payload, '', 'stale', true, 0, 1, () => {})
}

describe('sendings', () => {
  test('the last few are remembered, and none once the operation is settled', () => {
    const requests = new Requests()
    const ids: number[] = []
    const link = {
      inFlight: new OperationList(),
      send: ({ requestId }: ClientRequestMessage) => {
        ids.push(requestId)
        return true
      },
    } as unknown as ServerLink
    const one = operation()
    for (let i = 0; i < 20; i++) {
      requests.send(one, link, i)
      requests.leave(one)
    }
    expect(new Set(ids).size).toBe(20)
    const remembered = ids.filter((id) => requests.find(id) === one)
    expect(remembered).toEqual(ids.slice(-9))
    requests.forget(one)
    expect(ids.filter((id) => requests.find(id) !== null)).toEqual([])
    expect(requests.inFlight).toBe(0)
  })

  test('a refusal of an earlier one does not take back the one that is under way', () => {
    const world = new World()
    const cluster = new FakeCluster(world, ['a:1', 'b:1'])
    const client = world.client(['a:1', 'b:1'], { attemptTimeoutMs: 100 })
    const first = client.request('first')
    world.runUntil(() => first.result !== null)
    const a = cluster.servers[0] as FakeServer
    const b = cluster.servers[1] as FakeServer
    // It speaks of everything but this, and refuses it only when it has been sent again.
    const held: [ClientRequestMessage, Respond][] = []
    const usual = a.handle
    let sendings = 0
    a.handle = (message, respond) => {
      if (message.kind !== 'clientRequest') usual(message, respond)
      else if (sendings++ === 0) held.push([message, respond])
      else world.after(60, () => usual(message, respond))
    }
    const pending = client.request('x')
    for (let i = 1; i < 20; i++) world.after(i * 10, () => client.query('q'))
    world.run(110)
    expect(sendings).toBe(2)
    for (const [message, respond] of held) respond(refusal(message, 'notLeader', null))
    world.runUntil(() => pending.result !== null)
    expect(pending.result?.error === null && utf8Decode(pending.result.response)).toBe('did x')
    expect(sendings).toBe(2)
    expect(b.requests).toEqual([])
  })
})
