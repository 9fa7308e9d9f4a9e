/**
 * `npm run bench -- [names] [options]`: runs benchmarks, prints tables, and writes JSON. Peers are
 * run in turn with ours, so that both have the same machine at the same time; figures are medians of
 * the rounds. What each benchmark does is in README.md.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { compare } from './load/comparison.mjs'
import { machine } from './load/machine.mjs'
import { ratios } from './load/ratios.mjs'
import { readRun, requireWritable, UnusableFile } from './load/run-file.mjs'
import { median, table } from './load/table.mjs'
import { MissingPeer } from './peers/line-process.mjs'

/** Names, in the order in which they are run. */
const benchmarks = {
  floor: './floor.mjs',
  propose: './propose.mjs',
  hashicorp: './peers/hashicorp.mjs',
  kv: './kv.mjs',
  etcd: './peers/etcd.mjs',
  course: './course.mjs',
  open: './open.mjs',
  growth: './growth.mjs',
  storage: './storage.mjs',
  core: './core.mjs',
  wire: './wire.mjs',
  failover: './failover.mjs',
  recovery: './recovery.mjs',
  memory: './memory.mjs',
  install: './install.mjs',
  sim: './sim.mjs',
  check: './check.mjs',
}

const usage = `usage: npm run bench -- [${Object.keys(benchmarks).join('|')}]... [options]
  --in-flight LIST     operations under way in closed loops (1,32,256,1000)
  --rates LIST         operations a second in open loops (1000,5000,20000)
  --payload BYTES      of a command (256)
  --rounds N           each benchmark so many times, in turn; medians are printed (3);
                       failover, growth, sim and check once
  --seconds S          measured in each closed loop, after a second of warming up (3)
  --json FILE          writes everything that was measured
  --compare FILE       shows what changed since a run that was written with --json`

function fail(problem) {
  process.stderr.write(`bench: ${problem}\n${usage}\n`)
  process.exit(2)
}

function numberOf(name, text, most) {
  const number = Number(text)
  if (!(number > 0 && number <= most)) fail(`--${name} must be from 1 to ${most}; it is ${text}`)
  return number
}

function readArguments() {
  const options = {
    'in-flight': { type: 'string', default: '1,32,256,1000' },
    rates: { type: 'string', default: '1000,5000,20000' },
    payload: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
    compare: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  }
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    return fail(error.message)
  }
}

/** The run to compare with, if any. */
function readyFiles() {
  try {
    const earlier = values.compare === undefined ? null : readRun(values.compare)
    if (values.json !== undefined) requireWritable(values.json)
    return earlier
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error
    process.stderr.write(`bench: ${error.message}\n`)
    return process.exit(1)
  }
}

const { values, positionals } = readArguments()
if (values.help) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}
for (const name of positionals) if (!(name in benchmarks)) fail(`there is no benchmark ${name}`)
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks)
const settings = {
  levels: values['in-flight'].split(',').map((text) => numberOf('in-flight', text, 100_000)),
  rates: values.rates.split(',').map((text) => numberOf('rates', text, 1_000_000)),
  payloadBytes: numberOf('payload', values.payload, 1024 * 1024),
  warmUpMs: 1000,
  measureMs: numberOf('seconds', values.seconds, 3600) * 1000,
}
const rounds = numberOf('rounds', values.rounds, 1000)
const base = readyFiles()
const about = machine(process.env.KONTIKI_BENCH_DIR ?? tmpdir())
for (const [what, value] of Object.entries(about)) process.stdout.write(`${what}: ${value}\n`)

/** Rows of all rounds under the name that they share. */
const measured = new Map()
const missing = new Set()
for (let round = 1; round <= rounds; round++) {
  for (const name of names) {
    if (missing.has(name)) continue
    const benchmark = await import(benchmarks[name])
    if (round > (benchmark.roundsMax ?? rounds)) continue
    if (round === 1) process.stdout.write(`\n${name}: ${benchmark.about}\n`)
    process.stderr.write(`round ${round} of ${rounds}: ${name}\n`)
    try {
      for (const row of await benchmark.run(settings)) {
        const key = [row.what, row.inFlight ?? '', row.payloadBytes ?? ''].join(' ').trim()
        const rows = measured.get(key) ?? []
        rows.push(row)
        measured.set(key, rows)
      }
    } catch (error) {
      if (!(error instanceof MissingPeer)) throw error
      missing.add(name)
      process.stdout.write(`${name} is left out: ${error.message}\n`)
    }
  }
}

const figures = [...measured].map(([key, rows]) => ({
  key,
  what: rows[0].what,
  inFlight: rows[0].inFlight,
  unit: rows[0].unit,
  value: median(rows.map((row) => row.perSecond ?? row.value)),
  p50Ms: median(rows.map((row) => row.latency?.p50Ms)),
  p99Ms: median(rows.map((row) => row.latency?.p99Ms)),
  p999Ms: median(rows.map((row) => row.latency?.p999Ms)),
  failed: rows.reduce((sum, row) => sum + (row.failed ?? 0), 0),
  rounds: rows.length,
}))
process.stdout.write(`\n${table(figures)}`)
process.stdout.write(ratios(figures))
if (base !== null) process.stdout.write(compare(base.figures, figures))
if (values.json !== undefined) {
  const runs = Object.fromEntries(measured)
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine: about, settings, figures, runs }, null, 2)}\n`,
  )
}
