// The disk of the machine: how files and names are made durable, and in what order.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NodeDisk } from '../../src/disk/index.ts'
import type { DiskFile } from '../../src/ports/index.ts'
import { traced } from './traced.ts'

let directory: string

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'kontiki-disk-'))
})

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

function contents(name: string): Buffer {
  return fs.readFileSync(join(directory, name))
}

function writeDurably(
  file: DiskFile,
  bytes: Uint8Array[],
  position: number,
): Promise<Error | null> {
  return new Promise((done) => file.writeDurably(bytes, position, done))
}

function createLater(
  disk: NodeDisk,
  name: string,
  head: Uint8Array,
  size: number,
): Promise<[Error | null, DiskFile | null]> {
  return new Promise((done) => {
    disk.createLater(name, head, size, (error, file) => done([error, file]))
  })
}

describe('a file that is made', () => {
  test('is written aside, synced, renamed, and its name synced', () => {
    const { system, calls } = traced(directory)
    const disk = new NodeDisk(directory, { system })
    disk.create('a', Buffer.from('head'), 8192)
    expect(calls).toEqual([
      'write a.tmp',
      'write a.tmp',
      'fsync a.tmp',
      'rename a.tmp a',
      'fsync .',
    ])
    expect(contents('a')).toEqual(Buffer.concat([Buffer.from('head'), Buffer.alloc(8188)]))
    expect(fs.readdirSync(directory)).toEqual(['a'])
  })

  test('later, is the same, and comes back open', async () => {
    const disk = new NodeDisk(directory)
    const size = 3 * 1024 * 1024 + 100
    const [error, file] = await createLater(disk, 'a', Buffer.from('head'), size)
    expect(error).toBe(null)
    expect(contents('a')).toHaveLength(size)
    expect(contents('a').indexOf('head')).toBe(0)
    expect(await writeDurably(file as DiskFile, [Buffer.from('x')], 10)).toBe(null)
    expect(contents('a')[10]).toBe('x'.charCodeAt(0))
    file?.close()
    expect(fs.readdirSync(directory)).toEqual(['a'])
  })

  test('later, is synced before it is renamed, and its name after that', async () => {
    const synced: string[] = []
    const { system } = traced(directory, {
      promises: {
        ...fs.promises,
        open: async (path: fs.PathLike, flags?: string | number) => {
          const handle = await fs.promises.open(path, flags)
          const sync = handle.sync.bind(handle)
          handle.sync = () => {
            const name = String(path).slice(directory.length + 1) || '.'
            synced.push(`${name}, with ${fs.readdirSync(directory)}`)
            return sync()
          }
          return handle
        },
      },
    })
    const [, file] = await createLater(
      new NodeDisk(directory, { system }),
      'a',
      new Uint8Array(1),
      4096,
    )
    file?.close()
    expect(synced).toEqual(['a.tmp, with a.tmp', '., with a'])
  })

  test('replaces another of its name', async () => {
    const disk = new NodeDisk(directory)
    disk.create('a', Buffer.from('one'), 100)
    disk.create('a', Buffer.from('two'), 50)
    expect(contents('a')).toHaveLength(50)
    const [, file] = await createLater(disk, 'a', Buffer.from('three'), 70)
    file?.close()
    expect(contents('a').toString('latin1', 0, 5)).toBe('three')
  })

  test('leaves nothing behind where it cannot be made', async () => {
    const full = Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' })
    const { system } = traced(directory, {
      fsyncSync: () => {
        throw full
      },
      promises: {
        ...fs.promises,
        open: async (path: fs.PathLike, flags?: string | number) => {
          const handle = await fs.promises.open(path, flags)
          handle.write = () => Promise.reject(full)
          return handle
        },
      },
    })
    const disk = new NodeDisk(directory, { system })
    expect(() => disk.create('a', new Uint8Array(1), 100)).toThrow(full)
    expect(fs.readdirSync(directory)).toEqual([])
    expect(await createLater(disk, 'a', new Uint8Array(1), 100)).toEqual([full, null])
    expect(fs.readdirSync(directory)).toEqual([])
  })
})

describe('a directory', () => {
  test('is made with those above it, each synced into the one above', () => {
    const { system, calls } = traced(directory)
    const deep = join(directory, 'a', 'b', 'c')
    new NodeDisk(deep, { system })
    expect(calls).toEqual(['fsync .', 'fsync a', 'fsync a/b'])
    expect(fs.statSync(deep).isDirectory()).toBe(true)
    calls.length = 0
    new NodeDisk(deep, { system })
    expect(calls).toEqual([])
  })

  test('is synced before its names are told, and after one is removed', () => {
    const { system, calls } = traced(directory)
    const disk = new NodeDisk(directory, { system })
    fs.writeFileSync(join(directory, 'b'), 'x')
    expect(disk.list()).toEqual(['b'])
    disk.remove('b')
    expect(calls).toEqual(['fsync .', 'unlink b', 'fsync .'])
    expect(disk.list()).toEqual([])
  })

  test('is an error where the system denies what should be above it', () => {
    // As /proc does. Node's recursive way tries for ever there.
    const mkdirSync = ((path: string, options?: { recursive?: boolean }) => {
      expect(options?.recursive ?? false).toBe(false)
      throw Object.assign(new Error(`ENOENT: mkdir '${path}'`), { code: 'ENOENT' })
    }) as typeof fs.mkdirSync
    const path = join(directory, 'denied', 'x')
    expect(() => new NodeDisk(path, { system: { ...fs, mkdirSync } })).toThrow(/ENOENT.*denied'$/)
  })

  test('that cannot be one is an error', () => {
    fs.writeFileSync(join(directory, 'file'), '')
    expect(() => new NodeDisk(join(directory, 'file'))).toThrow(/EEXIST|ENOTDIR/)
  })
})

test('overwriting is durable before it returns', () => {
  const { system, calls } = traced(directory)
  const disk = new NodeDisk(directory, { system })
  disk.create('a', Buffer.from('head'), 64)
  calls.length = 0
  disk.overwrite('a', Buffer.from('xy'), 1)
  expect(calls).toEqual(['write a', 'fdatasync a'])
  expect(Buffer.from(disk.read('a')).toString('latin1', 0, 4)).toBe('hxyd')
  expect(() => disk.overwrite('none', new Uint8Array(1), 0)).toThrow('ENOENT')
  expect(() => disk.read('none')).toThrow('ENOENT')
  expect(() => disk.open('none')).toThrow('ENOENT')
})
