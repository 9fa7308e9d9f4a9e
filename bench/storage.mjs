/** Saves to the log on disk, one after the other, each durable before the next. */
import { rmSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { Random } from '../dist/base/random.js'
import { NodeDisk } from '../dist/disk/index.js'
import { openSegmentedLog } from '../dist/storage/index.js'
import { makeDirectory } from './load/group.mjs'
import { Histogram } from './load/histogram.mjs'

export const about =
  'appends to the log on disk, each save synced before the next begins; the number in flight is ' +
  'the number of entries in one save'

export async function run({ levels, payloadBytes, warmUpMs, measureMs }) {
  const rows = []
  for (const durability of ['fdatasync', 'dsync', 'blocking']) {
    for (const inFlight of levels) {
      const result = await save({
        durability,
        perSave: inFlight,
        payloadBytes,
        warmUpMs,
        measureMs,
      })
      const what = `storage ${durability}`
      rows.push({ what, inFlight, payloadBytes, unit: 'entries/s', ...result })
    }
  }
  return rows
}

async function save({ durability, perSave, payloadBytes, warmUpMs, measureMs }) {
  const directory = makeDirectory('storage')
  const log = openSegmentedLog(new NodeDisk(directory, { durability }), {
    identity: { serverId: 'a', servers: ['a'] },
    checksum: crc32,
    random: new Random('storage'),
    soon: setImmediate,
  })
  log.recover()
  const command = new Uint8Array(payloadBytes)
  const latency = new Histogram()
  const from = performance.now() + warmUpMs
  const until = from + measureMs
  let index = 0
  while (performance.now() < until) {
    const entries = []
    for (let i = 0; i < perSave; i++)
      entries.push({ index: ++index, term: 1, kind: 'command', command })
    const began = performance.now()
    const batch = { currentTerm: 1, votedFor: null, truncateFrom: null, entries }
    await new Promise((done, failed) => {
      log.save([batch], (error) => (error === null ? done() : failed(error)))
    })
    if (began >= from) latency.record(performance.now() - began)
  }
  await new Promise((done) => log.close(done))
  rmSync(directory, { recursive: true, force: true })
  return { perSecond: (latency.count * perSave) / (measureMs / 1000), latency: latency.summary() }
}
