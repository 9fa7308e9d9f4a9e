/** The log file on the real disk: see src/course/log-file.ts for what is written and when. */
import * as fs from 'node:fs'
import type { LineFile } from '../../course/index.ts'
import { systemReason } from '../program.ts'

export class NodeLineFile implements LineFile {
  readonly path: string
  readonly size: number
  readonly #descriptor: number

  /** Opens the file, and makes it where there is none. Throws an error for people to read. */
  constructor(path: string, startsAnew: boolean) {
    this.path = path
    try {
      this.#descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666)
      const stat = fs.fstatSync(this.#descriptor)
      if (!stat.isFile()) throw new Error('it is not a regular file')
      if (startsAnew) fs.ftruncateSync(this.#descriptor)
      this.size = startsAnew ? 0 : stat.size
    } catch (error) {
      throw new Error(`cannot open the log file ${path}: ${systemReason(error)}`)
    }
  }

  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let got = 0
    while (got < length) {
      const count = fs.readSync(this.#descriptor, bytes, got, length - got, position + got)
      if (count === 0) break
      got += count
    }
    return bytes.subarray(0, got)
  }

  write(bytes: Uint8Array, position: number, done: (error: Error | null) => void): void {
    fs.write(this.#descriptor, bytes, 0, bytes.length, position, (error, written) => {
      if (error !== null) done(reasonOf(error))
      else if (written === bytes.length) done(null)
      else if (written === 0) done(new Error('the write wrote nothing'))
      // A full disk takes what it has room for; writing the rest tells why.
      else this.write(bytes.subarray(written), position + written, done)
    })
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }
}

/** In words for people, and with the system's code. */
function reasonOf(error: NodeJS.ErrnoException): Error {
  return Object.assign(new Error(systemReason(error)), { code: error.code })
}
