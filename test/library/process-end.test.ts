/** A program that has closed what it opened ends by itself, with nothing unhandled. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freePorts } from '../harness/free-ports.ts'

const run = promisify(execFile)
const library = new URL('../../dist/library/index.js', import.meta.url).href

const program = (addresses: string): string => `
import { openClient, openServer } from '${library}'
const machine = () => {
  let count = 0
  return {
    apply: () => ++count,
    query: () => count,
    snapshot: () => [],
    restore: () => {},
  }
}
const servers = '${addresses}'
const opened = await Promise.all(['a', 'b', 'c'].map((id) => {
  return openServer({ id, servers, storage: 'memory', stateMachine: machine() })
}))
const client = openClient({ servers, timeoutMs: 20000 })
console.log(await client.propose({}), await opened[1].propose({}))
const late = client.propose({}).catch((error) => error.code)
await client.close()
console.log(await late)
await Promise.all(opened.map((server) => server.close()))
console.log('closed')
`

test('a closed client and closed servers let the process end', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kontiki-end-'))
  try {
    const [a, b, c] = await freePorts(3)
    const path = join(directory, 'program.mjs')
    writeFileSync(path, program(`a=127.0.0.1:${a},b=127.0.0.1:${b},c=127.0.0.1:${c}`))
    const { stdout, stderr } = await run(process.execPath, [path], { timeout: 40_000 })
    expect(stdout).toBe('1 2\nCLOSED\nclosed\n')
    expect(stderr).toBe('')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
