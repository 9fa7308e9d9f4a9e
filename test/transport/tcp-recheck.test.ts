/** Connections that were right when they were made, and are not by what is known since. */
import { expect, test } from 'vitest'
import { until } from '../ports/until.ts'
import { connected, deliver, identity, newServer, peerOf, type TcpServer } from './tcp-cluster.ts'

/** Two that speak to each other, of no cluster yet. */
async function acquainted(): Promise<[TcpServer, TcpServer]> {
  const a = await newServer(identity('a', '', 1))
  const b = await newServer(identity('b', '', 2))
  a.begin([b])
  b.begin([a])
  await connected(a, b)
  await deliver(a, b, 'before')
  await deliver(b, a, 'before')
  return [a, b]
}

test('who turns out to have another data directory is sent away, both ways', async () => {
  const [a, b] = await acquainted()
  a.transport.setIncarnation('b', 3)
  await until('both to tell', () => a.refusals.length > 0 && b.refusals.length > 0)
  expect(a.refusals.some(({ code }) => code === 'DATA_LOST')).toBe(true)
  const heard = a.arrivals.length
  b.transport.send('a', Buffer.from('never'))
  await until('more attempts', () => b.transport.counters.refused > 2)
  expect(a.arrivals).toHaveLength(heard)
  expect(a.transport.connectedAs('b')).toBeNull()
  // What was wrong is put right, and nobody waits for long.
  a.transport.setIncarnation('b', 2)
  await deliver(b, a, 'again')
  expect(a.transport.connectedAs('b')).toEqual(b.identity)
})

test('of two that come to belong to different clusters, each sends the other away', async () => {
  const [a, b] = await acquainted()
  a.transport.become({ ...a.identity, clusterId: 'red' })
  await deliver(a, b, 'of red')
  expect(a.refusals).toEqual([])
  b.transport.become({ ...b.identity, clusterId: 'blue' })
  await until('both to tell', () => a.refusals.length > 0 && b.refusals.length > 0)
  expect(a.refusals[0]?.code).toBe('OTHER_CLUSTER')
  const heard = b.arrivals.length
  a.transport.send('b', Buffer.from('never'))
  await until('more attempts', () => a.transport.counters.refused > 2)
  expect(b.arrivals).toHaveLength(heard)
})

test('one that has joined the same cluster stays', async () => {
  const [a, b] = await acquainted()
  for (const one of [a, b]) one.transport.become({ ...one.identity, clusterId: 'red' })
  a.transport.setPeer(peerOf(b, 2))
  await deliver(a, b, 'after')
  expect([a.transport.counters.disconnected, b.transport.counters.disconnected]).toEqual([0, 0])
})
