/** A server under a rain of datagrams that say nothing it should believe (C10). */
import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  appendEntriesAccepted,
  appendEntriesRefused,
  appendEntriesRequest,
  entry,
  requestVoteRequest,
  requestVoteResponse,
} from '../../src/raft/index.ts'
import { decodeDatagram, encodeMessage } from '../../src/wire/index.ts'
import { type Cluster, hosts, withCluster } from '../harness/cluster.ts'
import { waitFor } from '../harness/waiting.ts'

const datagramCount = 100_000
const burst = 100

/** Messages that would depose a leader or rewrite a log, did they come from a server. */
function believable(from: string, to: string): Uint8Array[] {
  const command = new TextEncoder().encode('forged')
  const request = appendEntriesRequest(from, to, 99, 0, 0, [entry(1, 99, 'command', command)], 1, 7)
  return [
    request,
    appendEntriesRequest(from, to, 100, 5, 99, [], 5, 0),
    appendEntriesAccepted({ from: to, to: from, requestId: 3 }, 1, 4),
    appendEntriesRefused({ from: to, to: from, requestId: 3 }, 2 ** 40, 4, 1),
    requestVoteRequest(from, to, 1000, 50, 99, 1),
    requestVoteResponse({ from: to, to: from, requestId: 1 }, 1, true),
  ].map(encodeMessage)
}

function mutated(random: Random, datagram: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(datagram)
  switch (random.integer(0, 4)) {
    case 0:
      return bytes
    case 1:
      return bytes.subarray(0, random.integer(0, bytes.length))
    case 2:
      return Uint8Array.from([...bytes, ...noise(random, 20)])
    default:
      for (let n = random.integer(1, 4); n > 0; n--) {
        bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
      }
      return bytes
  }
}

function noise(random: Random, bytesMax: number): Uint8Array {
  return Uint8Array.from({ length: random.integer(0, bytesMax) }, () => random.integer(0, 255))
}

/** Sends them from an address that is no server's, with commands in between. */
async function rain(cluster: Cluster, target: number, other: number): Promise<string[]> {
  const random = new Random('hostile')
  const originals = believable(cluster.id(other), cluster.id(target))
  const socket = createSocket('udp4')
  const commands: string[] = []
  for (let sent = 0; sent < datagramCount; ) {
    for (let n = 0; n < burst; n++, sent++) {
      const bytes = random.chance(0.2)
        ? noise(random, 200)
        : mutated(random, random.pick(originals))
      // What happens to be a command is one: a client may send it.
      if (decodeDatagram(bytes, null, cluster.id(target)).kind !== 'command') {
        socket.send(bytes, cluster.ports[target] as number, '127.0.0.1')
      }
    }
    if (sent % 5000 === 0) {
      commands.push(`while-it-rains-${sent}`)
      cluster.send(other, commands.at(-1) as string)
    }
    await delay(1)
  }
  await new Promise<void>((closed) => socket.close(() => closed()))
  return commands
}

test('100,000 random and mutated datagrams change nothing, and are counted', async () => {
  const args = ['--election-timeout-ms', '3000-5000', '--heartbeat-ms', '100']
  await withCluster({ hosts: hosts(3), args }, async (cluster) => {
    await cluster.start()
    const target = await cluster.leader()
    const other = (target + 1) % 3
    await cluster.commit('before', other)
    const fields = ['state', 'currentTerm', 'votedFor', 'leaderId'] as const
    const before = await cluster.print(target)
    const [commands] = await Promise.all([
      rain(cluster, target, other),
      cluster.commit('meanwhile', other),
    ])
    await cluster.commit('after', other)
    const written = await cluster.agreement((all) => all.includes('after'))
    // A full socket may lose commands with the rest; nobody else's are among them.
    const sent = new Set(['before', 'meanwhile', ...commands, 'after'])
    expect(written.filter((command) => !sent.has(command))).toEqual([])
    const after = await cluster.print(target)
    for (const field of fields)
      expect([field, after.get(field)]).toEqual([field, before.get(field)])
    await waitFor('every datagram that came is accounted for', async () => {
      const counters = await cluster.counters(target)
      const of = (name: string): number => counters.get(name) ?? Number.NaN
      const invalid = [...counters].filter(([name]) => name.startsWith('invalid.'))
      const dropped = invalid.reduce((sum, [, count]) => sum + count, 0)
      const arrived = of('udp.receivedFromClients')
      expect(of('invalid.malformed')).toBeGreaterThan(1000)
      expect(of('invalid.notFromServer')).toBeGreaterThan(1000)
      return (
        arrived === dropped + of('commandsFromClients') + of('udp.receiveDroppedFromClients') &&
        arrived > datagramCount / 10
      )
    })
  })
})
