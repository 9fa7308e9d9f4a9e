// `npm run mutants`: is the simulator any good? Each wrong version of the code (list.mjs) is
// planted in a copy, and the simulator must find it. Prints which guarantee caught it, after how
// many seeds and seconds; ends with 0 only if every one was caught and the code itself passes.
//
//   npm run mutants                       all of them
//   npm run mutants -- --only NAME        one (or several, separated by commas)
//   npm run mutants -- --only NAME --keep the copy stays; prints the story and the shrunk scenario
//   npm run mutants -- --markdown         the table for docs/simulation.md
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
import { mutants } from './list.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const values = readOptions()

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        keep: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '1000' },
        markdown: { type: 'boolean', default: false },
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
  console.error(`mutants: there is none named ${name}; see scripts/mutants/list.mjs`)
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

/** How often a mutant's text stands in its file; once, or the list proves nothing. */
function places({ file, replace }) {
  return readFileSync(join(root, file), 'utf8').split(replace).length - 1
}

/** A copy of the build in which one file is wrong. */
function plant({ name, file, replace, by }) {
  const source = readFileSync(join(root, file), 'utf8')
  const folder = mkdtempSync(join(tmpdir(), `kontiki-mutant-${name}-`))
  for (const part of ['dist', 'bin', 'package.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const wrong = source.replace(replace, () => by)
  const { outputText } = ts.transpileModule(wrong, { compilerOptions, fileName: file })
  writeFileSync(join(folder, file.replace(/^src/, 'dist').replace(/\.ts$/, '.js')), outputText)
  mkdirSync(join(folder, dirname(file)), { recursive: true })
  writeFileSync(join(folder, file), wrong)
  return folder
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
  const result = await hunt(folder, wishes)
  if (values.keep && result.found !== null) {
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
  const by = found === null ? 'survived' : found.broken
  const mark = caught ? '' : '  <-- NOT CAUGHT'
  const at = found === null ? `${seeds}` : `${found.seed}`
  if (values.markdown) return `| ${mutant.name} | ${by} | ${at} | ${seconds.toFixed(1)} |`
  const figures = `${at.padStart(5)}${seconds.toFixed(1).padStart(8)}`
  return `${mutant.name.padEnd(38)}${by.padEnd(38)}${figures}${mark}`
}

const lost = mutants.filter((mutant) => places(mutant) !== 1)
for (const mutant of lost) {
  const { name, file } = mutant
  console.error(
    `mutants: ${name} no longer applies: its text stands ${places(mutant)} times in ${file}`,
  )
}
if (lost.length > 0) process.exit(1)

console.log(
  values.markdown
    ? '| mutant | caught by | seeds | seconds |\n|---|---|---:|---:|'
    : ['mutant'.padEnd(38), 'caught by'.padEnd(38), 'seeds', ' seconds'].join(''),
)
const waiting = [...chosen]
let survivors = 0
async function worker() {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const verdict = await judge(mutant)
    if (!verdict.caught) survivors += 1
    console.log(row(verdict))
  }
}
await Promise.all([worker(), worker()])
console.log(`${chosen.length - survivors} of ${chosen.length} caught`)
process.exit(survivors === 0 ? 0 : 1)
