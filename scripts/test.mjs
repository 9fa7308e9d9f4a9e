// Runs every test and prints the count alone on the last line. Arguments go to vitest:
// `npm test -- test/raft` runs a part.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'kontiki-test-'))
const report = join(folder, 'report.json')

const types = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
const run = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`],
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
)

let passed = 0
let failed = 0
try {
  const results = JSON.parse(readFileSync(report, 'utf8'))
  passed = results.numPassedTests
  // A file that cannot be loaded has no tests to count, and is a failure all the same.
  const brokenFiles = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  failed = results.numFailedTests + results.numPendingTests + results.numTodoTests + brokenFiles
} catch {
  failed = 1
}
rmSync(folder, { recursive: true, force: true })
if (run.status !== 0 && failed === 0) failed = 1
if (types.status !== 0) {
  console.log('the tests do not pass the type check (tsc -p test)')
  failed += 1
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
