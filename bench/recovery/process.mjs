/** `write DIRECTORY BYTES` makes the log; `read DIRECTORY` is what is measured. */
import { crc32 } from 'node:zlib'
import { Random } from '../../dist/base/random.js'
import { NodeDisk } from '../../dist/disk/index.js'
import { configuration, Raft } from '../../dist/raft/index.js'
import { openSegmentedLog } from '../../dist/storage/index.js'

const [what, directory, bytes] = process.argv.slice(2)
const count = 1_000_000
const perSave = 5000

function open() {
  return openSegmentedLog(new NodeDisk(directory), {
    identity: { serverId: 'a', servers: ['a'] },
    checksum: crc32,
    random: new Random('recovery'),
    soon: setImmediate,
  })
}

if (what === 'write') {
  const log = open()
  log.recover()
  const command = new Uint8Array(Number(bytes)).fill(120)
  for (let index = 0; index < count; ) {
    const entries = []
    for (let i = 0; i < perSave; i++)
      entries.push({ index: ++index, term: 1, kind: 'command', command })
    const batch = { currentTerm: 1, votedFor: null, truncateFrom: null, entries }
    await new Promise((done, failed) => {
      log.save([batch], (error) => (error === null ? done() : failed(error)))
    })
  }
  await new Promise((done) => log.close(done))
} else {
  const began = performance.now()
  const recovered = open().recover()
  const raft = new Raft({
    id: 'a',
    configuration: configuration(['a']),
    random: new Random('recovery'),
    now: 0,
    recovered,
  })
  const ms = performance.now() - began
  const residentMiB = process.memoryUsage.rss() / 2 ** 20
  process.stdout.write(JSON.stringify({ ms, entries: raft.state.log.lastIndex, residentMiB }))
  process.exit(0)
}
