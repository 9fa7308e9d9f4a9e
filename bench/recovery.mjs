/** A restart: a log of a million entries is read, checked, and given to a core. */
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeDirectory } from './load/group.mjs'

const run_ = promisify(execFile)
const program = fileURLToPath(new URL('./recovery/process.mjs', import.meta.url))

export const about =
  'a million entries read from disk with every checksum, and a core made of them, in a process of ' +
  'its own; its start is not counted'

export async function run({ payloadBytes }) {
  const directory = makeDirectory('recovery')
  try {
    await run_(process.execPath, [program, 'write', directory, String(payloadBytes)])
    const { stdout } = await run_(process.execPath, [program, 'read', directory])
    const { ms, entries, residentMiB } = JSON.parse(stdout)
    if (entries !== 1_000_000) throw new Error(`a million entries were written, ${entries} read`)
    return [
      { what: 'recovery', payloadBytes, unit: 'ms', value: ms },
      { what: 'recovery: resident memory', payloadBytes, unit: 'MiB', value: residentMiB },
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
