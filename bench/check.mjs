/**
 * The linearizability checker, on recorded histories: a collection beside the repository where
 * there is one, and otherwise the small ones of the tests.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  casRegisterModel,
  check,
  keyValueModel,
  parseJepsen,
  parseKvLines,
} from '../dist/linearizability/index.js'

const collection = fileURLToPath(new URL('../../shared/data/linearizability/', import.meta.url))
const own = fileURLToPath(new URL('../test/linearizability/histories/', import.meta.url))

export const about =
  'recorded histories, read before: time until the verdict; the histories of ' +
  '../shared/data/linearizability where it is present, otherwise those of the tests, a hundred times'

/** It has the CPU to itself, and counts nothing else. */
export const roundsMax = 1

export async function run() {
  const rows = []
  for (const [kind, { files, times }] of Object.entries(histories())) {
    let [operations, verdicts] = [0, 0]
    let slowest = { ms: 0, name: '' }
    const began = process.cpuUsage()
    for (const { name, model, history } of files) {
      const start = performance.now()
      for (let i = 0; i < times; i++) {
        const { verdict } = check(model, history)
        if (verdict === 'unknown') throw new Error(`${name} has no verdict`)
        verdicts++
      }
      operations += history.operations.length * times
      const ms = (performance.now() - start) / times
      if (ms > slowest.ms) slowest = { ms, name }
    }
    const { user, system } = process.cpuUsage(began)
    const cpuSeconds = (user + system) / 1e6
    rows.push({ what: `check ${kind}`, unit: 'operations/CPU s', value: operations / cpuSeconds })
    rows.push({
      what: `check ${kind}: a history`,
      unit: 'CPU ms',
      value: (cpuSeconds * 1000) / verdicts,
    })
    rows.push({ what: `check ${kind}: the slowest`, unit: 'ms', value: slowest.ms, ...slowest })
  }
  return rows
}

function histories() {
  const isThere = existsSync(collection)
  const jepsen = isThere ? filesIn(join(collection, 'jepsen')) : filesIn(own, '.jepsen.log')
  const kv = isThere ? filesIn(join(collection, 'kv')) : filesIn(own, '.kv.txt')
  const times = isThere ? 1 : 100
  const read = (paths, model, parse) => ({
    files: paths.map((path) => {
      return { name: basename(path), model, history: parse(readFileSync(path, 'utf8')) }
    }),
    times,
  })
  return {
    registers: read(jepsen, casRegisterModel, parseJepsen),
    'key-value': read(kv, keyValueModel, parseKvLines),
  }
}

function filesIn(directory, end = '') {
  const names = readdirSync(directory).filter((name) => name.endsWith(end))
  return names.sort().map((name) => join(directory, name))
}
