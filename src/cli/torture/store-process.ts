/**
 * One server of a key-value store as a child process that is killed, stopped and started again.
 * Everything it says goes into a file. It ends with us, even where we are killed: see warden.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Warden } from './warden.ts'

/** How long a server may take to listen; starting Node on a busy machine is most of it. */
const startTimeoutMs = 30_000

/** The server could not be started, or has ended by itself; the message is for people. */
export class StoreProcessError extends Error {
  readonly code = 'STORE_PROCESS'
  override readonly name = 'StoreProcessError'
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface StorePlace {
  readonly id: string
  /** The program and its arguments, for Node. */
  readonly args: readonly string[]
  /** Where what it says is kept. */
  readonly logPath: string
}

export class StoreProcess {
  readonly place: StorePlace
  readonly #warden: Warden
  readonly #diedByItself: (how: string) => void
  #child: ChildProcess | null = null
  #ended: Promise<void> = Promise.resolve()
  #endIsWanted = false
  #isListening = false
  #isPaused = false
  /** Its last words say why it ended, if anything does. */
  #lastSaid = ''

  constructor(place: StorePlace, warden: Warden, diedByItself: (how: string) => void) {
    this.place = place
    this.#warden = warden
    this.#diedByItself = diedByItself
  }

  /** There is a process, though it may not listen yet. */
  get isRunning(): boolean {
    return this.#child !== null
  }

  /** It listens, though it may stand still. */
  get isUp(): boolean {
    return this.#isListening
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Starts the process; resolves when it listens. */
  start(): Promise<void> {
    const child = spawn(process.execPath, [...this.place.args], {
      // A group of its own: Ctrl-C on the terminal is for us, and we end the servers.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    running.add(child)
    if (child.pid !== undefined) this.#warden.watch(child.pid)
    this.#child = child
    this.#endIsWanted = false
    this.#isPaused = false
    this.#lastSaid = ''
    this.#ended = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        this.#gone(child, signal === null ? `with status ${status}` : `by ${signal}`)
        resolve()
      })
    })
    return this.#listening(child)
  }

  #listening(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (what: string): void => {
        clearTimeout(timer)
        // Who kills it while it starts wants no complaint about that.
        if (this.#endIsWanted) resolve()
        else reject(new StoreProcessError(`${this.place.id} did not start: ${what}`))
      }
      const timer = setTimeout(() => {
        fail(`it does not listen after ${startTimeoutMs / 1000} s`)
        child.kill('SIGKILL')
      }, startTimeoutMs)
      child.once('error', (error) => fail(error.message))
      child.once('close', () => fail(this.#lastSaid === '' ? 'it ended' : this.#lastSaid))
      if (child.stderr === null) return
      createInterface(child.stderr).on('line', (line) => {
        this.#hear(line)
        if (this.#isListening || !/\blistening on /.test(line)) return
        clearTimeout(timer)
        this.#isListening = true
        resolve()
      })
    })
  }

  #hear(line: string): void {
    this.#lastSaid = line
    this.#note(line)
  }

  #note(line: string): void {
    appendFileSync(this.place.logPath, `${new Date().toISOString()} ${line}\n`)
  }

  #gone(child: ChildProcess, how: string): void {
    running.delete(child)
    if (child.pid !== undefined) this.#warden.forget(child.pid)
    const hasListened = this.#isListening
    this.#child = null
    this.#isListening = false
    this.#isPaused = false
    this.#note(`ended ${how}`)
    if (hasListened && !this.#endIsWanted) this.#diedByItself(`${how}: ${this.#lastSaid}`)
  }

  /** SIGKILL: what was not handed to the disk is gone. Resolves when the process is. */
  kill(): Promise<void> {
    this.#endIsWanted = true
    this.#isListening = false
    this.#child?.kill('SIGKILL')
    return this.#ended
  }

  /** SIGSTOP: the process stands still in the middle of whatever it does. */
  pause(): void {
    this.#isPaused = true
    this.#child?.kill('SIGSTOP')
  }

  /** SIGCONT. */
  resume(): void {
    this.#isPaused = false
    this.#child?.kill('SIGCONT')
  }
}
