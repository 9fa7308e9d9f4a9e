/** The floor: a bare loop of three processes, to compare everything else with. */
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'

const program = fileURLToPath(new URL('./floor/server.mjs', import.meta.url))

export const about =
  'a bare loop: three processes on one host, TCP, write and fdatasync before each acknowledgement, ' +
  'no protocol; the faster of synchronous calls and the thread pool'

export async function run({ levels, payloadBytes, warmUpMs, measureMs }) {
  const rows = []
  for (const inFlight of levels) {
    let best = null
    for (const blocking of [true, false]) {
      const result = await once({ inFlight, payloadBytes, warmUpMs, measureMs, blocking })
      if (best === null || result.perSecond > best.perSecond) best = { ...result, blocking }
    }
    const how = best.blocking ? 'synchronous calls' : 'thread pool'
    rows.push({ what: 'floor', inFlight, payloadBytes, how, unit: 'commands/s', ...best })
  }
  return rows
}

async function once({ inFlight, payloadBytes, warmUpMs, measureMs, blocking }) {
  const group = await Group.start(program, { payloadBytes, blocking })
  try {
    await group.ask(0, 'lead')
    return await group.ask(0, 'run', { inFlight, warmUpMs, measureMs })
  } finally {
    await group.stop()
  }
}
