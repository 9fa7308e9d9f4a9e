/** Servers that come in anew under a name that others know by another directory. */
import { afterEach, expect, test } from 'vitest'
import { openAdmin } from '../../src/library/index.ts'
import { waitFor } from '../harness/waiting.ts'
import { brisk, empty, servers, warningsOf } from './identities.ts'
import { Cluster, type CounterServer } from './servers.ts'

const opened: Cluster[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((cluster) => cluster.end()))
})

test('who was away while another came in anew is led by that one', async () => {
  const cluster = await Cluster.start(4, brisk)
  opened.push(cluster)
  const [a] = servers(cluster) as [CounterServer]
  expect(await a.propose({ add: 1 })).toBe(1)
  await cluster.close('a')
  const admin = openAdmin({ servers: cluster.addresses })
  try {
    await admin.removeServer('b')
    await cluster.close('b')
    empty(cluster, 'b')
    await cluster.open('b', { ...brisk, join: true })
    await admin.addServer('b', cluster.addresses['b'] as string)
    await admin.transferLeadership('b')
  } finally {
    await admin.close()
  }
  const b = cluster.running.get('b') as CounterServer
  const back = await cluster.open('a', brisk)
  const told = [back, b].map(warningsOf)
  await waitFor('it to be brought up to date', () => {
    const { lastApplied, leaderId } = back.status()
    return leaderId === 'b' && lastApplied >= b.status().commitIndex
  })
  expect(b.status().role).toBe('leader')
  expect(told.flat()).toEqual([])
  // Its vote and its acknowledgement count for that one: with c there are just three of four.
  await cluster.close('d')
  expect(await back.propose({ add: 1 })).toBe(2)
})
