/** Proposals from inside the leader's process: what a program that embeds a server gets. */
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'

const program = fileURLToPath(new URL('./propose/server.mjs', import.meta.url))

export const about =
  'openServer().propose() inside the leader: three processes on one host, TCP, real disk, synced ' +
  'before each acknowledgement, exactly-once session'

export async function run({ levels, payloadBytes, warmUpMs, measureMs, servers = 3 }) {
  const group = await Group.start(program, { payloadBytes }, servers)
  try {
    const leader = await group.find('leads')
    const rows = []
    for (const inFlight of levels) {
      const result = await group.ask(leader, 'run', { inFlight, warmUpMs, measureMs })
      rows.push({ what: 'propose', servers, inFlight, payloadBytes, unit: 'commands/s', ...result })
    }
    return rows
  } finally {
    await group.stop()
  }
}
