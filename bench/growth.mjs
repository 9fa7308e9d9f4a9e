/**
 * What becomes of `propose` with more servers, larger commands, and a long log: its rate at the
 * beginning and at the end, and the memory of the leader all along.
 */
import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Group } from './load/group.mjs'
import { run as propose } from './propose.mjs'

const program = fileURLToPath(new URL('./propose/server.mjs', import.meta.url))
const entriesMin = Number(process.env.KONTIKI_BENCH_ENTRIES ?? 10_000_000)
const inFlight = 256
const longLog = { inFlight: 1000, payloadBytes: 16 }
const mebibyte = 2 ** 20

export const about =
  `propose at ${inFlight} in flight with 3, 5 and 7 servers, and with commands of 16 bytes to 64 ` +
  `KiB; then ${entriesMin.toLocaleString('en-US')} entries (KONTIKI_BENCH_ENTRIES) of ` +
  `${longLog.payloadBytes} bytes, ${longLog.inFlight} in flight, snapshots as by default (a log is ` +
  'trimmed after 200,000 entries, and keeps 10,000)'

/** It takes minutes, and compares its own parts. */
export const roundsMax = 1

export async function run(settings) {
  const loops = { ...settings, levels: [inFlight] }
  const rows = []
  for (const servers of [3, 5, 7]) {
    rows.push(...named(await propose({ ...loops, servers }), `growth: ${servers} servers`))
  }
  for (const payloadBytes of [16, 256, 4096, 65_536]) {
    rows.push(...named(await propose({ ...loops, payloadBytes }), `growth: ${payloadBytes} bytes`))
  }
  return [...rows, ...(await growLog())]
}

function named(rows, name) {
  return rows.map((row) => ({ ...row, what: row.what.replace('propose', name) }))
}

/** In steps of some seconds, so that the first and the last can be compared. */
async function growLog() {
  const group = await Group.start(program, longLog, 3)
  try {
    const leader = await group.find('leads')
    const rates = []
    const watch = watchMemory(group, leader)
    let applied = 0
    while (applied < entriesMin) {
      const loop = { inFlight: longLog.inFlight, warmUpMs: 0, measureMs: 5000 }
      const { perSecond } = await group.ask(leader, 'run', loop)
      rates.push(perSecond)
      applied = await group.ask(leader, 'applied')
    }
    const { mostBytes, lastBytes } = await watch.end()
    const kibibytes = execFileSync('du', ['-sk', group.directory], { encoding: 'utf8' })
    const row = (what, unit, value) => ({ what: `growth: a long log: ${what}`, unit, value })
    const third = Math.ceil(rates.length / 3)
    return [
      row('entries', 'entries', applied),
      row('its first third', 'commands/s', mean(rates.slice(0, third))),
      row('its last third', 'commands/s', mean(rates.slice(-third))),
      row("the leader's memory, at most", 'MiB', mostBytes / mebibyte),
      row("the leader's memory, at the end", 'MiB', lastBytes / mebibyte),
      row('on disk, three servers', 'MiB', Number.parseInt(kibibytes, 10) / 1024),
    ]
  } finally {
    await group.stop()
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Resident memory, asked for once a second. */
export function watchMemory(group, number) {
  let [mostBytes, lastBytes, isOver] = [0, 0, false]
  const look = async () => {
    lastBytes = (await group.ask(number, 'memory')).rss
    mostBytes = Math.max(mostBytes, lastBytes)
  }
  const watching = (async () => {
    while (!isOver) {
      await look()
      await delay(1000)
    }
  })()
  return {
    end: async () => {
      isOver = true
      await watching
      await look()
      return { mostBytes, lastBytes }
    },
  }
}
