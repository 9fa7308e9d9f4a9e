// Looks for a short play that fails on the planted copy, writes it there as scenario.txt, and plays
// it on both: it must fail on the copy and pass on the code as it is.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [copy, root, text] = process.argv.slice(2)
const { seed, servers, foreign } = JSON.parse(text)
const load = (folder, path) => import(pathToFileURL(join(folder, 'dist', path)).href)

const { hunt, defaultHunt, writeScenario } = await load(copy, 'sim/shrink/index.js')
const broken = hunt(seed, { ...defaultHunt, servers, foreign })
if (broken === null) {
  console.log('no short play was found that fails: what is wrong does not show without a disk')
  process.exit(0)
}
const scenario = writeScenario(broken)
const file = join(copy, 'scenario.txt')
writeFileSync(file, scenario)
console.log(`\n${scenario}`)
console.log(`${scenario.split('\n').length - 1} lines, in ${file}`)
for (const [name, folder] of [
  ['the copy', copy],
  ['the code as it is', root],
]) {
  const { parseScenario, runScenario } = await load(folder, 'sim/scenario/index.js')
  const { failure } = runScenario(parseScenario(scenario, 'scenario.txt'))
  console.log(`on ${name} it ${failure === null ? 'passes' : `fails: ${failure.message}`}`)
}
