/**
 * The course's servers over UDP: commands as the course's clients send them, to the leader and to
 * any server, and requests that are answered. Afterwards all log files must be the same.
 */
import { fileURLToPath } from 'node:url'
import { CourseCluster } from './course/cluster.mjs'
import { Group } from './load/group.mjs'

const program = fileURLToPath(new URL('./course/client.mjs', import.meta.url))
const commandCharacters = 16
const linesOfRealClient = 30_000

export const about =
  `three raftserver processes and a client, UDP on loopback, commands of ${commandCharacters} ` +
  'characters, datagrams of 1372 bytes, real disk, fdatasync; committed: in the log file of the ' +
  'leader; then the log files are compared'

export async function run({ levels, warmUpMs, measureMs, more = [] }) {
  const cluster = await CourseCluster.start(3, more)
  const targets = cluster.servers.map(({ port }) => port)
  const client = await Group.start(program, { targets }, 1)
  try {
    const rows = []
    const load = async (what, ask, inFlight, toAny = false) => {
      const leader = await cluster.leader()
      const { logFile } = cluster.servers[leader]
      const to = toAny ? null : leader
      const loops = { inFlight, payloadBytes: commandCharacters, warmUpMs, measureMs }
      const before = await standing(cluster)
      const result = await client.ask(0, ask, { ...loops, to, logFile })
      const after = await standing(cluster)
      rows.push({ what, inFlight, unit: 'commands/s', ...result })
      const cpu = (number) => (after[number].cpu - before[number].cpu) * 1e6
      const committed = after[leader].commitIndex - before[leader].commitIndex
      const row = { inFlight, unit: 'us/command' }
      rows.push({ what: `${what}: the leader's CPU`, ...row, value: cpu(leader) / committed })
      const follower = (leader + 1) % cluster.servers.length
      rows.push({ what: `${what}: a follower's CPU`, ...row, value: cpu(follower) / committed })
    }
    const most = Math.max(...levels)
    await load('course, to the leader', 'commands', most)
    await load('course, to any server', 'commands', most, true)
    for (const inFlight of levels) await load('course, answered', 'requests', inFlight)
    rows.push(await realClients(cluster))
    const lines = await cluster.linesOfEqualLogs()
    rows.push({ what: 'course: lines of three equal log files', unit: 'lines', value: lines })
    return rows
  } finally {
    await client.stop()
    await cluster.stop()
  }
}

/**
 * A `raftclient` for each server, each with as many lines on its standard input as it can send: it
 * sends 16 a millisecond at most. The time includes that of the clients' start.
 */
async function realClients(cluster) {
  const linesBefore = await cluster.linesOfEqualLogs()
  const began = performance.now()
  await Promise.all(
    cluster.servers.map((server, number) => {
      const name = (_, i) => `r${number}-${i}`.padEnd(commandCharacters, 'c')
      return server.send(Array.from({ length: linesOfRealClient }, name))
    }),
  )
  const sent = linesOfRealClient * cluster.servers.length
  const seconds = (performance.now() - began) / 1000
  const committed = (await cluster.linesOfEqualLogs()) - linesBefore
  const what = 'course, three raftclients'
  return { what, unit: 'commands/s', perSecond: committed / seconds, failed: sent - committed }
}

/** CPU and commitIndex of each server. */
function standing({ servers }) {
  return Promise.all(
    servers.map(async (server) => {
      const { commitIndex } = await server.print()
      return { cpu: server.cpuSeconds ?? Number.NaN, commitIndex: Number(commitIndex) }
    }),
  )
}
