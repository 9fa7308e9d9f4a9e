// A file on the disk of the machine: what it calls, and what it does with short writes and errors.
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Durability, NodeDisk } from '../../src/disk/index.ts'
import type { FileSystem } from '../../src/disk/node-file.ts'
import type { DiskFile } from '../../src/ports/index.ts'
import { traced } from './traced.ts'

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

describe.each(durabilities)('a file that is open, %s', (durability) => {
  test('a durable write is one write and one sync, a plain one has no sync', async () => {
    const { system, calls } = traced(directory)
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
    const { system } = traced(directory, {
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
    const { system, calls } = traced(directory, {
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
    const { system, calls } = traced(directory, {
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
    const { system } = traced(directory, {
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
    const { system } = traced(directory, {
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
