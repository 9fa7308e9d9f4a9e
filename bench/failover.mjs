/**
 * The leader is killed with SIGKILL, again and again: how long nobody leads, and when a client that
 * was writing all along has its first answer after it. The clocks are one: everything is on one host.
 */
import { fileURLToPath } from 'node:url'
import { bytesCodecs, KeyValueStore, openClient } from '../dist/library/index.js'
import { Group } from './load/group.mjs'
import { summaryOf } from './load/histogram.mjs'

const program = fileURLToPath(new URL('./kv/process.mjs', import.meta.url))
const trials = Number(process.env.KONTIKI_BENCH_TRIALS ?? 100)

export const about =
  `SIGKILL of the leader under writes, ${trials} trials (KONTIKI_BENCH_TRIALS): time until ` +
  "another server leads, and until the client's next write is answered; with openServer's own " +
  'timeouts, with 150 to 300 ms, and with 12 to 24 ms'

/** A percentile of all trials, not a median of what a few of them gave. */
export const roundsMax = 1

const timeouts = {
  'own timeouts': undefined,
  '150-300 ms': { electionTimeoutMinMs: 150, electionTimeoutMaxMs: 300, heartbeatIntervalMs: 50 },
  '12-24 ms': { electionTimeoutMinMs: 12, electionTimeoutMaxMs: 24, heartbeatIntervalMs: 4 },
}

export async function run() {
  const rows = []
  for (const [name, raft] of Object.entries(timeouts)) {
    const { leaderless, writeless } = await trialsWith(raft)
    const value = (what, latency) => {
      rows.push({ what: `failover ${name}: ${what}`, unit: 'ms', value: latency.p50Ms, latency })
    }
    value('to a leader', summaryOf(leaderless))
    value('to a write', summaryOf(writeless))
  }
  return rows
}

async function trialsWith(raft) {
  const options = raft === undefined ? {} : { raft }
  const group = await Group.start(program, { payloadBytes: 16, options, clients: 0 }, 3)
  const servers = Object.fromEntries(
    group.ports.map((port, at) => [`s${at + 1}`, `127.0.0.1:${port}`]),
  )
  const client = openClient({ servers, timeoutMs: 30_000, codecs: bytesCodecs })
  const store = new KeyValueStore(client)
  const [leaderless, writeless] = [[], []]
  try {
    for (let trial = 0; trial < trials; trial++) {
      const leader = await group.find('leads')
      for (let i = 0; i < 20; i++) await store.put('key', String(i))
      // On a machine that is busy it may have lost its office meanwhile: then it is no failover.
      if ((await group.ask(leader, 'leads')) !== true) {
        trial--
        continue
      }
      const killed = performance.now()
      const led = firstToLead(group, leader)
      group.members[leader].kill('SIGKILL')
      await store.put('key', 'after')
      writeless.push(performance.now() - killed)
      leaderless.push((await led) - killed)
      await group.restart(leader)
    }
  } finally {
    await client.close()
    await group.stop()
  }
  return { leaderless, writeless }
}

/** When the first of the others says that it leads. */
function firstToLead(group, leader) {
  return new Promise((resolve) => {
    for (const [number, member] of group.members.entries()) {
      if (number === leader) continue
      const hear = ({ event }) => {
        if (event !== 'leads') return
        member.off('message', hear)
        resolve(performance.now())
      }
      member.on('message', hear)
    }
  })
}
