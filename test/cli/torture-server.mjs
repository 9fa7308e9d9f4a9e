/**
 * A server of the key-value store that is broken in the way that DEFECT names, and whole where it
 * names none: what a torture must find. It is a program of its own over what is built, so that no
 * defect has a door in the programs that people run.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bytesCodecs, keyValueMachine, openServer } from '../../dist/library/index.js'
import { ClientService } from '../../dist/server/client-service.js'
import { decodeKvCommand } from '../../dist/state-machine/index.js'
import { Session } from '../../dist/state-machine/session.js'

const text = { type: 'string' }
const { values } = parseArgs({
  options: {
    ...{ id: text, servers: text, listen: text, 'data-dir': text },
    ...{ 'snapshot-log-bytes': text, 'segment-bytes': text },
    bootstrap: { type: 'boolean', default: false },
    join: { type: 'boolean', default: false },
  },
})
const { id, servers, listen, bootstrap, join, 'data-dir': dataDir } = values
const logBytesMax = Number(values['snapshot-log-bytes'] ?? 1e9)
let stateMachine = keyValueMachine()
let data = { dataDir }

switch (process.env.DEFECT) {
  case undefined:
    break
  case 'forgets': // Acknowledges what is only in memory.
    data = { storage: 'memory' }
    break
  case 'drops': // Answers some changes without making them.
    stateMachine = droppingMachine(stateMachine)
    break
  case 'repeats': // Forgets what it has answered: what is sent again happens again.
    Session.prototype.response = () => null
    Session.prototype.keep = () => {}
    break
  case 'stale': {
    // Reads what this server happens to have.
    const { handle } = ClientService.prototype
    ClientService.prototype.handle = function (request, reply) {
      const isQuery = request.kind === 'clientQueryRequest'
      handle.call(this, isQuery ? { ...request, consistency: 'stale' } : request, reply)
    }
    break
  }
  case 'parts': // One server is not like the others.
    if (id === 'b') stateMachine = droppingMachine(stateMachine)
    break
  case 'hoards': // Keeps more than it needs.
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(`${dataDir}/hoard`, Buffer.alloc(8 * 1024 * 1024))
    break
  default:
    throw new Error(`there is no defect ${process.env.DEFECT}`)
}

/** Every thirtieth append is answered, and not made. */
function droppingMachine(machine) {
  let count = 0
  return {
    apply: (bytes, context) => {
      const command = decodeKvCommand(bytes)
      const isDropped = command?.kind === 'append' && ++count % 30 === 0
      if (!isDropped) return machine.apply(bytes, context)
      const scrap = keyValueMachine()
      return scrap.apply(bytes, context)
    },
    query: (query) => machine.query(query),
    snapshot: () => machine.snapshot(),
    restore: (chunks) => machine.restore(chunks),
  }
}

const server = await openServer({
  ...{ id, servers, listen, bootstrap, join, ...data },
  ...{ stateMachine, codecs: bytesCodecs },
  snapshots: { logBytesMax, logBytesMin: logBytesMax },
  raft: { preVote: true, trailingBytesMax: logBytesMax / 4 },
  segmentBytes: Number(values['segment-bytes'] ?? 1024 * 1024),
})
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
process.stderr.write(`listening on ${listen}\n`)
