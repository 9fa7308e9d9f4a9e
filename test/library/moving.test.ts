/** Servers that are found elsewhere than before, over TCP: all of them at once, or one. */
import { afterEach, describe, expect, test } from 'vitest'
import { freePorts } from '../harness/free-ports.ts'
import { waitFor } from '../harness/waiting.ts'
import { value } from './machines.ts'
import { Cluster, type CounterServer } from './servers.ts'

let cluster: Cluster

afterEach(() => cluster.end())

/** Elections that do not keep the tests waiting. */
const brisk = {
  raft: { electionTimeoutMinMs: 200, electionTimeoutMaxMs: 400, heartbeatIntervalMs: 40 },
}

function servers(of: Cluster): CounterServer[] {
  return [...of.running.values()]
}

describe('addresses change', () => {
  async function moved(cluster: Cluster, ids: readonly string[]): Promise<Record<string, string>> {
    const ports = await freePorts(ids.length)
    const places = ids.map((id, i) => [id, `127.0.0.1:${ports[i]}`])
    return { ...cluster.addresses, ...Object.fromEntries(places) }
  }

  test('of all servers at once, by a restart with the new ones', async () => {
    cluster = await Cluster.start(3, brisk)
    await (servers(cluster)[0] as CounterServer).propose({ add: 1 })
    const ids = Object.keys(cluster.addresses)
    for (const id of ids) await cluster.close(id)
    const list = await moved(cluster, ids)
    await Promise.all(ids.map((id) => cluster.open(id, { ...brisk, servers: list })))
    for (const server of servers(cluster)) expect(await server.query(value)).toBe(1)
    const leader = await cluster.leader()
    const follower = servers(cluster).find((server) => server !== leader) as CounterServer
    await waitFor('the new address to be told', () => {
      return follower.status().leaderAddress === list[leader.id]
    })
  })

  test('of one of them, while the others go on', async () => {
    cluster = await Cluster.start(3, brisk)
    const [a] = servers(cluster) as [CounterServer]
    await a.propose({ add: 1 })
    await cluster.close('c')
    const list = await moved(cluster, ['c'])
    const c = await cluster.open('c', { ...brisk, servers: list })
    // It hears, so it is reached at its new address.
    expect(await a.propose({ add: 1 })).toBe(2)
    await waitFor('it to have all', () => cluster.machines.get('c')?.value === 2)
    await cluster.close('b')
    expect(await c.propose({ add: 1 })).toBe(3)
  })
})
