/**
 * Servers that have their name and their incarnation, and yet are not what they were: a directory
 * that was put back from an older copy, one that runs twice, and a second server of one name.
 */
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openServer } from '../../src/library/index.ts'
import { freePorts } from '../harness/free-ports.ts'
import { waitFor } from '../harness/waiting.ts'
import { brisk, identityOf, servers, warningsOf } from './identities.ts'
import { Counter } from './machines.ts'
import { Cluster, type CounterServer } from './servers.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

/** Three servers, the leader, one that follows, and the third. */
async function start(): Promise<[Cluster, CounterServer, CounterServer, CounterServer]> {
  const cluster = await Cluster.start(3, brisk)
  opened.push({ close: () => cluster.end() })
  const leader = await cluster.leader()
  await leader.propose({ add: 1 })
  await haveAll(cluster, leader)
  const [one, other] = servers(cluster).filter((server) => server !== leader)
  return [cluster, leader, one as CounterServer, other as CounterServer]
}

/** Nothing is on its way to any disk any more. */
async function haveAll(cluster: Cluster, leader: CounterServer): Promise<void> {
  await waitFor('all to have it', () =>
    servers(cluster).every((one) => one.status().commitIndex === leader.status().lastLogIndex),
  )
}

/** A copy of what stands in the directory now; nothing is being written there. */
function copyOf(cluster: Cluster, id: string): string {
  const copy = join(cluster.directory, `${id}-copy`)
  const from = join(cluster.directory, id)
  cpSync(from, copy, { recursive: true, filter: (name) => !name.includes('/lock.') })
  return copy
}

function putBack(cluster: Cluster, id: string, copy: string): void {
  rmSync(join(cluster.directory, id), { recursive: true })
  cpSync(copy, join(cluster.directory, id), { recursive: true })
}

/** Another process with the name, elsewhere. */
async function openBeside(
  cluster: Cluster,
  id: string,
  dataDir: string,
  more: { readonly join?: boolean } = {},
): Promise<CounterServer> {
  const [port] = await freePorts(1)
  const server: CounterServer = await openServer({
    ...brisk,
    ...more,
    id,
    servers: { ...cluster.addresses, [id]: `127.0.0.1:${port}` },
    dataDir,
    segmentBytes: 64 * 1024,
    stateMachine: new Counter(),
  })
  opened.push(server)
  return server
}

const rejoin = /kontiki member remove \w\), start it on an empty directory to join, and add it/

describe('a directory that was put back from an older copy', () => {
  test('is told apart by what it had promised, and takes no part', async () => {
    const [cluster, leader, follower, third] = await start()
    const { id } = follower
    const copy = copyOf(cluster, id)
    for (let i = 0; i < 5; i++) await leader.propose({ add: 1 })
    await haveAll(cluster, leader)
    const promised = follower.status().lastLogIndex
    await cluster.close(id)
    putBack(cluster, id, copy)
    const told = warningsOf(leader)
    const back = await cluster.open(id, brisk)
    const itself = warningsOf(back)
    await waitFor('both to tell', () => told.length > 0 && itself.length > 0)
    const what = `${id} has promised entries through ${promised}, and its log ends with`
    expect(told[0]).toContain(`DATA_OLD server ${id} has been put back from an older copy`)
    expect(told[0]).toContain(what)
    expect(told[0]).toMatch(rejoin)
    expect(itself[0]).toMatch(/^DATA_LOST server \w knows that this data directory was put back/)
    expect(itself[0]).toContain(what)
    expect(identityOf(back).refusals.join()).toMatch(rejoin)
    expect(identityOf(leader).refusals.join()).toContain(what)
    // The third has nothing against it. With its help there would be a majority without the leader.
    const { votedFor, term } = back.status()
    await cluster.close(leader.id)
    await expect(third.propose({ add: 1 }, { timeoutMs: 1500 })).rejects.toThrow()
    expect(back.status()).toMatchObject({ votedFor, term })
    expect(third.status().role).not.toBe('leader')
  })

  test('is told apart by its starts, where it had promised no more', async () => {
    const [cluster, leader, follower] = await start()
    const { id } = follower
    await cluster.close(id)
    const copy = copyOf(cluster, id)
    await cluster.open(id, brisk)
    await haveAll(cluster, leader)
    await cluster.close(id)
    putBack(cluster, id, copy)
    const told = warningsOf(leader)
    const back = await cluster.open(id, brisk)
    await waitFor('both to say so', () => told.length > 0 && identityOf(back).refusals.length > 0)
    expect(told[0]).toMatch(/^OTHER_COPY .* has been started with two copies of one data directory/)
    expect(identityOf(back).refusals[0]).toMatch(rejoin)
  })

  test('and one that has all that it had is as welcome as ever, however often', async () => {
    const [cluster, leader, follower, third] = await start()
    const told = [leader, third].map(warningsOf)
    for (let i = 0; i < 3; i++) {
      await cluster.close(follower.id)
      await leader.propose({ add: 1 })
      await cluster.open(follower.id, brisk)
      await haveAll(cluster, leader)
    }
    expect(told.flat()).toEqual([])
  })
})

test('of two copies of one directory that run at once, one alone is heard', async () => {
  const [cluster, leader, follower] = await start()
  const copy = copyOf(cluster, follower.id)
  const second = await openBeside(cluster, follower.id, copy)
  await waitFor('one to be told', () => {
    return [follower, second].some((one) => identityOf(one).refusals.length > 0)
  })
  expect(identityOf(follower).refusals.join()).toContain('two copies of one data directory')
  expect(identityOf(leader).refusals.join()).toContain('stop this one')
  expect(identityOf(second).refusals).toEqual([])
})

test('a second server of a name is sent away, and the one that runs is left alone', async () => {
  const [cluster, leader, follower] = await start()
  const { id } = follower
  const told = [leader, follower].map(warningsOf)
  const second = await openBeside(cluster, id, join(cluster.directory, 'second'), { join: true })
  await waitFor('both to tell', () => {
    return told[0]?.some((line) => line.startsWith('NAME_TAKEN')) && warned(second)
  })
  const runs = `${id} runs with the data directory that it has promised with`
  const all = [...(told[0] ?? []), ...identityOf(second).refusals].join('\n')
  expect(all).toContain(`${runs}; the one of that name at 127.0.0.1:`)
  expect(all).toContain(`does not let this one in: ${runs}; stop this one`)
  expect(all).not.toContain('member remove')
  expect(told[1]).toEqual([])
  expect(await follower.propose({ add: 1 })).toBe(2)
})

function warned(server: CounterServer): boolean {
  return identityOf(server).refusals.some((line) => line.includes('does not let this one in'))
}
