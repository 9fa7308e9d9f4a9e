/**
 * A directory on a disk that a test can fill and empty: a small file system of its own where that
 * may be mounted, else one whose processes are told so by full-disk.mjs.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const preload = fileURLToPath(new URL('./full-disk.mjs', import.meta.url))

/** For the environment of processes that are to find the disk full where none can be mounted. */
export const preloaded: NodeJS.ProcessEnv = { NODE_OPTIONS: `--import ${preload}` }

export class SmallDisk {
  readonly folder: string
  /** A file system of its own; otherwise it is full for those who have {@link environment}. */
  readonly isMounted: boolean

  constructor(folder: string, bytes: number) {
    this.folder = folder
    mkdirSync(folder)
    const args = ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]
    this.isMounted = spawnSync('mount', args, { stdio: 'ignore' }).status === 0
  }

  get environment(): NodeJS.ProcessEnv {
    return this.isMounted ? {} : preloaded
  }

  /** `directory`: of the server, in the folder. */
  fill(directory: string): void {
    if (!this.isMounted) {
      writeFileSync(join(this.folder, `${directory}.full`), '')
      return
    }
    const ballast = openSync(join(this.folder, 'ballast'), 'w')
    const page = new Uint8Array(4096).fill(1)
    try {
      for (;;) writeSync(ballast, page)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(ballast)
    }
  }

  empty(directory: string): void {
    rmSync(join(this.folder, this.isMounted ? 'ballast' : `${directory}.full`))
  }

  /** Once no process has a file on it any more. */
  remove(): void {
    if (this.isMounted) spawnSync('umount', ['-l', this.folder], { stdio: 'ignore' })
  }
}
