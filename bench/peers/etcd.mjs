/** etcd: the same work as `kv`, puts and linearizable gets from one client process over gRPC. */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { freePorts, makeDirectory } from '../load/group.mjs'
import { summaryOf } from '../load/histogram.mjs'
import { buildDriver, LineProcess, MissingPeer, until } from './line-process.mjs'

const packages = 'etcd-server golang-go golang-etcd-server-dev'

export const about =
  'etcd: clientv3 over gRPC from one client process straight to the leader, three servers on one ' +
  'host, real disk, synced before each acknowledgement'

export async function run({ levels, payloadBytes, warmUpMs, measureMs, kinds = ['put', 'get'] }) {
  const program = buildDriver('etcd', { source: 'go.etcd.io/etcd/clientv3', packages })
  const directory = makeDirectory('etcd')
  const { servers, endpoints } = await startServers(directory)
  const client = new LineProcess(program, [endpoints.join()])
  try {
    await until(() => client.ask('leader'), 'a leader of etcd')
    const rows = []
    for (const kind of kinds) {
      for (const inFlight of levels) {
        const settings = { inFlight, payloadBytes, warmUpMs, measureMs }
        const { latenciesMs, failed } = await client.ask(kind, settings)
        const perSecond = latenciesMs.length / (measureMs / 1000)
        const unit = `${kind}s/s`
        const latency = summaryOf(latenciesMs)
        rows.push({
          what: `etcd ${kind}`,
          inFlight,
          payloadBytes,
          unit,
          perSecond,
          failed,
          latency,
        })
      }
    }
    return rows
  } finally {
    await client.stop()
    await Promise.all(servers.map(stop))
    rmSync(directory, { recursive: true, force: true })
  }
}

async function startServers(directory) {
  const ports = await freePorts(6)
  const peerOf = (number) => `http://127.0.0.1:${ports[number]}`
  const endpoints = [3, 4, 5].map((at) => `http://127.0.0.1:${ports[at]}`)
  const cluster = [0, 1, 2].map((number) => `e${number}=${peerOf(number)}`).join()
  const servers = await Promise.all(
    [0, 1, 2].map((number) => {
      const flags = {
        name: `e${number}`,
        'data-dir': `${directory}/e${number}`,
        'listen-peer-urls': peerOf(number),
        'initial-advertise-peer-urls': peerOf(number),
        'listen-client-urls': endpoints[number],
        'advertise-client-urls': endpoints[number],
        'initial-cluster': cluster,
        'log-level': 'fatal',
        logger: 'zap',
      }
      const parameters = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
      return new Promise((resolve, reject) => {
        const server = spawn('etcd', parameters, { stdio: 'ignore' })
        server.once('spawn', () => resolve(server))
        server.once('error', () => {
          const install = `apt-get install -y --no-install-recommends ${packages}`
          reject(new MissingPeer(`there is no etcd; install it with: ${install}`))
        })
      })
    }),
  )
  return { servers, endpoints }
}

async function stop(server) {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((done) => server.once('exit', done))
  server.kill('SIGKILL')
  await ended
}
