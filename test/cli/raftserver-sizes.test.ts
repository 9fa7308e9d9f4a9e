/** Clusters of other sizes than three, and of servers on several addresses (C4, C5). */

import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { expect, test } from 'vitest'
import { hosts, withCluster } from '../harness/cluster.ts'
import { waitFor } from '../harness/waiting.ts'

function names(prefix: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}\n`).join('')
}

test('of four servers one may be missing, and with two missing nothing is committed', async () => {
  await withCluster({ hosts: hosts(4) }, async (cluster) => {
    await cluster.start()
    await cluster.leader()
    await cluster.client(0, names('all', 100))
    await cluster.commit('four')
    await cluster.kill(1)
    await cluster.leader()
    await cluster.commit('three')
    await cluster.kill(2)
    const before = cluster.logFile(0)
    for (const i of [0, 3]) cluster.send(i, 'two')
    // A leader that hears from no majority steps down: from then on it could not have committed.
    await waitFor('nobody leads', async () => {
      const states = [await cluster.print(0), await cluster.print(3)].map((one) => one.get('state'))
      return !states.includes('leader')
    })
    expect(cluster.logFile(0)).toBe(before)
    expect(cluster.logFile(3)).toBe(before)
    await cluster.start(1)
    await cluster.commit('three-again')
    await cluster.start(2)
    await cluster.agreement((commands) => commands.includes('three-again'))
  })
})

test('ten servers agree, also after four of them were killed and came back', async () => {
  const args = ['--election-timeout-ms', '800-1600', '--heartbeat-ms', '100']
  await withCluster({ hosts: hosts(10), args }, async (cluster) => {
    await cluster.start()
    const leader = await cluster.leader()
    await Promise.all([1, 4, 7].map((i) => cluster.client(i, names(`client${i}`, 100))))
    await cluster.commit('ten')
    const killed = [leader, ...[0, 1, 2, 3].filter((i) => i !== leader).slice(0, 3)]
    await cluster.kill(...killed)
    await cluster.commit('six')
    await cluster.start(...killed)
    await cluster.commit('ten-again')
    const commands = await cluster.agreement((written) => written.includes('ten-again'))
    expect(commands).toContain('six')
    expect(new Set(commands).size).toBeGreaterThan(200)
  })
})

test('127.0.0.1, 127.0.0.2, localhost and ::1 are in one cluster', async () => {
  const mixed = ['127.0.0.1', '127.0.0.2', 'localhost', (await hasIPv6()) ? '[::1]' : '127.0.0.3']
  await withCluster({ hosts: mixed }, async (cluster) => {
    await cluster.start()
    await cluster.leader()
    for (const [i] of mixed.entries()) {
      expect(await cluster.client(i, `to-${i}\n`)).toMatchObject({ status: 0, errors: [] })
      await cluster.commit(`through-${i}`, i)
    }
    await cluster.agreement((commands) => commands.includes(`through-${mixed.length - 1}`))
    // Each of them is heard under its name: any may be the leader.
    const printed = await Promise.all(mixed.map((_, i) => cluster.print(i)))
    expect(new Set(printed.map((fields) => fields.get('leaderId'))).size).toBe(1)
  })
})

/** Whether this machine has ::1, and calls it localhost too or not at all. */
async function hasIPv6(): Promise<boolean> {
  const canBind = await new Promise<boolean>((told) => {
    const socket = createSocket('udp6')
    socket.once('error', () => told(false))
    socket.bind(0, '::1', () => socket.close(() => told(true)))
  })
  return canBind && (await lookup('localhost', { all: true })).length > 0
}
