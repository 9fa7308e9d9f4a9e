/**
 * Memory: of a leader under load, whose log is trimmed; of each entry of a log that is not; and of
 * each client that does nothing, with its connection and its session.
 */
import { fileURLToPath } from 'node:url'
import { openClient } from '../dist/library/index.js'
import { watchMemory } from './growth.mjs'
import { Group } from './load/group.mjs'

const program = fileURLToPath(new URL('./propose/server.mjs', import.meta.url))
const clients = 500
const mebibyte = 2 ** 20
/** No snapshot is ever due: the log keeps every entry. */
const neverTrimmed = { logEntriesMax: 1e12, logBytesMin: 1e15, logBytesMax: 1e15 }

export const about =
  "the leader's resident memory under `propose` at 1000 in flight (use --seconds 60), the most of " +
  'looks once a second; and, garbage collected, what an entry takes in a log that is not trimmed, ' +
  `and what each of ${clients} idle clients takes`

export async function run(settings) {
  const { payloadBytes } = settings
  const underLoad = await residentUnderLoad(settings)
  const [entry, client] = [await bytesOfEntry(settings), await bytesOfClient(settings)]
  const row = (what, unit, value) => ({ what: `memory: ${what}`, payloadBytes, unit, value })
  return [
    row('the leader under load, at most', 'MiB', underLoad.mostBytes / mebibyte),
    row('entries by then', 'entries', underLoad.entries),
    row('an entry of the log', 'bytes', entry),
    row('an idle client', 'bytes', client),
  ]
}

async function withLeader({ payloadBytes }, options, action) {
  const group = await Group.start(program, { payloadBytes, options }, 3)
  try {
    return await action(group, await group.find('leads'))
  } finally {
    await group.stop()
  }
}

function residentUnderLoad({ warmUpMs, measureMs, ...settings }) {
  return withLeader(settings, {}, async (group, leader) => {
    const watch = watchMemory(group, leader)
    await group.ask(leader, 'run', { inFlight: 1000, warmUpMs, measureMs })
    return { ...(await watch.end()), entries: await group.ask(leader, 'applied') }
  })
}

function bytesOfEntry(settings) {
  return withLeader(settings, { snapshots: neverTrimmed }, async (group, leader) => {
    // What is made once is there before.
    await group.ask(leader, 'run', { inFlight: 1000, warmUpMs: 0, measureMs: 1000 })
    const [before, few] = [await heldBy(group, leader), await group.ask(leader, 'applied')]
    await group.ask(leader, 'run', { inFlight: 1000, warmUpMs: 0, measureMs: 3000 })
    const [after, many] = [await heldBy(group, leader), await group.ask(leader, 'applied')]
    return (after - before) / (many - few)
  })
}

function bytesOfClient(settings) {
  return withLeader(settings, {}, async (group, leader) => {
    const bytes = { encode: (given) => given, decode: (given) => given }
    const codecs = { command: bytes, query: bytes, result: bytes, answer: bytes }
    const servers = [`127.0.0.1:${group.ports[leader]}`]
    const open = []
    try {
      const before = await heldBy(group, leader)
      for (let i = 0; i < clients; i++) {
        const client = openClient({ servers, codecs, timeoutMs: 30_000 })
        open.push(client)
        await client.propose(new Uint8Array(1))
      }
      return ((await heldBy(group, leader)) - before) / clients
    } finally {
      await Promise.all(open.map((client) => client.close()))
    }
  })
}

/** Bytes that are reachable, in the heap and outside it. */
async function heldBy(group, number) {
  const { heapUsed, external } = await group.ask(number, 'collected')
  return heapUsed + external
}
