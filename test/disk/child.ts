/** Child processes that print lines, with a deadline on everything that is waited for. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const deadlineMs = 20_000

export class Child {
  readonly process: ChildProcess
  readonly lines: string[] = []
  stderr = ''
  readonly #changed: (() => void)[] = []

  constructor(command: string, args: readonly string[], standardInput: 'pipe' | 'ignore' = 'pipe') {
    this.process = spawn(command, args, { stdio: [standardInput, 'pipe', 'pipe'] })
    const { stdout, stderr } = this.process
    if (stdout === null || stderr === null) throw new Error('the child has no output')
    createInterface({ input: stdout }).on('line', (line) => {
      this.lines.push(line)
      for (const changed of this.#changed.splice(0)) changed()
    })
    stderr.on('data', (bytes) => {
      this.stderr += String(bytes)
    })
  }

  get pid(): number {
    return this.process.pid as number
  }

  /** Waits until the child has printed so many lines. */
  async printed(count: number): Promise<void> {
    await inTime(`line ${count}`, this.#hasPrinted(count), () => this.stderr)
  }

  async #hasPrinted(count: number): Promise<void> {
    while (this.lines.length < count) {
      await new Promise<void>((changed) => this.#changed.push(changed))
    }
  }

  /** The exit code, or the signal that ended it. */
  async ended(): Promise<number | string> {
    const { exitCode, signalCode } = this.process
    const already = exitCode ?? signalCode
    if (already !== null) return already
    const [code, signal] = await inTime('the end', once(this.process, 'close'), () => this.stderr)
    return (code ?? signal) as number | string
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended()
  }
}

async function inTime<T>(what: string, waited: Promise<T>, stderr: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(
      () => failed(new Error(`${what} of a child did not come: ${stderr()}`)),
      deadlineMs,
    )
  })
  try {
    return await Promise.race([waited, late])
  } finally {
    clearTimeout(timer)
  }
}
