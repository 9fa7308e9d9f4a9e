/**
 * A server under test: any program that takes `host:port file` as its last two arguments. Nothing
 * is expected of what it prints; it is spoken to through its socket and standard input, and judged
 * by datagrams and its log file. An exit of this process kills it, and what it has started.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileNameFor, parseAddress } from '../../course/index.ts'

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) killGroup(child)
})

/** What of its last words is kept for a report. */
const wordsMax = 2000

export class Subject {
  readonly id: string
  readonly #folder: string
  readonly #child: ChildProcess
  #words = ''
  #output = ''
  #end: string | null = null
  #status: number | null = null
  #endIsWanted = false
  readonly ended: Promise<void>

  constructor(command: readonly string[], id: string, listFile: string, folder: string) {
    this.id = id
    this.#folder = folder
    const [program = '', ...args] = command.map(absolute)
    const child = spawn(program, [...args, id, listFile], {
      cwd: folder,
      // A group of its own: `go run` and the like start the server as a child of theirs.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    running.add(child)
    child.stdin.on('error', () => {})
    child.stdout.on('data', (text) => {
      this.#output = `${this.#output}${text}`.slice(-wordsMax)
    })
    child.stderr.on('data', (text) => {
      this.#words = `${this.#words}${text}`.slice(-wordsMax)
    })
    this.ended = new Promise((done) => {
      child.once('error', (error) => {
        this.#end = error.message
        done()
      })
      child.once('close', (status, signal) => {
        this.#status = status
        this.#end ??= signal === null ? `with status ${status}` : `by ${signal}`
        done()
      })
    })
  }

  /** How it ended, where nobody had asked it to; null while it runs. */
  get death(): string | null {
    return this.#endIsWanted ? null : this.#end
  }

  get hasEnded(): boolean {
    return this.#end !== null
  }

  get status(): number | null {
    return this.#status
  }

  /** What it said last, on standard error. */
  get lastWords(): string {
    return this.#words.trim().split('\n').at(-1) ?? ''
  }

  /** The end of its standard output. */
  get output(): string {
    return this.#output
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** The whole lines of its log file, under the handout's name or that of earlier years. */
  logLines(): string[] {
    const text = this.logText()
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1)
  }

  logText(): string {
    const name = fileNameFor(parseAddress(this.id), 'log')
    const path = [name, `server-${name}`].map((file) => join(this.#folder, file)).find(existsSync)
    return path === undefined ? '' : readFileSync(path, 'latin1')
  }

  async kill(): Promise<void> {
    this.#endIsWanted = true
    killGroup(this.#child)
    await this.ended
    running.delete(this.#child)
  }
}

/** A path that is relative to where we were called is so no longer in the server's folder. */
function absolute(word: string, place: number): string {
  const isPath = place === 0 ? word.includes('/') : !word.startsWith('-') && existsSync(word)
  return isPath ? resolve(word) : word
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has gone already.
  }
}
