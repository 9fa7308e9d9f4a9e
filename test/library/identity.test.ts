/**
 * Who is who, over TCP and with directories: how clusters begin, and what becomes of servers that
 * have lost their data, or belong elsewhere.
 */
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openAdmin, openServer } from '../../src/library/index.ts'
import { waitFor } from '../harness/waiting.ts'
import { brisk, empty, identityOf, servers, warningsOf } from './identities.ts'
import { Counter, value } from './machines.ts'
import { Cluster, type CounterServer } from './servers.ts'

const opened: Cluster[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((cluster) => cluster.end()))
})

async function start(count: number, members = count): Promise<Cluster> {
  const cluster = await Cluster.start(count, brisk, members)
  opened.push(cluster)
  return cluster
}

describe('a cluster begins', () => {
  test('when all of its servers are there, and nobody votes before', async () => {
    const cluster = await start(3, 0)
    const a = await cluster.open('a', brisk)
    const told = warningsOf(a)
    const waiting = 'server a is to found a cluster of a, b, c, and waits for b, c'
    await waitFor('it to be told', () => told.length > 0)
    expect(told).toEqual([`WAITING ${waiting}`])
    const b = await cluster.open('b', brisk)
    await waitFor('them to meet', () => identityOf(a).waiting?.endsWith('waits for c'))
    for (const server of [a, b]) {
      expect(identityOf(server)).toMatchObject({ clusterId: null, standing: 'founding' })
      expect(server.status()).toMatchObject({ term: 0, role: 'follower', votedFor: null })
    }
    // A majority is there; who asks is told why nothing happens.
    await expect(a.propose({ add: 1 }, { timeoutMs: 400 })).rejects.toThrow('and waits for c')
    await cluster.open('c', brisk)
    expect(await a.propose({ add: 1 })).toBe(1)
    const ids = servers(cluster).map((server) => identityOf(server).clusterId)
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(identityOf(b)).toMatchObject({ standing: 'member', waiting: null, refusals: [] })
  })

  test('once: afterwards a majority is enough, and the id stays', async () => {
    const cluster = await start(3)
    const [a, b] = servers(cluster) as [CounterServer, CounterServer]
    expect(await a.propose({ add: 1 })).toBe(1)
    const before = [a, b].map(identityOf)
    for (const id of ['a', 'b', 'c']) await cluster.close(id)
    const again = await cluster.open('a', { ...brisk, bootstrap: false })
    expect(await (await cluster.open('b', brisk)).propose({ add: 1 })).toBe(2)
    expect(identityOf(again)).toMatchObject({
      clusterId: before[0]?.clusterId,
      incarnation: before[0]?.incarnation,
      standing: 'member',
    })
    expect(before[0]?.incarnation).not.toBe(before[1]?.incarnation)
  })

  test('under the name that it is given', async () => {
    const cluster = await Cluster.start(3, { ...brisk, clusterId: 'orders' })
    opened.push(cluster)
    const [a] = servers(cluster) as [CounterServer]
    await a.propose({ add: 1 })
    expect(identityOf(a).clusterId).toBe('orders')
    await cluster.close('a')
    const wrong = cluster.open('a', { ...brisk, clusterId: 'customers' })
    await expect(wrong).rejects.toThrow('clusterId must be that of')
    await cluster.open('a', { ...brisk, clusterId: 'orders' })
  })

  test('never by itself: an empty directory needs a word', async () => {
    const cluster = await start(1, 0)
    const neither = cluster.open('a', { bootstrap: false })
    await expect(neither).rejects.toThrow(/^bootstrap or join must be given, .*a is empty: /)
    expect(readdirSync(cluster.directory)).toEqual([])
    const both = cluster.open('a', { bootstrap: true, join: true })
    await expect(both).rejects.toThrow('join must not be set together with bootstrap')
    const a = await cluster.open('a', { bootstrap: true })
    expect(await a.propose({ add: 1 })).toBe(1)
  })

  test('not with servers of another list', async () => {
    const cluster = await start(3, 2)
    const [a] = servers(cluster) as [CounterServer]
    await a.propose({ add: 1 })
    const told = warningsOf(a)
    const c = await cluster.open('c', brisk)
    await waitFor(
      'the strangers to tell',
      () => identityOf(c).refusals.length > 0 && told.length > 0,
    )
    expect(identityOf(c).refusals.join('\n')).toContain(
      `belongs to cluster ${identityOf(a).clusterId}, and c is to found one`,
    )
    expect(told[0]).toMatch(/^OTHER_CLUSTER server c is not /)
    expect(c.status()).toMatchObject({ term: 0, cluster: { standing: 'founding' } })
  })

  test('not with one that is to join it', async () => {
    const cluster = await start(2, 0)
    const a = await cluster.open('a', brisk)
    const told = warningsOf(a)
    await cluster.open('b', { ...brisk, join: true })
    await waitFor('it to be told', () => told.some((line) => line.includes('b is to join one')))
    expect(identityOf(a)).toMatchObject({ standing: 'founding', clusterId: null })
  })
})

