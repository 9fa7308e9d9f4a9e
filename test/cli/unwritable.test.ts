/** Output that cannot be written whole is an error, not half an answer with status 0. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../bin/kontiki.js', import.meta.url))

test('what cannot be printed is told, with status 1', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kontiki-unwritable-'))
  writeFileSync(join(folder, 'out'), '')
  // Open for reading only: whatever is written fails, as on a disk that is full.
  const output = openSync(join(folder, 'out'), 'r')
  try {
    const { status, stderr } = spawnSync(process.execPath, [program, 'inspect', folder], {
      stdio: ['ignore', output, 'pipe'],
      encoding: 'utf8',
    })
    expect(stderr).toMatch(/^kontiki: cannot write the output: EBADF.*\n$/)
    expect(status).toBe(1)
  } finally {
    closeSync(output)
    rmSync(folder, { recursive: true, force: true })
  }
})
