// Runs seeds of the simulator until one fails, and prints what it found as one line of JSON. A
// child of run.mjs, so that each wrong version is loaded afresh and can be stopped.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [root, text] = process.argv.slice(2)
const { wishes, seeds, story } = JSON.parse(text)
const { runSeed } = await import(pathToFileURL(join(root, 'dist/sim/run.js')).href)

const startedAt = performance.now()
let found = null
let clusterMs = 0
for (let seed = 1; seed <= seeds && found === null; seed++) {
  const result = runSeed(seed, wishes)
  clusterMs += result.clusterMs
  if (result.failure === null) continue
  const { broken, detail, atMs } = result.failure
  found = { seed, broken, detail, atMs }
}
const seconds = (performance.now() - startedAt) / 1000
process.stdout.write(`${JSON.stringify({ found, seconds, clusterMs, story })}\n`)
