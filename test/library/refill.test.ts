/** A server whose log is damaged, and that is filled again by the others, in its own directory. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { waitFor } from '../harness/waiting.ts'
import { brisk, identityOf, servers, warningsOf } from './identities.ts'
import { value } from './machines.ts'
import { Cluster, type CounterServer } from './servers.ts'

const opened: Cluster[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((cluster) => cluster.end()))
})

const settings = { ...brisk, segmentBytes: 16 * 1024 }

/** Three servers with so much in their logs; one that does not lead is closed. */
async function start(more: object, commands: number): Promise<[Cluster, CounterServer, string]> {
  const cluster = await Cluster.start(3, { ...settings, ...more })
  opened.push(cluster)
  const leader = await cluster.leader()
  await Promise.all(Array.from({ length: commands }, () => leader.propose({ add: 1 })))
  await waitFor('all to have it', () =>
    servers(cluster).every((one) => one.status().commitIndex === leader.status().lastLogIndex),
  )
  const { id } = servers(cluster).find((server) => server !== leader) as CounterServer
  return [cluster, leader, id]
}

/** A bit of it turns, where something stands. */
function damage(cluster: Cluster, id: string, end: string): string {
  const directory = join(cluster.directory, id)
  const name = readdirSync(directory)
    .sort()
    .find((one) => one.endsWith(end)) as string
  const bytes = readFileSync(join(directory, name))
  bytes[560] = (bytes[560] as number) ^ 4
  writeFileSync(join(directory, name), bytes)
  return name
}

describe('a server whose log is damaged', () => {
  test.each([
    ['by entries', '.log', {}],
    ['by a snapshot', '.snap', { snapshots: { logBytesMin: 4000 }, raft: shortLog() }],
  ])('is filled again %s, where it is told to be', async (_, end, more) => {
    const [cluster, leader, id] = await start(more, 200)
    const directory = join(cluster.directory, id)
    if (end === '.snap') {
      await waitFor('a snapshot', () => readdirSync(directory).some((name) => name.endsWith(end)))
    }
    await cluster.close(id)
    const name = damage(cluster, id, end)
    const all = { ...settings, ...more }
    await expect(cluster.open(id, all)).rejects.toThrow(
      new RegExp(`/${name} at offset \\d+: .*with the option refill`),
    )
    const back = await cluster.open(id, { ...all, refill: true })
    const told = [back, leader].map(warningsOf)
    await waitFor('it to be whole', () => {
      return back.status().commitIndex >= 200 && identityOf(back).waiting === null
    })
    expect(told[0]?.[0]).toMatch(new RegExp(`^REFILL the log is given up, .*/${name} at offset`))
    expect(told[1]).toEqual([])
    expect(identityOf(back)).toMatchObject({ standing: 'member', refusals: [] })
    // It counts: with another one gone nothing is decided without it, nor anybody elected.
    const other = servers(cluster).find((one) => one !== back && one !== leader) as CounterServer
    await cluster.close(other.id)
    expect(await back.propose({ add: 1 })).toBe(201)
    await cluster.close(id)
    const again = await cluster.open(id, all)
    expect(await again.query(value)).toBe(201)
  })

  test('does not vote before it is filled, and says what it waits for', async () => {
    const [cluster, leader, id] = await start({}, 100)
    const other = servers(cluster).find((one) => one.id !== id && one !== leader) as CounterServer
    await cluster.close(id)
    damage(cluster, id, '.log')
    await cluster.close(leader.id)
    // Without its vote nobody is elected, and so it is not filled: what it has lost may be lost.
    const back = await cluster.open(id, { ...settings, refill: true })
    const waiting = `server ${id} is filled again by the others, and does not vote until it is`
    expect(identityOf(back).waiting).toBe(waiting)
    await expect(other.propose({ add: 1 }, { timeoutMs: 1500 })).rejects.toThrow()
    expect(back.status()).toMatchObject({ votedFor: null, lastLogIndex: 0 })
    await cluster.open(leader.id, settings)
    await waitFor('it to be filled', () => identityOf(back).waiting === null)
    expect(await back.propose({ add: 1 })).toBe(101)
  })
})

function shortLog(): object {
  return { ...brisk.raft, trailingEntriesMax: 10 }
}
