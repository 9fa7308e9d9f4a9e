/**
 * The transport and the clock together, under more than they can take: timers go off all the same,
 * and after a pause the inbox comes before the alarm. Judged by counts and order, never by time.
 */
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { NodeClock } from '../../src/transport/index.ts'
import { until } from '../ports/until.ts'
import { type UdpCluster, udpCluster } from './udp-cluster.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function cluster(...given: Parameters<typeof udpCluster>): Promise<UdpCluster> {
  const made = await udpCluster(...given)
  closing.push(made.close)
  return made
}

/** Sends to the port as fast as it can, from a thread of its own, until it is stopped. */
function flood(port: number): void {
  const code = `
    const socket = require('node:dgram').createSocket('udp4')
    const bytes = Buffer.from('flood')
    function burst() {
      for (let i = 0; i < 64; i++) socket.send(bytes, ${port}, '127.0.0.1')
      setImmediate(burst)
    }
    socket.bind(0, '127.0.0.1', burst)`
  const worker = new Worker(code, { eval: true })
  closing.push(() => worker.terminate())
}

test('a flood of datagrams does not starve the timers, nor take more than its share', async () => {
  const share = 8
  const { ids, servers, transport, arrived } = await cluster(['127.0.0.1', '127.0.0.1'], {
    clientDatagramsPerTurnMax: share,
    clientInboxDatagramsMax: 64,
  })
  const [a, b] = ids as [string, string]
  const clock = new NodeClock({ inputCount: () => transport(b).inputCount })
  closing.push(() => clock.cancel())
  flood(servers[1]?.port as number)
  const { counters } = transport(b)
  await until('the flood', () => counters.receiveDroppedFromClients > 1000)

  let most = 0
  let before = arrived(b).length
  let isWatching = true
  const watch = (): void => {
    const taken = arrived(b).slice(before)
    most = Math.max(most, taken.filter(({ source }) => source.kind === 'client').length)
    before += taken.length
    if (isWatching) setImmediate(watch)
  }
  closing.push(() => (isWatching = false))
  watch()

  const receivedAt: number[] = []
  const wake = (): void => {
    receivedAt.push(counters.received)
    transport(a).send(b, Uint8Array.of(receivedAt.length))
    if (receivedAt.length < 20) clock.wakeAt(clock.now() + 1, wake)
  }
  clock.wakeAt(clock.now() + 1, wake)
  await until('twenty alarms', () => receivedAt.length === 20)
  // The flood went on all the while.
  expect(receivedAt[19]).toBeGreaterThan((receivedAt[0] as number) + 19)
  expect(counters.receiveDroppedFromServers).toBe(0)
  // A turn as the inbox counts it may overlap two of ours.
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(2 * share)
})

test('after a pause, all that has waited is taken in before the alarm', async () => {
  const count = 200
  const { ids, transport, arrived } = await cluster(['127.0.0.1', '127.0.0.1'])
  const [a, b] = ids as [string, string]
  const clock = new NodeClock({ inputCount: () => transport(b).inputCount })
  closing.push(() => clock.cancel())
  let arrivedBefore: number | null = null

  const deadline = clock.now() + 5
  clock.wakeAt(deadline, () => {
    arrivedBefore = arrived(b).length
  })
  // Many turns' worth of datagrams are in the socket's buffer before the first of them is read.
  for (let i = 0; i < count; i++) transport(a).send(b, Uint8Array.of(i))
  process.nextTick(() => {
    while (clock.now() < deadline + 50) {
      // The process is held up, as by a long garbage collection.
    }
  })
  await until('the alarm', () => arrivedBefore !== null)
  expect(arrivedBefore).toBe(count)
})

test('the same for one datagram and an alarm that is hardly late', async () => {
  const { ids, transport, arrived } = await cluster(['127.0.0.1', '127.0.0.1'])
  const [a, b] = ids as [string, string]
  const clock = new NodeClock({ inputCount: () => transport(b).inputCount, lateMs: 1e9 })
  closing.push(() => clock.cancel())
  for (let i = 1; i <= 20; i++) {
    let arrivedBefore: number | null = null
    const deadline = clock.now() + 1
    clock.wakeAt(deadline, () => {
      arrivedBefore = arrived(b).length
    })
    transport(a).send(b, Uint8Array.of(i))
    process.nextTick(() => {
      while (clock.now() < deadline + 2) {
        // Until both the datagram and the deadline are there.
      }
    })
    await until('the alarm', () => arrivedBefore !== null)
    expect(arrivedBefore).toBe(i)
  }
})
