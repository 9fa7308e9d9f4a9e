/** Servers that cannot be opened: what they say, and that nothing is left of what they made. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { directoryProblem } from '../../src/disk/index.ts'
import { openServer } from '../../src/library/index.ts'
import { Counter } from './machines.ts'

let directory: string
let taken: Server

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kontiki-failed-'))
  taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  rmSync(directory, { recursive: true })
  await new Promise((resolve) => taken.close(resolve))
})

function open(dataDir: string, port: number, more: Record<string, unknown> = {}): Promise<unknown> {
  const servers = `a=127.0.0.1:${port}`
  return openServer({ id: 'a', servers, dataDir, stateMachine: new Counter(), ...more })
}

function takenPort(): number {
  return (taken.address() as { port: number }).port
}

describe('a start that fails', () => {
  test('leaves no directory behind that it made', async () => {
    const deep = join(directory, 'one', 'two', 'three')
    await expect(open(deep, takenPort(), { bootstrap: true })).rejects.toThrow(/in use/)
    expect(readdirSync(directory)).toEqual([])
    await expect(open(deep, 0)).rejects.toThrow(/^bootstrap or join must be given/)
    expect(readdirSync(directory)).toEqual([])
  })

  test('leaves one that was there, and what stands in it', async () => {
    const there = join(directory, 'there')
    mkdirSync(there)
    await expect(open(there, takenPort(), { bootstrap: true })).rejects.toThrow(/in use/)
    expect(readdirSync(there)).toEqual([])
    writeFileSync(join(there, 'notes.txt'), 'mine')
    // A name that no file can be written under: the log is made, and its count is not.
    mkdirSync(join(there, 'starts.json.tmp'))
    await expect(open(there, 0, { bootstrap: true })).rejects.toThrow(/starts\.json/)
    expect(readdirSync(there).sort()).toEqual(['notes.txt', 'starts.json.tmp'])
  })

  test('says what is in the way', async () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    await expect(open(file, 0)).rejects.toThrow(
      `cannot use the data directory ${file}: ${file} is there, and is not a directory`,
    )
    const below = join(file, 'below')
    await expect(open(below, 0)).rejects.toThrow('is not a directory')
    const long = join(directory, 'made', 'x'.repeat(300))
    await expect(open(long, 0)).rejects.toThrow('is too long')
    expect(existsSync(join(directory, 'made'))).toBe(false)
  })

  test('says whose right is missing, and on what', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), {
      code: 'EACCES',
      path: '/srv',
    })
    expect(directoryProblem('/srv/data', denied).message).toBe(
      'cannot use the data directory /srv/data: this user may not write to /srv',
    )
    const other = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
    expect(directoryProblem('/srv/data', other).message).toMatch(/: EIO: i\/o error$/)
  })
})
