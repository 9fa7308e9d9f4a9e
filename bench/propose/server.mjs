/** One server of the cluster under test, and the load on it where it leads. */
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openServer } from '../../dist/library/index.js'
import { answerParent } from '../load/group.mjs'
import { closedLoop, openLoop } from '../load/loops.mjs'

const { number, ports, directory, payloadBytes, ...more } = JSON.parse(process.argv[2])
const bytesCodec = { encode: (bytes) => bytes, decode: (bytes) => bytes }
const nothing = new Uint8Array(0)
const names = ports.map((_, at) => `s${at + 1}`)
let applied = 0
let server = null

async function start() {
  server = await openServer({
    id: names[number],
    servers: Object.fromEntries(ports.map((port, at) => [names[at], `127.0.0.1:${port}`])),
    dataDir: join(directory, names[number]),
    bootstrap: true,
    stateMachine: {
      apply: () => {
        applied++
        return nothing
      },
      query: () => nothing,
      snapshot: () => [],
      restore: () => {},
    },
    codecs: { command: bytesCodec, query: bytesCodec, result: bytesCodec, answer: bytesCodec },
    timeoutMs: 30_000,
    ...more.options,
  })
  return true
}

/** The load goes through the server's own object, in the leader's process: with its session. */
function load(loop, settings) {
  const payload = new Uint8Array(payloadBytes).fill(120)
  const query = new Uint8Array(8)
  const operation = settings.read
    ? () => server.query(query, { consistency: settings.read })
    : () => server.propose(payload)
  return loop({ ...settings, operation })
}

function collectGarbage() {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

answerParent({
  start,
  leads: () => server.status().role === 'leader',
  run: (settings) => load(closedLoop, settings),
  runOpen: (settings) => load(openLoop, settings),
  applied: () => applied,
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return { cpu: user + system, applied }
  },
  /** What is reachable. The second time around finds what the first has let go. */
  collected: () => {
    collectGarbage()
    collectGarbage()
    return process.memoryUsage()
  },
  memory: () => ({ ...process.memoryUsage(), usage: process.resourceUsage() }),
})
