/**
 * A large state and a server that has none of it: three `kontiki serve` processes of which the third
 * is added when the others hold it all, and is sent a snapshot while writes go on.
 */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bytesCodecs, KeyValueStore, openAdmin, openClient } from '../dist/library/index.js'
import { freePorts, makeDirectory } from './load/group.mjs'
import { summaryOf } from './load/histogram.mjs'

const program = fileURLToPath(new URL('../bin/kontiki.js', import.meta.url))
const stateMiB = Number(process.env.KONTIKI_BENCH_STATE_MIB ?? 200)
const valueBytes = 16 * 1024
const loaders = 16
const writers = 8

export const about =
  `a server without state joins one of ${stateMiB} MiB (KONTIKI_BENCH_STATE_MIB) while ${writers} ` +
  'clients write 256 bytes at a time: how long it takes, and what the writes take meanwhile; ' +
  'values of 16 KiB, real processes'

export async function run() {
  const ports = await freePorts(3)
  const directory = makeDirectory('install')
  const ids = ['a', 'b', 'c']
  const addresses = Object.fromEntries(ids.map((id, i) => [id, `127.0.0.1:${ports[i]}`]))
  const processes = new Map()
  const founders = { a: addresses.a, b: addresses.b }
  const start = (id, how) => processes.set(id, serve(id, how, founders, join(directory, id)))
  const admin = openAdmin({ servers: founders })
  const client = openClient({ servers: founders, timeoutMs: 60_000, codecs: bytesCodecs })
  try {
    start('a', '--bootstrap')
    start('b', '--bootstrap')
    const store = new KeyValueStore(client)
    await load(store)
    const before = await writesFor(store, (isOver) => setTimeout(isOver, 5000))
    processes.set('c', serve('c', '--join', { c: addresses.c }, join(directory, 'c')))
    const began = performance.now()
    const during = await writesFor(store, async (isOver) => {
      await admin.addServer('c', addresses.c, { timeoutMs: 300_000, stallTimeoutMs: 120_000 })
      isOver()
    })
    const installMs = performance.now() - began
    return rowsOf({ before, during, installMs, processes })
  } finally {
    await Promise.all([client.close(), admin.close()])
    for (const one of processes.values()) one.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

function serve(id, how, addresses, directory) {
  const servers = Object.entries(addresses).map(([name, address]) => `${name}=${address}`)
  const args = ['serve', how, '--id', id, '--servers', servers.join(','), '--data-dir', directory]
  return spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'ignore', process.env.KONTIKI_BENCH_LOG === undefined ? 'ignore' : 'inherit'],
  })
}

async function load(store) {
  const count = Math.ceil((stateMiB * 1024 * 1024) / valueBytes)
  const value = new Uint8Array(valueBytes).fill(120)
  let next = 0
  const work = async () => {
    while (next < count) await store.put(`key${next++}`, value)
  }
  await Promise.all(Array.from({ length: loaders }, work))
}

/** What each write takes, until it is over. */
async function writesFor(store, until) {
  const latencies = []
  let isOver = false
  const over = until(() => {
    isOver = true
  })
  const value = new Uint8Array(256).fill(121)
  const work = async (_, number) => {
    while (!isOver) {
      const began = performance.now()
      await store.put(`written${number}`, value)
      latencies.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: writers }, work))
  await over
  return latencies
}

function rowsOf({ before, during, installMs, processes }) {
  const rows = [{ what: `install ${stateMiB} MiB`, unit: 'ms', value: installMs }]
  for (const [when, latencies] of Object.entries({ before, meanwhile: during })) {
    const latency = summaryOf(latencies)
    const longest = latencies.reduce((most, one) => Math.max(most, one), 0)
    rows.push({ what: `install: a write ${when}`, unit: 'ms', value: latency.p50Ms, latency })
    rows.push({ what: `install: the longest write ${when}`, unit: 'ms', value: longest })
  }
  for (const [id, { pid }] of processes) {
    const value = peakMiB(pid)
    if (value !== null) rows.push({ what: `install: peak memory of ${id}`, unit: 'MiB', value })
  }
  return rows
}

/** The most that the process has ever held; null where the system does not tell. */
function peakMiB(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) / 1024
  } catch {
    return null
  }
}
