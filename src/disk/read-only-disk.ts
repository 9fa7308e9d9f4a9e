/**
 * A directory that is looked at and nothing more: the reading half of the `Disk` port. Whatever
 * would change something is a bug of the caller's.
 */
import * as nodeFs from 'node:fs'
import { join, resolve } from 'node:path'
import { broken } from '../base/assert.ts'
import type { AsideFile, Disk, DiskFile, ReadFile } from '../ports/index.ts'
import { NodeReadFile } from './node-aside-file.ts'

export class ReadOnlyDisk implements Disk {
  readonly path: string
  readonly #directory: string

  /** The directory must be there. */
  constructor(path: string) {
    this.path = path
    this.#directory = resolve(path)
  }

  list(): string[] {
    return nodeFs.readdirSync(this.#directory)
  }

  read(name: string): Uint8Array {
    return nodeFs.readFileSync(join(this.#directory, name))
  }

  openToRead(name: string): ReadFile {
    return new NodeReadFile(nodeFs, join(this.#directory, name))
  }

  open(): DiskFile {
    return refuse()
  }

  create(): void {
    refuse()
  }

  createLater(): void {
    refuse()
  }

  overwrite(): void {
    refuse()
  }

  remove(): void {
    refuse()
  }

  removeLater(): void {
    refuse()
  }

  createAside(): AsideFile {
    return refuse()
  }
}

function refuse(): never {
  return broken('a directory that is only looked at is not changed')
}
