/** Proposals from inside the leader's process: what a program that embeds a server gets. */
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'
import { warming } from './load/loops.mjs'

const program = fileURLToPath(new URL('./propose/server.mjs', import.meta.url))

export const about =
  'openServer().propose() inside the leader: three processes on one host, TCP, real disk, synced ' +
  'before each acknowledgement, exactly-once session'

/** Time that threads have run, whoever else had the machine: hardly moved by what else goes on. */
function cpuOf(group) {
  return Promise.all(group.members.map((_, number) => group.ask(number, 'cpu')))
}

export async function run({ levels, payloadBytes, warmUpMs, measureMs, servers = 3 }) {
  const group = await Group.start(program, { payloadBytes }, servers)
  try {
    const leader = await group.find('leads')
    const rows = []
    await group.ask(leader, 'run', warming)
    for (const inFlight of levels) {
      const before = await cpuOf(group)
      const result = await group.ask(leader, 'run', { inFlight, warmUpMs, measureMs })
      const after = await cpuOf(group)
      rows.push({ what: 'propose', servers, inFlight, payloadBytes, unit: 'commands/s', ...result })
      const microseconds = (number) => {
        return (
          (after[number].cpu - before[number].cpu) /
          (after[number].applied - before[number].applied)
        )
      }
      const follower = (leader + 1) % servers
      const row = { servers, inFlight, payloadBytes, unit: 'us/command' }
      rows.push({ what: "propose: the leader's CPU", ...row, value: microseconds(leader) })
      rows.push({ what: "propose: a follower's CPU", ...row, value: microseconds(follower) })
    }
    return rows
  } finally {
    await group.stop()
  }
}
