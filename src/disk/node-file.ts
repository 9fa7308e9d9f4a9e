/**
 * One open file for {@link NodeDisk}: writes at explicit positions, continued when they are short,
 * and made durable in one of three ways. No error is retried: after a failed sync the system may
 * call clean what it never wrote, and a second sync would report success.
 */
import type * as fs from 'node:fs'
import { assert } from '../base/assert.ts'
import type { DiskFile } from '../ports/index.ts'

/** The part of node:fs that is used, so that tests can make it fail. */
export type FileSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'fdatasync'
  | 'fdatasyncSync'
  | 'fstatSync'
  | 'fsyncSync'
  | 'mkdirSync'
  | 'rmdirSync'
  | 'openSync'
  | 'promises'
  | 'read'
  | 'readFileSync'
  | 'readSync'
  | 'readdirSync'
  | 'renameSync'
  | 'statSync'
  | 'unlinkSync'
  | 'writev'
  | 'writevSync'
>

/**
 * `dsync`: one write to a descriptor opened with O_DSYNC, one trip through the thread pool.
 * `fdatasync`: a write and an fdatasync, two trips. `blocking`: both as synchronous calls: least
 * work, but nothing else happens in the process while the disk is at it.
 */
export type Durability = 'dsync' | 'fdatasync' | 'blocking'

type Done = (error: Error | null) => void

export class NodeFile implements DiskFile {
  readonly #system: FileSystem
  readonly #durability: Durability
  readonly #descriptor: number
  /** The same file opened with O_DSYNC, for `dsync`. */
  readonly #durableDescriptor: number | null
  #underWay = 0
  #isClosing = false

  constructor(
    system: FileSystem,
    durability: Durability,
    descriptor: number,
    durableDescriptor: number | null,
  ) {
    assert((durability === 'dsync') === (durableDescriptor !== null), 'dsync has its descriptor')
    this.#system = system
    this.#durability = durability
    this.#descriptor = descriptor
    this.#durableDescriptor = durableDescriptor
  }

  writeDurably(bytes: readonly Uint8Array[], position: number, done: Done): void {
    const ended = this.#begin(done)
    if (this.#durability === 'blocking') {
      this.#writeBlocking(bytes, position, ended)
      return
    }
    if (this.#durableDescriptor !== null) {
      writeAll(this.#system, this.#durableDescriptor, bytes, position, ended)
      return
    }
    writeAll(this.#system, this.#descriptor, bytes, position, (error) => {
      if (error !== null) ended(error)
      else this.#system.fdatasync(this.#descriptor, ended)
    })
  }

  write(bytes: readonly Uint8Array[], position: number, done: Done): void {
    writeAll(this.#system, this.#descriptor, bytes, position, this.#begin(done))
  }

  close(): void {
    assert(!this.#isClosing, 'a file is closed once')
    this.#isClosing = true
    this.#closeWhenQuiet()
  }

  #writeBlocking(bytes: readonly Uint8Array[], position: number, ended: Done): void {
    let failure: Error | null = null
    try {
      writeAllSync(this.#system, this.#descriptor, bytes, position)
      this.#system.fdatasyncSync(this.#descriptor)
    } catch (error) {
      failure = error as Error
    }
    setImmediate(() => ended(failure))
  }

  #begin(done: Done): Done {
    assert(!this.#isClosing, 'nothing is written to a file that was closed')
    this.#underWay++
    return (error) => {
      // Node reports success as null or as undefined, depending on the call.
      done(error ?? null)
      this.#underWay--
      this.#closeWhenQuiet()
    }
  }

  #closeWhenQuiet(): void {
    if (!this.#isClosing || this.#underWay > 0) return
    this.#system.closeSync(this.#descriptor)
    if (this.#durableDescriptor !== null) this.#system.closeSync(this.#durableDescriptor)
  }
}

/**
 * Writes all of it, however many calls that takes. (That one writev takes at most 1024 buffers is
 * seen to inside Node.)
 */
function writeAll(
  system: FileSystem,
  descriptor: number,
  bytes: readonly Uint8Array[],
  position: number,
  done: Done,
): void {
  system.writev(descriptor, bytes, position, (error, written) => {
    if (error !== null) {
      done(error)
      return
    }
    const rest = after(bytes, written)
    if (rest.length === 0) done(null)
    else if (written === 0) done(new Error('the write wrote nothing'))
    else writeAll(system, descriptor, rest, position + written, done)
  })
}

/** As {@link writeAll}, before it returns. Throws where it cannot. */
export function writeAllSync(
  system: FileSystem,
  descriptor: number,
  bytes: readonly Uint8Array[],
  position: number,
): void {
  let rest = bytes
  let at = position
  while (rest.length > 0) {
    const written = system.writevSync(descriptor, rest, at)
    rest = after(rest, written)
    at += written
    if (written === 0 && rest.length > 0) throw new Error('the write wrote nothing')
  }
}

/** What is left of the buffers after so many bytes. */
function after(bytes: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let left = written
  let at = 0
  while (at < bytes.length && left >= (bytes[at] as Uint8Array).length) {
    left -= (bytes[at] as Uint8Array).length
    at++
  }
  if (at === bytes.length) return []
  return [(bytes[at] as Uint8Array).subarray(left), ...bytes.slice(at + 1)]
}
