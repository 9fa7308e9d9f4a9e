/** hashicorp/raft with raft-boltdb: the same work as `propose`. */
import { rmSync } from 'node:fs'
import { freePorts, makeDirectory } from '../load/group.mjs'
import { summaryOf } from '../load/histogram.mjs'
import { buildDriver, LineProcess, until } from './line-process.mjs'

export const about =
  'hashicorp/raft with raft-boltdb: proposals from inside the leader, three processes on one host, ' +
  'TCP, real disk, synced before each acknowledgement, no session'

export async function run({ levels, payloadBytes, warmUpMs, measureMs }) {
  const program = buildDriver('hashicorp', {
    source: 'github.com/hashicorp/raft-boltdb',
    packages: 'golang-go golang-github-hashicorp-raft-dev golang-github-hashicorp-raft-boltdb-dev',
  })
  const directory = makeDirectory('hashicorp')
  const addresses = (await freePorts(3)).map((port) => `127.0.0.1:${port}`).join()
  const servers = [0, 1, 2].map((number) => {
    return new LineProcess(program, [String(number), addresses, directory])
  })
  try {
    const leader = await until(async () => {
      const answers = await Promise.all(servers.map((server) => server.ask('leads')))
      return servers[answers.indexOf(true)]
    }, 'a leader of hashicorp/raft')
    const rows = []
    for (const inFlight of levels) {
      const settings = { inFlight, payloadBytes, warmUpMs, measureMs }
      const { latenciesMs, failed } = await leader.ask('run', settings)
      const perSecond = latenciesMs.length / (measureMs / 1000)
      const latency = summaryOf(latenciesMs)
      rows.push({
        what: 'hashicorp',
        inFlight,
        payloadBytes,
        unit: 'commands/s',
        perSecond,
        failed,
        latency,
      })
    }
    return rows
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    rmSync(directory, { recursive: true, force: true })
  }
}