describe('a server whose directory was emptied', () => {
  test.each(['bootstrap', 'join'] as const)(
    'says so, does not vote, and is whole again: %s',
    async (how) => {
      const cluster = await start(3)
      const [a, , c] = servers(cluster) as [CounterServer, CounterServer, CounterServer]
      expect(await a.propose({ add: 1 })).toBe(1)
      await waitFor('all to have it', () =>
        servers(cluster).every((one) => one.status().lastApplied > 1),
      )
      await cluster.close('b')
      empty(cluster, 'b')
      const others = [a, c].map(warningsOf)
      const settings = how === 'join' ? { ...brisk, join: true } : brisk
      let b = await cluster.open('b', settings)
      const told = warningsOf(b)
      const parts: string[] = []
      b.on('removed', () => parts.push('removed'))
      b.on('added', () => parts.push('added'))
      await waitFor('all to say so', () =>
        [told, ...others].every((lines) => {
          return lines.some((line) => line.startsWith('DATA_LOST'))
        }),
      )
      const lost = 'what it had promised is lost here, and it neither votes nor acknowledges'
      expect(identityOf(b).refusals.join('\n')).toContain(lost)
      expect(told.join('\n')).toContain('kontiki member remove b')
      // With it there would be a majority: nobody is elected by its help, and nothing committed.
      await cluster.close('c')
      const { commitIndex } = a.status()
      await expect(a.propose({ add: 10 }, { timeoutMs: 1500 })).rejects.toThrow()
      expect(b.status()).toMatchObject({ votedFor: null, lastLogIndex: 0, term: 0 })
      expect(a.status().commitIndex).toBe(commitIndex)
      await cluster.open('c', brisk)
      // The way back that was told.
      const admin = openAdmin({ servers: cluster.addresses })
      try {
        await admin.removeServer('b')
        if (how === 'join') {
          // It is nobody's voter any more, and is spoken to; it waits to be added.
          await waitFor('it to be let in', () => identityOf(b).standing === 'member')
          // Whoever had not heard of its removal yet may tell it the log in which that stands: of
          // the one that had its name before.
          expect(b.status().part).toBe('joining')
        }
        if (how === 'bootstrap') {
          await cluster.close('b')
          b = await cluster.open('b', { ...brisk, join: true })
          b.on('added', () => parts.push('added'))
        }
        await admin.addServer('b', cluster.addresses['b'] as string)
      } finally {
        await admin.close()
      }
      expect(b.status()).toMatchObject({ part: 'voter' })
      expect(parts).toEqual(['added'])
      const { clusterId } = identityOf(a)
      expect(identityOf(b)).toMatchObject({ clusterId, standing: 'member' })
      await waitFor('all to speak to it', () => identityOf(b).refusals.length === 0)
      const before = (await a.query(value)) as number
      await cluster.close('c')
      expect(await b.propose({ add: 1 })).toBe(before + 1)
      // What it has now is known, in its turn.
      await cluster.open('c', brisk)
      await cluster.close('b')
      empty(cluster, 'b')
      b = await cluster.open('b', { ...brisk, join: true })
      await waitFor('it to be told apart again', () => {
        return identityOf(b).refusals.some((line) => line.includes(lost))
      })
    },
  )

  test('only of its log is not opened at all', async () => {
    const cluster = await start(1)
    await (servers(cluster)[0] as CounterServer).propose({ add: 1 })
    await cluster.close('a')
    const directory = join(cluster.directory, 'a')
    const keep = join(cluster.directory, 'kept.json')
    cpSync(join(directory, 'cluster.json'), keep)
    empty(cluster, 'a')
    await cluster.open('a', { ...brisk, bootstrap: true })
    await cluster.close('a')
    cpSync(keep, join(directory, 'cluster.json'))
    await expect(cluster.open('a', brisk)).rejects.toThrow(/has lost the log that this server took/)
    empty(cluster, 'a')
    cpSync(keep, join(directory, 'cluster.json'))
    await expect(cluster.open('a', brisk)).rejects.toThrow(/identity\.json .*is missing/)
  })

  test('of what says to which cluster its log belongs is not opened either', async () => {
    const cluster = await start(1)
    await (servers(cluster)[0] as CounterServer).propose({ add: 1 })
    await cluster.close('a')
    rmSync(join(cluster.directory, 'a', 'cluster.json'))
    await expect(cluster.open('a', brisk)).rejects.toThrow('has a log, and no cluster.json')
  })
})

test('servers in memory that come back are not taken for what they were', async () => {
  const cluster = await start(3, 0)
  const memory = { ...brisk, dataDir: undefined, storage: 'memory' } as const
  const open = (id: string): Promise<CounterServer> =>
    cluster.open(id, memory as unknown as Parameters<Cluster['open']>[1])
  const [a] = (await Promise.all(['a', 'b', 'c'].map(open))) as [CounterServer]
  await a.propose({ add: 1 })
  await cluster.close('c')
  const c = await open('c')
  await waitFor('it to be refused', () => identityOf(c).refusals.length > 0)
  expect(identityOf(c).standing).toBe('founding')
})

test('a directory of another cluster is told apart, though all names are the same', async () => {
  const cluster = await start(3)
  const [a] = servers(cluster) as [CounterServer]
  await a.propose({ add: 1 })
  const other = await start(3)
  await (servers(other)[0] as CounterServer).propose({ add: 5 })
  await other.close('c')
  await cluster.close('c')
  const dataDir = join(other.directory, 'c')
  const c = await openServer({
    id: 'c',
    servers: cluster.addresses,
    dataDir,
    stateMachine: new Counter(),
    ...brisk,
  })
  try {
    const told = warningsOf(c as unknown as CounterServer)
    await waitFor('it to be told', () => told.length > 0)
    expect(told[0]).toMatch(/^OTHER_CLUSTER .*cluster [0-9a-f]{16} is not ours/)
    expect(await a.propose({ add: 1 })).toBe(2)
  } finally {
    await c.close()
  }
})
