/** A server with the key-value machine, or (the last number) the client with the load. */
import { join } from 'node:path'
import {
  bytesCodecs,
  KeyValueStore,
  keyValueMachine,
  openClient,
  openServer,
} from '../../dist/library/index.js'
import { answerParent } from '../load/group.mjs'
import { closedLoop, openLoop } from '../load/loops.mjs'

const { number, ports, directory, payloadBytes, options, clients = 1 } = JSON.parse(process.argv[2])
// A client has a port too, and needs none.
const servers = ports.length - clients
const addresses = Object.fromEntries(
  ports.slice(0, servers).map((port, at) => [`s${at + 1}`, `127.0.0.1:${port}`]),
)
const keys = 1000
let server = null
let store = null

async function start() {
  if (number < servers) {
    const id = `s${number + 1}`
    const dataDir = join(directory, id)
    const machine = { stateMachine: keyValueMachine(), codecs: bytesCodecs }
    server = await openServer({
      id,
      servers: addresses,
      dataDir,
      bootstrap: true,
      ...machine,
      ...options,
    })
    server.on('role', ({ role }) => role === 'leader' && process.send({ event: 'leads' }))
    return true
  }
  const client = openClient({ servers: addresses, timeoutMs: 30_000, codecs: bytesCodecs })
  store = new KeyValueStore(client)
  await store.put('key-0', 'x')
  return true
}

const value = new Uint8Array(payloadBytes).fill(120)
let turn = 0
const nextKey = () => `key-${turn++ % keys}`
const operations = {
  put: () => store.put(nextKey(), value),
  get: () => store.get(nextKey()),
  mixed: () => (turn % 10 === 0 ? store.put(nextKey(), value) : store.get(nextKey())),
}

answerParent({
  start,
  leads: () => server?.status().role === 'leader',
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memory: () => process.memoryUsage(),
  run: ({ kind, ...settings }) => closedLoop({ ...settings, operation: operations[kind] }),
  runOpen: ({ kind, ...settings }) => openLoop({ ...settings, operation: operations[kind] }),
})
