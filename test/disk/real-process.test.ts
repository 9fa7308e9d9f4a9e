// Real processes on the real disk: one that is killed while it saves, and one whose files may not
// grow any further, which is what a full disk looks like to it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { NodeDisk } from '../../src/disk/index.ts'
import type { Recovered } from '../../src/ports/index.ts'
import { openSegmentedLog } from '../../src/storage/index.ts'
import { checksum, identity } from '../storage/harness.ts'
import { Child } from './child.ts'
import { type Compiled, compile } from './compiled.ts'

let compiled: Compiled
let script: string
let directory: string
const children: Child[] = []

beforeAll(() => {
  compiled = compile()
  // Saves one entry after the other, and says each as soon as it is acknowledged.
  script = compiled.script(
    'saver.js',
    `import { writeSync } from 'node:fs'
    import { crc32 } from 'node:zlib'
    import { NodeDisk } from './disk/index.js'
    import { openSegmentedLog } from './storage/index.js'
    import { Random } from './base/random.js'
    const [path, segmentBytes, entryBytes] = process.argv.slice(2)
    const log = openSegmentedLog(new NodeDisk(path), {
      identity: ${JSON.stringify(identity)},
      checksum: (bytes, previous) => crc32(bytes, previous),
      random: new Random(process.pid + path),
      soon: setImmediate,
      segmentBytes: Number(segmentBytes),
    })
    log.space.watch(() => writeSync(1, log.space.isFull ? 'full\\n' : 'space\\n'))
    setInterval(() => log.space.recheck(), 20)
    let index = log.recover().entries.length
    function next() {
      index++
      const command = new Uint8Array(Number(entryBytes)).fill(index)
      const entries = [{ index, term: 1, kind: 'command', command }]
      log.save([{ currentTerm: 1, votedFor: 's1', truncateFrom: null, entries }], (error) => {
        if (error !== null) {
          writeSync(2, error.message)
          process.exit(1)
        }
        writeSync(1, index + '\\n')
        next()
      })
    }
    next()`,
  )
})

afterAll(() => compiled.remove())

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kontiki-process-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill()
  rmSync(directory, { recursive: true, force: true })
})

function start(command: string, ...args: string[]): Child {
  const child = new Child(command, args)
  children.push(child)
  return child
}

function reopen(): Promise<Recovered> {
  const log = openSegmentedLog(new NodeDisk(directory), {
    identity,
    checksum,
    random: new Random(directory),
    soon: setImmediate,
    segmentBytes: 4096,
  })
  const recovered = log.recover()
  return new Promise((end, failed) => {
    log.close((error) => (error === null ? end(recovered) : failed(error)))
  })
}

/** All that the process acknowledged is there, and at most one entry that it did not. */
function expectRecovered({ entries }: Recovered, lines: readonly string[]): void {
  const acknowledged = Number(lines.at(-1))
  expect([acknowledged, acknowledged + 1]).toContain(entries.length)
  for (const [i, { index, command }] of entries.entries()) {
    expect([index, command[0]]).toEqual([i + 1, (i + 1) & 0xff])
  }
}

test('a process that is killed while it saves loses nothing that it acknowledged', async () => {
  for (let round = 1; round <= 4; round++) {
    const child = start(process.execPath, script, directory, '4096', '100')
    await child.printed(10 * round)
    await child.kill()
    expectRecovered(await reopen(), child.lines)
  }
})

test('a save that no file may grow for waits, is not acknowledged, and loses nothing', async () => {
  // Files of at most 64 blocks of 512 bytes: segments of 32 KiB fit, the larger save does not.
  const small = start(
    '/bin/sh',
    '-c',
    `ulimit -f 64; exec "$0" "$@"`,
    process.execPath,
    script,
    directory,
    '8192',
    '100',
  )
  await small.printed(30)
  await small.kill()
  const before = await reopen()
  expectRecovered(before, small.lines)
  const large = start(
    '/bin/sh',
    '-c',
    `ulimit -f 64; exec "$0" "$@"`,
    process.execPath,
    script,
    directory,
    '8192',
    '100000',
  )
  await large.printed(1)
  await large.kill()
  expect(large.lines).toEqual(['full'])
  expect(large.stderr).toBe('')
  expect(await reopen()).toEqual(before)
})
