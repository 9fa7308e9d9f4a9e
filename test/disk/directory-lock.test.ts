// One process per directory, with real processes: whoever dies, however, leaves nothing to clean
// up.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DirectoryLock, DirectoryLockError, lockDirectory } from '../../src/disk/index.ts'
import { Child } from './child.ts'
import { type Compiled, compile } from './compiled.ts'

let compiled: Compiled
let holderScript: string
let rivalScript: string
let directory: string
const children: Child[] = []

beforeAll(() => {
  compiled = compile()
  holderScript = compiled.script(
    'holder.js',
    `import { lockDirectory } from './disk/index.js'
    const [path, socket, then] = process.argv.slice(2)
    await lockDirectory(path, socket === 'default' ? {} : { socket })
    console.log('locked')
    if (then === 'stay') process.stdin.resume()`,
  )
  // Takes the directory again and again; inside, a file that must not be there proves it alone.
  rivalScript = compiled.script(
    'rival.js',
    `import { openSync, closeSync, unlinkSync } from 'node:fs'
    import { lockDirectory } from './disk/index.js'
    const [path, socket, rounds] = process.argv.slice(2)
    let held = 0
    const end = Date.now() + 15000
    while (held < Number(rounds) && Date.now() < end) {
      let lock
      try {
        lock = await lockDirectory(path, socket === 'default' ? {} : { socket })
      } catch (error) {
        if (error.code !== 'LOCKED') throw error
        continue
      }
      closeSync(openSync(path + '/alone', 'wx'))
      await new Promise((go) => setTimeout(go, 2))
      unlinkSync(path + '/alone')
      lock.release()
      held++
      await new Promise((go) => setTimeout(go, Math.random() * 10))
    }
    console.log(held)`,
  )
})

afterAll(() => compiled.remove())

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kontiki-lock-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill()
  rmSync(directory, { recursive: true, force: true })
})

function start(script: string, ...args: string[]): Child {
  const child = new Child(process.execPath, [script, ...args])
  children.push(child)
  return child
}

async function refusal(locked: Promise<DirectoryLock>): Promise<DirectoryLockError> {
  const error = await locked.then(
    (lock) => {
      lock.release()
      return null
    },
    (reason: unknown) => reason,
  )
  if (error instanceof DirectoryLockError) return error
  throw error ?? new Error('the directory was not locked')
}

describe.each(['default', 'abstract'] as const)('the lock, socket: %s', (socket) => {
  const options = socket === 'default' ? {} : { socket }

  test('refuses a second process and names the first', async () => {
    const holder = start(holderScript, directory, socket, 'stay')
    await holder.printed(1)
    const error = await refusal(lockDirectory(directory, options))
    expect(error).toMatchObject({ code: 'LOCKED', pid: holder.pid })
    expect(error.message).toBe(
      `the data directory ${directory} is in use by process ${holder.pid}; stop it first, ` +
        'or give this server a directory of its own',
    )
  })

  test('is free as soon as the holder is killed', async () => {
    for (let round = 0; round < 3; round++) {
      const holder = start(holderScript, directory, socket, 'stay')
      await holder.printed(1)
      await refusal(lockDirectory(directory, options))
      await holder.kill()
      const lock = await lockDirectory(directory, options)
      lock.release()
      expect(readdirSync(directory)).toEqual([])
    }
  })

  test('holds while the holder is stopped', async () => {
    const holder = start(holderScript, directory, socket, 'stay')
    await holder.printed(1)
    holder.process.kill('SIGSTOP')
    const error = await refusal(lockDirectory(directory, options))
    expect(error.pid).toBe(socket === 'default' ? holder.pid : null)
    holder.process.kill('SIGCONT')
  })

  test('keeps no process alive, and is free after one that ends by itself', async () => {
    const holder = start(holderScript, directory, socket, 'end')
    expect(await holder.ended()).toBe(0)
    const lock = await lockDirectory(directory, options)
    lock.release()
  })

  test('refuses the same process too, until it is released', async () => {
    const lock = await lockDirectory(directory, options)
    expect((await refusal(lockDirectory(directory, options))).pid).toBe(process.pid)
    lock.release()
    const again = await lockDirectory(directory, options)
    again.release()
    expect(readdirSync(directory)).toEqual([])
  })

  test('is held by one at a time, however many want it at once', async () => {
    const rivals = Array.from({ length: 4 }, () => start(rivalScript, directory, socket, '8'))
    for (const rival of rivals) {
      expect([await rival.ended(), rival.stderr]).toEqual([0, ''])
    }
    const held = rivals.map(({ lines }) => Number(lines[0]))
    // All that were wanted, or as many as there was time for.
    expect(held.reduce((a, b) => a + b)).toBeGreaterThan(0)
    expect(readdirSync(directory)).toEqual([])
  })
})

test('a path that is too long for a socket is locked all the same', async () => {
  const deep = join(directory, 'x'.repeat(120), 'y'.repeat(120))
  mkdirSync(deep, { recursive: true })
  const holder = start(holderScript, deep, 'default', 'stay')
  await holder.printed(1)
  expect((await refusal(lockDirectory(deep))).pid).toBe(holder.pid)
  await holder.kill()
  const lock = await lockDirectory(deep)
  lock.release()
})

test('a file that only looks like a socket is not taken for a holder', async () => {
  writeFileSync(join(directory, 'lock.1.00000000'), '')
  writeFileSync(join(directory, 'lock.txt'), '')
  const lock = await lockDirectory(directory)
  lock.release()
  expect(readdirSync(directory)).toEqual(['lock.txt'])
})

test('two directories are two locks', async () => {
  const other = join(directory, 'other')
  mkdirSync(other)
  const locks = [await lockDirectory(directory), await lockDirectory(other)]
  for (const lock of locks) lock.release()
  expect(readdirSync(other)).toEqual([])
})

test('a directory that does not exist is an error of its own', async () => {
  await expect(lockDirectory(join(directory, 'none'))).rejects.toThrow(/ENOENT|EACCES/)
})
