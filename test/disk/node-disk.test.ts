// The disk of the machine: what it calls, in what order, and what it does with short writes and
// errors.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Durability, NodeDisk } from '../../src/disk/index.ts'
import type { FileSystem } from '../../src/disk/node-file.ts'
import type { DiskFile } from '../../src/ports/index.ts'

const durabilities: readonly Durability[] = ['fdatasync', 'dsync', 'blocking']

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

function write(file: DiskFile, bytes: Uint8Array[], position: number): Promise<Error | null> {
  return new Promise((done) => file.write(bytes, position, done))
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

/** node:fs, with a list of what is called on what: files by name, directories as '.'. */
function traced(changes: Partial<FileSystem> = {}): { system: FileSystem; calls: string[] } {
  const calls: string[] = []
  const open = new Map<number, string>()
  const nameOf = (path: unknown): string => {
    const name = String(path).slice(directory.length + 1)
    return name === '' ? '.' : name
  }
  const base = { ...fs, ...changes }
  const record = (what: string, descriptor: number): void => {
    calls.push(`${what} ${open.get(descriptor)}`)
  }
  const system = {
    ...base,
    openSync: (path: fs.PathLike, flags: fs.OpenMode) => {
      const descriptor = base.openSync(path, flags)
      open.set(descriptor, nameOf(path))
      return descriptor
    },
    fsyncSync: (descriptor: number) => {
      record('fsync', descriptor)
      base.fsyncSync(descriptor)
    },
    fdatasyncSync: (descriptor: number) => {
      record('fdatasync', descriptor)
      base.fdatasyncSync(descriptor)
    },
    writevSync: (descriptor: number, bytes: Uint8Array[], position: number) => {
      record('write', descriptor)
      return base.writevSync(descriptor, bytes, position)
    },
    writev: (descriptor: number, bytes: Uint8Array[], position: number, done: never) => {
      record('write', descriptor)
      base.writev(descriptor, bytes, position, done)
    },
    fdatasync: (descriptor: number, done: fs.NoParamCallback) => {
      record('fdatasync', descriptor)
      base.fdatasync(descriptor, done)
    },
    renameSync: (from: fs.PathLike, to: fs.PathLike) => {
      calls.push(`rename ${nameOf(from)} ${nameOf(to)}`)
      base.renameSync(from, to)
    },
    unlinkSync: (path: fs.PathLike) => {
      calls.push(`unlink ${nameOf(path)}`)
      base.unlinkSync(path)
    },
  }
  return { system: system as unknown as FileSystem, calls }
}

describe('a file that is made', () => {
  test('is written aside, synced, renamed, and its name synced', () => {
    const { system, calls } = traced()
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
    const { system } = traced({
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
    const { system } = traced({
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
    const { system, calls } = traced()
    const deep = join(directory, 'a', 'b', 'c')
    new NodeDisk(deep, { system })
    expect(calls).toEqual(['fsync a/b', 'fsync a', 'fsync .'])
    expect(fs.statSync(deep).isDirectory()).toBe(true)
    calls.length = 0
    new NodeDisk(deep, { system })
    expect(calls).toEqual([])
  })

  test('is synced before its names are told, and after one is removed', () => {
    const { system, calls } = traced()
    const disk = new NodeDisk(directory, { system })
    fs.writeFileSync(join(directory, 'b'), 'x')
    expect(disk.list()).toEqual(['b'])
    disk.remove('b')
    expect(calls).toEqual(['fsync .', 'unlink b', 'fsync .'])
    expect(disk.list()).toEqual([])
  })

  test('that cannot be one is an error', () => {
    fs.writeFileSync(join(directory, 'file'), '')
    expect(() => new NodeDisk(join(directory, 'file'))).toThrow(/EEXIST|ENOTDIR/)
  })
})

describe.each(durabilities)('a file that is open, %s', (durability) => {
  test('a durable write is one write and one sync, a plain one has no sync', async () => {
    const { system, calls } = traced()
    const disk = new NodeDisk(directory, { system, durability })
    disk.create('a', new Uint8Array(1), 4096)
    const file = disk.open('a')
    calls.length = 0
    expect(await writeDurably(file, [Buffer.from('one'), Buffer.from('two')], 100)).toBe(null)
    const synced = durability === 'dsync' ? [] : ['fdatasync a']
    expect(calls).toEqual(['write a', ...synced])
    calls.length = 0
    expect(await write(file, [Buffer.from('three')], 200)).toBe(null)
    expect(calls).toEqual(['write a'])
    file.close()
    expect(contents('a').toString('latin1', 100, 106)).toBe('onetwo')
    expect(contents('a').toString('latin1', 200, 205)).toBe('three')
  })

  test('the callback comes later, never from inside the call', async () => {
    const disk = new NodeDisk(directory, { durability })
    disk.create('a', new Uint8Array(1), 4096)
    const file = disk.open('a')
    let isInside = true
    const seen: boolean[] = []
    const ends = [
      new Promise<void>((end) =>
        file.writeDurably([new Uint8Array(1)], 0, () => {
          seen.push(isInside)
          end()
        }),
      ),
      new Promise<void>((end) =>
        file.write([new Uint8Array(1)], 0, () => {
          seen.push(isInside)
          end()
        }),
      ),
    ]
    isInside = false
    await Promise.all(ends)
    expect(seen).toEqual([false, false])
    file.close()
  })

  test('a file that is closed while a write is under way is closed after it', async () => {
    const closed: number[] = []
    const { system } = traced({
      closeSync: (descriptor) => {
        closed.push(descriptor)
        fs.closeSync(descriptor)
      },
    })
    const disk = new NodeDisk(directory, { system, durability })
    disk.create('a', new Uint8Array(1), 4096)
    closed.length = 0
    const file = disk.open('a')
    const written = writeDurably(file, [Buffer.from('x')], 5)
    file.close()
    expect(closed).toEqual([])
    expect(await written).toBe(null)
    expect(closed).toHaveLength(durability === 'dsync' ? 2 : 1)
    expect(contents('a')[5]).toBe('x'.charCodeAt(0))
    expect(() => file.write([new Uint8Array(1)], 0, () => {})).toThrow('was closed')
  })

  test('more buffers than one call takes', async () => {
    const disk = new NodeDisk(directory, { durability })
    disk.create('a', new Uint8Array(1), 8192)
    const file = disk.open('a')
    const bytes = Array.from({ length: 2500 }, (_, i) => Uint8Array.of(i & 0xff, i >> 8))
    expect(await writeDurably(file, bytes, 512)).toBe(null)
    file.close()
    expect(contents('a').subarray(512, 512 + 5000)).toEqual(Buffer.concat(bytes))
  })

  test('short writes are continued where they stopped', async () => {
    // Three bytes at a time, whatever the buffers are.
    const short = (bytes: readonly Uint8Array[]): Uint8Array[] => [
      Buffer.concat(bytes).subarray(0, 3),
    ]
    const { system, calls } = traced({
      writev: ((descriptor: number, bytes: Uint8Array[], position: number, done: never) =>
        fs.writev(descriptor, short(bytes), position, done)) as FileSystem['writev'],
      writevSync: ((descriptor: number, bytes: Uint8Array[], position: number) =>
        fs.writevSync(descriptor, short(bytes), position)) as FileSystem['writevSync'],
    })
    const disk = new NodeDisk(directory, { system, durability })
    disk.create('a', new Uint8Array(1), 64)
    const file = disk.open('a')
    calls.length = 0
    const bytes = ['ab', '', 'cdefg', 'h', 'ijkl'].map((text) => Buffer.from(text))
    expect(await writeDurably(file, bytes, 7)).toBe(null)
    expect(calls.filter((call) => call === 'write a')).toHaveLength(4)
    expect(calls.filter((call) => call === 'fdatasync a').length).toBeLessThanOrEqual(1)
    disk.overwrite('a', Buffer.from('0123456789'), 30)
    expect(contents('a').toString('latin1', 7, 19)).toBe('abcdefghijkl')
    expect(contents('a').toString('latin1', 30, 40)).toBe('0123456789')
    file.close()
  })

  test('an error is told once, and nothing is tried again', async () => {
    const broken = Object.assign(new Error('EIO: broken'), { code: 'EIO' })
    const { system, calls } = traced({
      writev: ((_d: number, _b: Uint8Array[], _p: number, done: (error: Error) => void) =>
        setImmediate(() => done(broken))) as unknown as FileSystem['writev'],
      writevSync: ((descriptor: number, bytes: Uint8Array[], position: number) => {
        if (position === 5) throw broken
        return fs.writevSync(descriptor, bytes, position)
      }) as FileSystem['writevSync'],
    })
    const disk = new NodeDisk(directory, { system, durability })
    disk.create('a', new Uint8Array(1), 64)
    const file = disk.open('a')
    calls.length = 0
    expect(await writeDurably(file, [Buffer.from('x')], 5)).toBe(broken)
    expect(calls).toEqual(['write a'])
    file.close()
  })

  test('a write that writes nothing is an error', async () => {
    const { system } = traced({
      writev: ((_d: number, _b: Uint8Array[], _p: number, done: (e: null, n: number) => void) =>
        setImmediate(() => done(null, 0))) as unknown as FileSystem['writev'],
      writevSync: ((descriptor: number, bytes: Uint8Array[], position: number) =>
        position === 5
          ? 0
          : fs.writevSync(descriptor, bytes, position)) as FileSystem['writevSync'],
    })
    const disk = new NodeDisk(directory, { system, durability })
    disk.create('a', new Uint8Array(1), 64)
    const file = disk.open('a')
    const error = await writeDurably(file, [Buffer.from('x')], 5)
    expect(error?.message).toBe('the write wrote nothing')
    file.close()
  })
})

test('a failed sync is told, whichever call it is', async () => {
  const broken = Object.assign(new Error('EIO: broken'), { code: 'EIO' })
  for (const durability of ['fdatasync', 'blocking'] satisfies Durability[]) {
    let syncs = 0
    const { system } = traced({
      fdatasync: ((_descriptor: number, done: (error: Error) => void) => {
        syncs++
        setImmediate(() => done(broken))
      }) as FileSystem['fdatasync'],
      fdatasyncSync: () => {
        syncs++
        throw broken
      },
    })
    const disk = new NodeDisk(directory, { system, durability })
    disk.create('a', new Uint8Array(1), 64)
    const file = disk.open('a')
    expect(await writeDurably(file, [Buffer.from('x')], 5)).toBe(broken)
    expect(syncs).toBe(1)
    expect(() => disk.overwrite('a', new Uint8Array(1), 0)).toThrow(broken)
    file.close()
  }
})

test('overwriting is durable before it returns', () => {
  const { system, calls } = traced()
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
