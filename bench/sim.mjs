/** The simulator: cluster seconds for each second of CPU, over the same seeds each time. */
import { runSeed } from '../dist/sim/index.js'

const seeds = Number(process.env.KONTIKI_BENCH_SEEDS ?? 40)
const safetyMs = 30_000

export const about =
  `the simulator in one process: the first ${seeds} seeds (KONTIKI_BENCH_SEEDS), half a minute of ` +
  'cluster time with faults each and as long as healing takes; cluster seconds per second of CPU'

/** It has the CPU to itself, and counts nothing else. */
export const roundsMax = 1

export async function run() {
  const rows = []
  for (const workload of ['commands', 'sessions']) {
    const wishes = { servers: null, foreign: null, safetyMs, faults: null, workload }
    // The code is compiled before it is measured.
    for (let seed = seeds + 1; seed <= seeds + 3; seed++) runSeed(seed, wishes)
    const began = process.cpuUsage()
    let [clusterMs, events] = [0, 0]
    for (let seed = 1; seed <= seeds; seed++) {
      const result = runSeed(seed, wishes)
      if (result.failure !== null) throw new Error(`seed ${seed} fails: run kontiki sim`)
      clusterMs += result.clusterMs
      events += result.events
    }
    const { user, system } = process.cpuUsage(began)
    const cpuSeconds = (user + system) / 1e6
    const what = `sim ${workload}`
    rows.push({ what, unit: 'cluster s/CPU s', value: clusterMs / 1000 / cpuSeconds })
    rows.push({ what: `${what}: events`, unit: 'events/CPU s', value: events / cpuSeconds })
  }
  return rows
}
