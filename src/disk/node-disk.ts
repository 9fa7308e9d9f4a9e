/**
 * The disk of the machine: the `Disk` port over node:fs, for Linux and macOS (on Windows a
 * directory cannot be synced from Node). Files are made aside and renamed; directories are synced
 * like files, or a name may be gone after a power failure though its bytes are there.
 */
import * as nodeFs from 'node:fs'
import { constants } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { platform } from 'node:process'
import {
  type AsideFile,
  type Disk,
  type DiskFile,
  type ReadFile,
  temporarySuffix,
} from '../ports/index.ts'
import { NodeAsideFile, NodeReadFile } from './node-aside-file.ts'
import { type Durability, type FileSystem, NodeFile, writeAllSync } from './node-file.ts'

export interface NodeDiskOptions {
  /**
   * `dsync` by default on Linux: it saves a trip through the thread pool, which is a fifth of a
   * small save on a fast disk. Elsewhere `fdatasync`, which means the same everywhere: on macOS
   * only the call that Node makes for it reaches the medium.
   */
  readonly durability?: Durability
  readonly system?: FileSystem
}

const defaultDurability: Durability = platform === 'linux' ? 'dsync' : 'fdatasync'

/** Zeros are written in pieces of this size, so that little memory does for any file. */
const zeros: Uint8Array = new Uint8Array(1024 * 1024)

export class NodeDisk implements Disk {
  readonly path: string
  /** The same, wherever the process goes. */
  readonly #directory: string
  readonly #system: FileSystem
  readonly #durability: Durability
  /** What there was not before, from the top. */
  readonly #made: readonly string[]

  /** Makes the directory, durably, where there is none. */
  constructor(path: string, options: NodeDiskOptions = {}) {
    this.path = path
    this.#directory = resolve(path)
    this.#system = options.system ?? nodeFs
    this.#durability = options.durability ?? defaultDurability
    this.#made = makeDirectory(this.#system, this.#directory)
  }

  /** Takes back the directories that this made, as far as nothing is in them. */
  unmake(): void {
    for (const path of [...this.#made].reverse()) {
      try {
        this.#system.rmdirSync(path)
      } catch {
        // Somebody has put something there since.
        return
      }
    }
  }

  list(): string[] {
    syncDirectory(this.#system, this.#directory)
    return this.#system.readdirSync(this.#directory)
  }

  read(name: string): Uint8Array {
    return this.#system.readFileSync(join(this.#directory, name))
  }

  open(name: string): DiskFile {
    const system = this.#system
    const path = join(this.#directory, name)
    const descriptor = system.openSync(path, constants.O_RDWR)
    if (this.#durability !== 'dsync') {
      return new NodeFile(system, this.#durability, descriptor, null)
    }
    try {
      const durable = system.openSync(path, constants.O_RDWR | constants.O_DSYNC)
      return new NodeFile(system, 'dsync', descriptor, durable)
    } catch (error) {
      system.closeSync(descriptor)
      throw error
    }
  }

  create(name: string, head: Uint8Array, size: number): void {
    const system = this.#system
    const aside = join(this.#directory, name + temporarySuffix)
    try {
      const descriptor = system.openSync(aside, 'w')
      try {
        for (const { bytes, position } of pieces(head, size)) {
          writeAllSync(system, descriptor, [bytes], position)
        }
        system.fsyncSync(descriptor)
      } finally {
        system.closeSync(descriptor)
      }
      system.renameSync(aside, join(this.#directory, name))
    } catch (error) {
      this.#removeAside(aside)
      throw error
    }
    syncDirectory(system, this.#directory)
  }

  createLater(
    name: string,
    head: Uint8Array,
    size: number,
    done: (error: Error | null, file: DiskFile | null) => void,
  ): void {
    this.#createAside(name, head, size).then(
      (file) => done(null, file),
      (error: Error) => done(error, null),
    )
  }

  overwrite(name: string, bytes: Uint8Array, position: number): void {
    const system = this.#system
    const descriptor = system.openSync(join(this.#directory, name), constants.O_RDWR)
    try {
      writeAllSync(system, descriptor, [bytes], position)
      system.fdatasyncSync(descriptor)
    } finally {
      system.closeSync(descriptor)
    }
  }

  remove(name: string): void {
    this.#system.unlinkSync(join(this.#directory, name))
    syncDirectory(this.#system, this.#directory)
  }

  removeLater(name: string, done: (error: Error | null) => void): void {
    this.#system.promises
      .unlink(join(this.#directory, name))
      .then(() => this.#syncLater())
      .then(
        () => done(null),
        (error: Error) => done(error),
      )
  }

  createAside(aside: string): AsideFile {
    const path = join(this.#directory, aside)
    return new NodeAsideFile(
      this.#system,
      path,
      (name) => join(this.#directory, name),
      () => this.#syncLater(),
    )
  }

  openToRead(name: string): ReadFile {
    return new NodeReadFile(this.#system, join(this.#directory, name))
  }

  async #syncLater(): Promise<void> {
    const directory = await this.#system.promises.open(this.#directory, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }

  async #createAside(name: string, head: Uint8Array, size: number): Promise<DiskFile> {
    const { open, rename } = this.#system.promises
    const aside = join(this.#directory, name + temporarySuffix)
    try {
      const handle = await open(aside, 'w')
      try {
        for (const { bytes, position } of pieces(head, size)) {
          await writeFully(handle, bytes, position)
        }
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(aside, join(this.#directory, name))
    } catch (error) {
      this.#removeAside(aside)
      throw error
    }
    await this.#syncLater()
    return this.open(name)
  }

  /** Gives back the space. What failed before is what matters, so a failure here is not told. */
  #removeAside(aside: string): void {
    try {
      this.#system.unlinkSync(aside)
    } catch {
      // Opening the log removes what is left.
    }
  }
}

async function writeFully(
  handle: nodeFs.promises.FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const rest = bytes.length - written
    const { bytesWritten } = await handle.write(bytes, written, rest, position + written)
    if (bytesWritten === 0) throw new Error('the write wrote nothing')
    written += bytesWritten
  }
}

/** `head` and then zeros up to `size`. */
function* pieces(
  head: Uint8Array,
  size: number,
): Generator<{ bytes: Uint8Array; position: number }> {
  yield { bytes: head, position: 0 }
  for (let position = head.length; position < size; position += zeros.length) {
    yield { bytes: zeros.subarray(0, Math.min(zeros.length, size - position)), position }
  }
}

/**
 * Makes what is missing of the path, from the top, each name durable above it. One by one: Node's
 * own recursive way never returns where the system denies even an existing parent (/proc). Returns
 * what was made.
 */
function makeDirectory(system: FileSystem, path: string): string[] {
  if (isDirectory(system, path)) return []
  const above = dirname(path)
  const made = above === path ? [] : makeDirectory(system, above)
  try {
    system.mkdirSync(path)
  } catch (error) {
    // Somebody else may have been faster.
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    if (isThere && isDirectory(system, path)) return made
    for (const other of made.reverse()) system.rmdirSync(other)
    throw error
  }
  syncDirectory(system, above)
  return [...made, path]
}

function isDirectory(system: FileSystem, path: string): boolean {
  return system.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function syncDirectory(system: FileSystem, path: string): void {
  const descriptor = system.openSync(path, 'r')
  try {
    system.fsyncSync(descriptor)
  } finally {
    system.closeSync(descriptor)
  }
}
