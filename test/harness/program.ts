/**
 * Our programs as child processes: started with a folder of their own, spoken to by lines, and
 * killed without mercy. Whatever is left when the tests end is killed with them.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LineSplitter } from '../../src/cli/line-splitter.ts'
import { deadlineMs, waitFor } from './waiting.ts'

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** How a process ended. */
export interface End {
  readonly status: number | null
  readonly signal: string | null
}

export interface ProgramOptions {
  readonly folder: string
  readonly args: readonly string[]
  /** Run by a shell before the program takes its place: `ulimit -f 10`, say. */
  readonly shell?: string
}

export class Program {
  readonly child: ChildProcess
  /** Lines of standard output that nobody has taken, and all lines of standard error. */
  readonly output: string[] = []
  readonly errors: string[] = []
  readonly ended: Promise<End>
  #end: End | null = null

  /** `name`: a file of bin/ without its ending. */
  constructor(name: 'raftserver' | 'raftclient', options: ProgramOptions) {
    const path = fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url))
    const { folder, args, shell } = options
    const own = [process.execPath, path, ...args]
    const [command, ...rest] =
      shell === undefined ? own : ['bash', '-c', `${shell}; exec "$@"`, 'bash', ...own]
    const child = spawn(command as string, rest, {
      cwd: folder,
      // A server whose channel to us closes ends too, however we end.
      stdio: ['pipe', 'pipe', 'pipe', ...(name === 'raftserver' ? (['ipc'] as const) : [])],
    })
    this.child = child
    running.add(child)
    child.stdin?.on('error', () => {})
    this.#collect(child.stdout, this.output)
    this.#collect(child.stderr, this.errors)
    this.ended = this.#untilEnd(child)
  }

  /** Not 'close': to Node a channel that we close ourselves never has closed. */
  async #untilEnd(child: ChildProcess): Promise<End> {
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
    const closings = streams.map((stream) => once(stream, 'close'))
    const [status, signal] = (await once(child, 'exit')) as [number | null, string | null]
    running.delete(child)
    await Promise.all(closings)
    this.#end = { status, signal }
    return this.#end
  }

  get isRunning(): boolean {
    return this.#end === null
  }

  #collect(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    const splitter = new LineSplitter()
    stream?.on('data', (piece: Uint8Array) => lines.push(...splitter.push(piece)))
    stream?.on('end', () => lines.push(...splitter.end()))
  }

  /** Gives it lines on standard input. */
  type(...lines: string[]): void {
    this.child.stdin?.write(lines.map((line) => `${line}\n`).join(''))
  }

  /** The lines that it answers up to an empty one, which is left out. */
  async answer(): Promise<string[]> {
    await waitFor('an answer that ends with an empty line', () => {
      if (!this.isRunning) throw new Error(`it has ended: ${this.errors.join(' / ')}`)
      return this.output.includes('')
    })
    const lines = this.output.splice(0, this.output.indexOf('') + 1)
    return lines.slice(0, -1)
  }

  /** Waits for a line of standard error. */
  async says(pattern: RegExp): Promise<string> {
    return await waitFor(`it says ${pattern}`, () => {
      const line = this.errors.find((one) => pattern.test(one))
      if (line !== undefined) return line
      if (!this.isRunning) throw new Error(`it has ended: ${this.errors.join(' / ')}`)
      return null
    })
  }

  /** Waits for its end, and kills it where that does not come. */
  async end(timeoutMs: number = deadlineMs): Promise<End> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs)
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }

  /** Power loss, as far as a process can have it. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}
