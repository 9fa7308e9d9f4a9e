/**
 * A process of its own that outlives the torture by a moment: where the torture is killed and
 * cannot clean up, the warden ends the servers, which may be standing still and could not end by
 * themselves, and removes the folder. It learns of them by lines on its standard input, and acts
 * when that ends.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const kontikiPath = fileURLToPath(new URL('../../../bin/kontiki.js', import.meta.url))

/** The torture's end of the line. */
export class Warden {
  readonly #child: ChildProcess

  constructor() {
    this.#child = spawn(process.execPath, [kontikiPath, 'torture', 'warden'], {
      // A group of its own: Ctrl-C on the terminal is not for it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#child.on('error', () => {})
    this.#child.stdin?.on('error', () => {})
    // Nothing waits for it: it ends when we do.
    this.#child.unref()
  }

  /** The process is to end with us. */
  watch(pid: number): void {
    this.#tell('watch', pid)
  }

  /** The process has ended by itself. */
  forget(pid: number): void {
    this.#tell('forget', pid)
  }

  /** The folder is to be removed. */
  sweep(folder: string): void {
    this.#tell('sweep', folder)
  }

  /** All is done, and the folder's fate decided. */
  dismiss(): void {
    this.#tell('dismiss', '')
    this.#child.stdin?.end()
  }

  #tell(what: string, about: string | number): void {
    this.#child.stdin?.write(`${what} ${about}\n`)
  }
}

/** What the warden's process does. */
export async function keepWatch(input: NodeJS.ReadableStream): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  const pids = new Set<number>()
  const folders = new Set<string>()
  for await (const line of createInterface(input)) {
    const [what = '', ...rest] = line.split(' ')
    const about = rest.join(' ')
    if (what === 'watch') pids.add(Number(about))
    else if (what === 'forget') pids.delete(Number(about))
    else if (what === 'sweep') folders.add(about)
    else if (what === 'dismiss') folders.clear()
  }
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}
