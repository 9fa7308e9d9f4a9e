/**
 * Runs `bin/kontiki.js` as a user would, in a folder that is removed afterwards, and finds what it
 * may have left running: every process below it inherits a TMPDIR that nobody else has.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const kontikiPath = fileURLToPath(new URL('../../bin/kontiki.js', import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export class Running {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>

  constructor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [kontikiPath, ...args], {
      cwd,
      env: { ...process.env, TMPDIR: cwd, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child = child
    child.stdin?.on('error', () => {})
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        resolve({ status, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  /** Resolves once standard output has it; throws with all that was said if it never does. */
  async shows(what: RegExp): Promise<void> {
    let hasEnded = false
    void this.ended.then(() => {
      hasEnded = true
    })
    await until(
      () => what.test(this.stdout) || hasEnded,
      () => this.stdout + this.stderr,
    )
    expect(this.stdout).toMatch(what)
  }
}

export interface RunningProcess {
  readonly pid: number
  readonly command: string
}

/** A folder for one test, and everything that is run in it. */
export class Workplace {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), 'kontiki-cli-')))
  readonly #runs: Running[] = []

  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    const run = new Running(args, this.folder, env)
    this.#runs.push(run)
    return run
  }

  run(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const run = this.start(args, env)
    run.child.stdin?.end(input)
    return run.ended
  }

  /** All that runs in here now. */
  processes(): RunningProcess[] {
    return processesWith(this.folder)
  }

  /** Nothing is left, at once or very soon: a killed process may take a moment to vanish. */
  async expectNothingLeft(): Promise<void> {
    const left = (): string[] => this.processes().map(({ command }) => command)
    await until(
      () => left().length === 0,
      () => `these still run: ${left().join(', ')}`,
    )
  }

  /** Also after a test that has failed half-way. */
  remove(): void {
    for (const { child } of this.#runs) child.kill('SIGKILL')
    for (const { pid } of this.processes()) process.kill(pid, 'SIGKILL')
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

export async function until(condition: () => boolean, explain: () => string): Promise<void> {
  const deadline = Date.now() + 45_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited too long; so far: ${explain()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Processes whose environment (Linux) or command line (elsewhere) names the folder. */
function processesWith(folder: string): RunningProcess[] {
  if (existsSync('/proc/self/environ')) {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return pids.map(Number).flatMap((pid) => {
      const environment = readProc(pid, 'environ').split('\0')
      if (!environment.includes(`TMPDIR=${folder}`)) return []
      return [{ pid, command: readProc(pid, 'cmdline').replaceAll('\0', ' ') }]
    })
  }
  const lines = execFileSync('ps', ['-Ao', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .filter((line) => line.includes(folder))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line }))
}

/** Empty for a process that has ended meanwhile, or that is not ours to look at. */
function readProc(pid: number, name: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
