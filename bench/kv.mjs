/** The key-value store through the client library: what a program on the other side gets. */
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'

const program = fileURLToPath(new URL('./kv/process.mjs', import.meta.url))

export const about =
  'KeyValueStore over openClient in a process of its own, with its session; three servers on one ' +
  'host, TCP, real disk, synced before each acknowledgement; mixed: nine gets to one put'

export async function run({ levels, payloadBytes, warmUpMs, measureMs, kinds }) {
  const group = await Group.start(program, { payloadBytes }, 4)
  try {
    const rows = []
    for (const kind of kinds ?? ['put', 'get', 'mixed']) {
      for (const inFlight of levels) {
        const result = await group.ask(3, 'run', { kind, inFlight, warmUpMs, measureMs })
        const unit = kind === 'mixed' ? 'operations/s' : `${kind}s/s`
        rows.push({ what: `kv ${kind}`, inFlight, payloadBytes, unit, ...result })
      }
    }
    return rows
  } finally {
    await group.stop()
  }
}
