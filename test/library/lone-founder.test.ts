/** A cluster that one server founded alone, and what becomes of that one when it is emptied. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openAdmin } from '../../src/library/index.ts'
import { secondClusterError } from '../../src/library/lone-founder.ts'
import { makeConfiguration } from '../../src/raft/index.ts'
import { waitFor } from '../harness/waiting.ts'
import { brisk, empty, identityOf, warningsOf } from './identities.ts'
import { value } from './machines.ts'
import { Cluster, type CounterServer } from './servers.ts'

let cluster: Cluster
beforeEach(async () => {
  cluster = await Cluster.start(3, brisk, 1)
})
afterEach(() => cluster.end())

/** The command line that it was founded with. */
const openAlone = (): Promise<CounterServer> =>
  cluster.open('a', { ...brisk, servers: { a: cluster.addresses['a'] as string } })

async function joinBoth(): Promise<[CounterServer, CounterServer]> {
  const b = await cluster.open('b', { ...brisk, join: true })
  const c = await cluster.open('c', { ...brisk, join: true })
  const admin = openAdmin({ servers: cluster.addresses })
  try {
    for (const id of ['b', 'c']) await admin.addServer(id, cluster.addresses[id] as string)
  } finally {
    await admin.close()
  }
  return [b, c]
}

/** Of a server that has stopped by itself. */
function failureOf(server: CounterServer): Promise<Error> {
  return new Promise((resolve) => server.on('error', resolve))
}

const lost = (what: string): RegExp =>
  new RegExp(
    '^server [bc] of cluster \\w{16} knows server a as a member with another data directory than ' +
      `this one: that was emptied, or is not in its place; ${what}; this server stops; ` +
      'remove it from the cluster \\(kontiki member remove a\\), start it on an empty directory ' +
      'to join, and add it again \\(kontiki member add a=127\\.0\\.0\\.1:\\d+\\)$',
  )

test('it founds nothing again where the others are there', async () => {
  const first = cluster.running.get('a') as CounterServer
  const told = warningsOf(first)
  await waitFor('it to be told', () => told.length > 0)
  expect(told[0]).toMatch(/^WAITING server a is to found a cluster of a alone, and listens /)
  expect(await first.propose({ add: 1 })).toBe(1)
  const [b] = await joinBoth()
  await cluster.close('a')
  empty(cluster, 'a')
  // Each start of it, as by a supervisor, comes to the same.
  for (let i = 0; i < 2; i++) {
    const again = await openAlone()
    const failure = failureOf(again)
    expect(identityOf(again)).toMatchObject({ standing: 'founding', clusterId: null })
    const answer = again.propose({ add: 100 }).catch((error: Error) => error.message)
    expect((await failure).message).toMatch(lost('nothing is founded'))
    expect(await answer).toMatch(/server a has failed: server [bc] of cluster/)
    await again.close()
    expect(existsSync(join(cluster.directory, 'a', 'cluster.json'))).toBe(false)
  }
  expect(await b.propose({ add: 1 })).toBe(2)
})

test('where they were not, it stops when one of them comes, and at each later start', async () => {
  await (cluster.running.get('a') as CounterServer).propose({ add: 1 })
  const [before] = await joinBoth()
  const { clusterId } = identityOf(before)
  for (const id of ['a', 'b', 'c']) await cluster.close(id)
  empty(cluster, 'a')
  const again = await openAlone()
  const failure = failureOf(again)
  expect(await again.propose({ add: 100 })).toBe(100)
  const second = identityOf(again).clusterId
  expect(second).not.toBe(clusterId)
  const b = await cluster.open('b', brisk)
  const stopped = lost(
    `what it has as cluster ${second}, which it founded alone, is not in that one`,
  )
  expect((await failure).message).toMatch(stopped)
  await again.close()
  expect((await failureOf(await openAlone())).message).toMatch(stopped)
  // The first one is as it was, and its second server is all that it needs.
  await cluster.open('c', brisk)
  expect(await b.query(value)).toBe(1)
})

test('one that others have been added to is left alone: it is wanted', () => {
  const refusal = {
    ...({ by: 'us', peer: 'b', remote: 'h:2', code: 'OTHER_CLUSTER', text: '' } as const),
    formerCluster: 'x',
  }
  const errorIn = (...voters: string[]): Error | null =>
    secondClusterError(refusal, {
      ...{ id: 'a', address: 'h:1', founded: 'y' },
      configuration: makeConfiguration(voters, null, [], new Map()),
    })
  expect(errorIn('a')?.message).toContain('server b of cluster x knows server a')
  expect(errorIn('a', 'd')).toBe(null)
})
