/** The benchmarks' program looks at the files that it is given before it measures anything. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kontiki-bench-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each<[what: string, content: string | null, complaint: RegExp]>([
  ['one that is not there', null, /^bench: cannot read --compare .*before: ENOENT: .*\n$/],
  ['one that is no JSON', '{', /^bench: cannot read --compare .*before: .*JSON.*\n$/],
  ['one without figures', '{}', /^bench: --compare .*before was not written by --json: .*\n$/],
  ['figures of nothing', '{"figures":[{}]}', /^bench: --compare .*before was not written .*\n$/],
])('a file to compare with: %s', (_what, content, complaint) => {
  const file = join(folder, 'before')
  if (content !== null) writeFileSync(file, content)
  const { status, stdout, stderr } = run('--compare', file)
  expect(stderr).toMatch(complaint)
  expect([status, stdout]).toEqual([1, ''])
})

test('a file that cannot be written', () => {
  const { status, stdout, stderr } = run('--json', join(folder, 'nowhere', 'x'))
  expect(stderr).toMatch(/^bench: cannot write --json .*x: ENOENT: .*\n$/)
  expect([status, stdout]).toEqual([1, ''])
})

test('what is in a file to write stays until there is something to write', async () => {
  const file = join(folder, 'kept')
  writeFileSync(file, '{}')
  const { requireWritable } = (await import(
    new URL('../../bench/load/run-file.mjs', import.meta.url).href
  )) as { requireWritable: (file: string) => void }
  requireWritable(file)
  expect(readFileSync(file, 'utf8')).toBe('{}')
})

function run(...args: readonly string[]) {
  const few = ['--rounds', '1', '--seconds', '0.1']
  return spawnSync(process.execPath, [program, 'wire', ...few, ...args], { encoding: 'utf8' })
}
