// `npm run mutants`: is the simulator any good? Each wrong version of the code (list.mjs) is
// planted in a copy, and the simulator must find it. Prints which guarantee caught it, after how
// many seeds and seconds; ends with 0 only if every one was caught and the code itself passes.
//
//   npm run mutants                       all of them
//   npm run mutants -- --only NAME        one (or several, separated by commas)
//   npm run mutants -- --only NAME --keep the copy stays; prints the story and the shrunk scenario
//   npm run mutants -- --write            what was found goes into docs/simulation.md
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { chapters, mutants } from './list.mjs'
import { writeTable } from './table.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const values = readOptions()

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        keep: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '1000' },
        write: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    console.error(`mutants: ${error.message.split('. ')[0]}`)
    return process.exit(2)
  }
}

const seeds = Number(values.seeds)
const chosen = values.only === undefined ? mutants : values.only.split(',').map(named)

function named(name) {
  const mutant = mutants.find((one) => one.name === name)
  if (mutant !== undefined) return mutant
  console.error(`mutants: there is none named ${name}; see scripts/mutants`)
  return process.exit(1)
}

/** Kills that say something about the plant and nothing about Raft. */
const brokenPlant = /TypeError|ReferenceError|SyntaxError|RangeError/

const compilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
}

function editsOf({ file, replace, by, edits }) {
  return edits ?? [{ file, replace, by }]
}

/** The edit whose text does not stand in its file once: then the list proves nothing. */
function lostEdit(mutant) {
  return editsOf(mutant).find(({ file, replace }) => {
    return readFileSync(join(root, file), 'utf8').split(replace).length !== 2
  })
}

const configurations = ['vitest.config.ts', 'tsconfig.json', 'tsconfig.base.json']

/** A copy of the build, and of the sources and tests, in which something is wrong. */
function plant(mutant) {
  const folder = mkdtempSync(join(tmpdir(), `kontiki-mutant-${mutant.name}-`))
  const parts = ['dist', 'bin', 'package.json']
  if (mutant.tests !== undefined) parts.push('src', 'test', 'proto', ...configurations)
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const sources = new Map()
  for (const { file, replace, by } of editsOf(mutant)) {
    const source = sources.get(file) ?? readFileSync(join(root, file), 'utf8')
    sources.set(
      file,
      source.replace(replace, () => by),
    )
  }
  for (const [file, wrong] of sources) {
    const { outputText } = ts.transpileModule(wrong, { compilerOptions, fileName: file })
    writeFileSync(join(folder, file.replace(/^src/, 'dist').replace(/\.ts$/, '.js')), outputText)
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    writeFileSync(join(folder, file), wrong)
  }
  return folder
}

/** Runs a mutant's tests in the copy; what failed first, in the form of what a hunt finds. */
function runTests(folder, tests) {
  const startedAt = performance.now()
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--bail=1', '--reporter=json', '--silent=true', ...tests]
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('close', () => {
      const seconds = (performance.now() - startedAt) / 1000
      resolve({ found: firstFailure(output), seconds, clusterMs: 0 })
    })
  })
}

/** Null where every test passed, or where none was run. */
function firstFailure(output) {
  const start = output.indexOf('{')
  if (start < 0) return null
  const report = JSON.parse(output.slice(start))
  for (const { name, assertionResults } of report.testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (failed === undefined) continue
    const file = name.slice(name.lastIndexOf('/test/') + 1)
    return { seed: 1, broken: `a test in ${file}`, detail: failed.failureMessages[0] ?? '' }
  }
  return null
}

function hunt(folder, wishes) {
  return new Promise((resolve) => {
    const job = JSON.stringify({ wishes, seeds })
    const child = spawn(process.execPath, [join(root, 'scripts/mutants/hunt.mjs'), folder, job], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('close', () => {
      try {
        resolve(JSON.parse(output))
      } catch {
        resolve({ found: null, seconds: 0, clusterMs: 0, crashed: true })
      }
    })
  })
}

async function judge(mutant) {
  const folder = plant(mutant)
  const wishes = { servers: null, safetyMs: 30_000, faults: null, ...mutant.wishes }
  const { tests } = mutant
  const result = await (tests === undefined ? hunt(folder, wishes) : runTests(folder, tests))
  if (values.keep && result.found !== null && tests === undefined) {
    console.log(`the copy is kept in ${folder}`)
    tell(folder, result.found.seed, wishes)
  } else {
    rmSync(folder, { recursive: true, force: true })
  }
  const caught = result.found !== null && !brokenPlant.test(result.found.detail)
  return { mutant, ...result, caught }
}

/** The story of the failure, and a play that fails on the wrong version and passes on ours. */
function tell(folder, seed, wishes) {
  const servers = wishes.servers == null ? [] : ['--servers', String(wishes.servers)]
  const foreign = wishes.foreign == null ? [] : ['--foreign', String(wishes.foreign)]
  const minutes = ['--minutes', String(wishes.safetyMs / 60_000)]
  const args = ['bin/kontiki.js', 'sim', '--seed', String(seed), ...servers, ...foreign, ...minutes]
  spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  const job = JSON.stringify({ seed, servers: wishes.servers ?? 3, foreign: wishes.foreign ?? 0 })
  const script = join(root, 'scripts/mutants/shrink.mjs')
  spawnSync(process.execPath, [script, folder, root, job], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

function row({ mutant, found, seconds, caught }) {
  const mark = caught ? '' : '  <-- NOT CAUGHT'
  const by = found === null ? 'survived' : found.broken
  const figures = `${seedsOf(mutant, found).padStart(5)}${seconds.toFixed(1).padStart(8)}`
  return `${mutant.name.padEnd(38)}${by.padEnd(38)}${figures}${mark}`
}

/** How many it took; none where tests catch it. */
function seedsOf(mutant, found) {
  if (mutant.tests !== undefined) return ''
  return String(found?.seed ?? seeds)
}

const lost = mutants.filter((mutant) => lostEdit(mutant) !== undefined)
for (const mutant of lost) {
  const { file } = lostEdit(mutant)
  console.error(
    `mutants: ${mutant.name} no longer applies: its text does not stand once in ${file}`,
  )
}
if (lost.length > 0) process.exit(1)

console.log(['mutant'.padEnd(38), 'caught by'.padEnd(38), 'seeds', ' seconds'].join(''))
const waiting = [...chosen]
const results = new Map()
let survivors = 0
async function worker() {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const verdict = await judge(mutant)
    const { found } = verdict
    if (!verdict.caught) survivors += 1
    else results.set(mutant.name, { by: found.broken, seeds: seedsOf(mutant, found) })
    console.log(row(verdict))
  }
}
await Promise.all([worker(), worker()])
console.log(`${chosen.length - survivors} of ${chosen.length} caught`)
if (values.write) writeTable(join(root, 'docs/simulation.md'), chapters, results)
process.exit(survivors === 0 ? 0 : 1)
