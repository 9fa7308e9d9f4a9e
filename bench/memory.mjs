/** Memory of a leader: under load with a log that grows, and for each client that does nothing. */
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'

const program = fileURLToPath(new URL('./propose/server.mjs', import.meta.url))
const clients = 500

export const about =
  "the leader's resident memory after the load of `propose` at 1000 in flight (use --seconds 60), " +
  `what each entry of the log takes of it, and what each of ${clients} idle connections takes`

export async function run({ payloadBytes, warmUpMs, measureMs }) {
  const group = await Group.start(program, { payloadBytes }, 3)
  const sockets = []
  try {
    const leader = await group.find('leads')
    const before = await group.ask(leader, 'memory')
    await group.ask(leader, 'run', { inFlight: 1000, warmUpMs, measureMs })
    const after = await group.ask(leader, 'memory')
    const entries = await group.ask(leader, 'applied')
    for (let i = 0; i < clients; i++) sockets.push(await open(group.ports[leader]))
    const idle = await group.ask(leader, 'memory')
    const mib = (bytes) => bytes / 2 ** 20
    const what = 'memory of the leader'
    return [
      { what: `${what}: resident`, payloadBytes, unit: 'MiB', value: mib(after.rss) },
      { what: `${what}: entries`, payloadBytes, unit: 'entries', value: entries },
      {
        what: `${what}: an entry`,
        payloadBytes,
        unit: 'bytes',
        value: (after.rss - before.rss) / entries,
      },
      {
        what: `${what}: an idle connection`,
        payloadBytes,
        unit: 'KiB',
        value: (idle.rss - after.rss) / clients / 1024,
      },
    ]
  } finally {
    for (const socket of sockets) socket.destroy()
    await group.stop()
  }
}

function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}
