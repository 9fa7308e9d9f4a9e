/** The calls that a disk makes of the machine, on record, some of them replaced. */
import * as fs from 'node:fs'
import type { FileSystem } from '../../src/disk/node-file.ts'

/** node:fs, with a list of what is called on what: files by name, directories as '.'. */
export function traced(
  directory: string,
  changes: Partial<FileSystem> = {},
): { system: FileSystem; calls: string[] } {
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
