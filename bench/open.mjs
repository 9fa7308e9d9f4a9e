/**
 * Open loops: operations are started at a fixed rate whatever becomes of them, and a latency counts
 * from when the operation was due. Above what the cluster can do latencies grow for as long as it
 * lasts, and what is not taken any more fails.
 */
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'

const proposals = fileURLToPath(new URL('./propose/server.mjs', import.meta.url))
const store = fileURLToPath(new URL('./kv/process.mjs', import.meta.url))

export const about =
  '`propose` and `kv` at fixed rates (--rates), latencies from when each was due: no coordinated ' +
  'omission; the figure is how many a second were answered'

export async function run(settings) {
  return [...(await propose(settings)), ...(await keyValue(settings))]
}

async function propose({ rates, payloadBytes, warmUpMs, measureMs }) {
  const group = await Group.start(proposals, { payloadBytes }, 3)
  try {
    const rows = []
    for (const rate of rates) {
      const leader = await group.find('leads')
      const loop = { perSecond: rate, warmUpMs, measureMs }
      rows.push(row('propose', rate, payloadBytes, await group.ask(leader, 'runOpen', loop)))
    }
    return rows
  } finally {
    await group.stop()
  }
}

async function keyValue({ rates, payloadBytes, warmUpMs, measureMs }) {
  const group = await Group.start(store, { payloadBytes }, 4)
  try {
    const rows = []
    for (const kind of ['put', 'get']) {
      for (const rate of rates) {
        const loop = { kind, perSecond: rate, warmUpMs, measureMs }
        rows.push(row(`kv ${kind}`, rate, payloadBytes, await group.ask(3, 'runOpen', loop)))
      }
    }
    return rows
  } finally {
    await group.stop()
  }
}

function row(name, rate, payloadBytes, result) {
  const what = `open ${name} at ${rate.toLocaleString('en-US')}/s`
  return { what, payloadBytes, unit: 'answers/s', ...result }
}
