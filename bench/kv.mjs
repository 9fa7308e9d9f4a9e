/** The key-value store through the client library: what a program on the other side gets. */
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'
import { warming } from './load/loops.mjs'

const program = fileURLToPath(new URL('./kv/process.mjs', import.meta.url))

export const about =
  'KeyValueStore over openClient in a process of its own, with its session; three servers on one ' +
  'host, TCP, real disk, synced before each acknowledgement; mixed: nine gets to one put'

/** The last of the four processes. */
const client = 3

/** Time that threads have run, whoever else had the machine: hardly moved by what else goes on. */
function cpuOf(group) {
  return Promise.all(group.members.map((_, number) => group.ask(number, 'cpu')))
}

export async function run({ levels, payloadBytes, warmUpMs, measureMs, kinds }) {
  const group = await Group.start(program, { payloadBytes }, client + 1)
  try {
    const rows = []
    for (const kind of kinds ?? ['put', 'get', 'mixed']) {
      await group.ask(client, 'run', { kind, ...warming })
      for (const inFlight of levels) {
        const leader = await group.find('leads')
        const before = await cpuOf(group)
        const result = await group.ask(client, 'run', { kind, inFlight, warmUpMs, measureMs })
        const after = await cpuOf(group)
        const unit = kind === 'mixed' ? 'operations/s' : `${kind}s/s`
        rows.push({ what: `kv ${kind}`, inFlight, payloadBytes, unit, ...result })
        const microseconds = (number) => (after[number] - before[number]) / result.ran
        const row = { inFlight, payloadBytes, unit: `us/${kind === 'mixed' ? 'operation' : kind}` }
        const follower = (leader + 1) % client
        rows.push({ what: `kv ${kind}: the client's CPU`, ...row, value: microseconds(client) })
        rows.push({ what: `kv ${kind}: the leader's CPU`, ...row, value: microseconds(leader) })
        rows.push({ what: `kv ${kind}: a follower's CPU`, ...row, value: microseconds(follower) })
      }
    }
    return rows
  } finally {
    await group.stop()
  }
}
