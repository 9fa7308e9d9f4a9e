/**
 * A file that is written aside and published when it is whole, and a file that is open for reading:
 * what {@link NodeDisk} gives out for snapshots.
 */
import { assert } from '../base/assert.ts'
import type { AsideFile, ReadFile } from '../ports/index.ts'
import { type FileSystem, NodeFile } from './node-file.ts'

type Done = (error: Error | null) => void

export class NodeAsideFile implements AsideFile {
  readonly #system: FileSystem
  readonly #path: string
  readonly #descriptor: number
  readonly #file: NodeFile
  readonly #pathOf: (name: string) => string
  readonly #syncDirectory: () => Promise<void>
  #isPublished = false

  constructor(
    system: FileSystem,
    path: string,
    pathOf: (name: string) => string,
    syncDirectory: () => Promise<void>,
  ) {
    this.#system = system
    this.#path = path
    this.#pathOf = pathOf
    this.#syncDirectory = syncDirectory
    this.#descriptor = system.openSync(path, 'w+')
    this.#file = new NodeFile(system, 'fdatasync', this.#descriptor, null)
  }

  write(bytes: readonly Uint8Array[], position: number, done: Done): void {
    this.#file.write(
      bytes.filter(({ length }) => length > 0),
      position,
      done,
    )
  }

  read(position: number, length: number): Uint8Array {
    return readFully(this.#system, this.#descriptor, position, length)
  }

  sync(done: Done): void {
    // The file has grown: its length is to be durable too, and fdatasync sees to what is needed
    // to read the content back. An empty write is none at all.
    this.#file.writeDurably([], 0, done)
  }

  publish(name: string, done: Done): void {
    this.#isPublished = true
    this.#system.promises
      .rename(this.#path, this.#pathOf(name))
      .then(() => this.#syncDirectory())
      .then(
        () => done(null),
        (error: Error) => done(error),
      )
  }

  close(): void {
    if (!this.#isPublished) removeQuietly(this.#system, this.#path)
    this.#file.close()
  }
}

export class NodeReadFile implements ReadFile {
  readonly size: number
  readonly #system: FileSystem
  readonly #descriptor: number
  #underWay = 0
  #isClosing = false

  constructor(system: FileSystem, path: string) {
    this.#system = system
    this.#descriptor = system.openSync(path, 'r')
    this.size = system.fstatSync(this.#descriptor).size
  }

  readNow(position: number, length: number): Uint8Array {
    return readFully(this.#system, this.#descriptor, position, length)
  }

  read(
    position: number,
    length: number,
    done: (error: Error | null, bytes: Uint8Array | null) => void,
  ): void {
    assert(!this.#isClosing, 'nothing is read from a file that was closed')
    this.#underWay++
    const bytes = new Uint8Array(length)
    this.#continue(bytes, 0, position, (error) => {
      this.#underWay--
      this.#closeWhenQuiet()
      done(error, error === null ? bytes : null)
    })
  }

  close(): void {
    assert(!this.#isClosing, 'a file is closed once')
    this.#isClosing = true
    this.#closeWhenQuiet()
  }

  #continue(bytes: Uint8Array, at: number, position: number, done: Done): void {
    const left = bytes.length - at
    this.#system.read(this.#descriptor, bytes, at, left, position + at, (error, count) => {
      if (error !== null) done(error)
      else if (count === left) done(null)
      else if (count === 0) done(new Error('the file ends early'))
      else this.#continue(bytes, at + count, position, done)
    })
  }

  #closeWhenQuiet(): void {
    if (this.#isClosing && this.#underWay === 0) this.#system.closeSync(this.#descriptor)
  }
}

function readFully(
  system: FileSystem,
  descriptor: number,
  position: number,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  while (at < length) {
    const count = system.readSync(descriptor, bytes, at, length - at, position + at)
    if (count === 0) throw new Error('the file ends early')
    at += count
  }
  return bytes
}

/** Gives back the space. A failure is not told: opening the log removes what is left. */
function removeQuietly(system: FileSystem, path: string): void {
  try {
    system.unlinkSync(path)
  } catch {
    // It may never have been made.
  }
}
