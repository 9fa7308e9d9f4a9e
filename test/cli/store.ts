/**
 * Three `kontiki serve` in a folder that is removed afterwards, and the commands that are run
 * against them.
 */

import { freePorts } from '../harness/free-ports.ts'
import type { Ended, Running } from './running.ts'
import { until, Workplace } from './running.ts'

/** Whatever is set here is not the tests' business. */
const emptyEnvironment: NodeJS.ProcessEnv = { KONTIKI_SERVERS: undefined, NO_COLOR: '1' }

/** Who leads stays so on a machine that runs many tests at once. */
const patient: NodeJS.ProcessEnv = { KONTIKI_ELECTION_TIMEOUT: '400ms' }

export class Store {
  readonly workplace: Workplace = new Workplace()
  readonly addresses: ReadonlyMap<string, string>
  readonly running: Map<string, Running> = new Map()

  private constructor(addresses: ReadonlyMap<string, string>) {
    this.addresses = addresses
  }

  static async make(names: readonly string[] = ['a', 'b', 'c']): Promise<Store> {
    const ports = await freePorts(names.length)
    return new Store(new Map(names.map((name, i) => [name, `127.0.0.1:${ports[i]}`])))
  }

  /** As `--servers` takes them. */
  get list(): string {
    return [...this.addresses].map(([name, address]) => `${name}=${address}`).join(',')
  }

  /** Starts a server and waits until it listens. */
  start(name: string, ...more: readonly string[]): Promise<Running> {
    return this.startIn(patient, name, ...more)
  }

  /** The same with this environment. */
  async startIn(
    environment: NodeJS.ProcessEnv,
    name: string,
    ...more: readonly string[]
  ): Promise<Running> {
    const all = { ...emptyEnvironment, ...environment }
    const run = this.workplace.start(this.serveArguments(name, ...more), all)
    this.running.set(name, run)
    await said(run, /listening on/)
    return run
  }

  async startAll(): Promise<void> {
    await Promise.all([...this.addresses.keys()].map((name) => this.start(name)))
  }

  serveArguments(name: string, ...more: readonly string[]): string[] {
    const place = ['--servers', this.list, '--data-dir', `data-${name}`]
    return ['serve', '--id', name, ...place, '--bootstrap', ...more]
  }

  /** Runs a command to its end; `--servers` comes from the environment. */
  run(args: readonly string[], input = '', more: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const environment = { ...emptyEnvironment, KONTIKI_SERVERS: this.list, ...more }
    return this.workplace.run(args, input, environment)
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    const run = this.running.get(name)
    this.running.delete(name)
    run?.child.kill('SIGKILL')
    await run?.ended
  }

  /** The server that has become leader last, as the servers that run say themselves. */
  async leader(): Promise<string> {
    await until(
      () => this.#leaderNow() !== null,
      () => [...this.running.values()].map(({ stderr }) => stderr).join('\n'),
    )
    return this.#leaderNow() as string
  }

  /** Null while the last that was said of the highest term is something else. */
  #leaderNow(): string | null {
    let found: string | null = null
    let highest = -1
    for (const [name, { stderr }] of this.running) {
      const roles = [...stderr.matchAll(/becomes (\w+) in term (\d+)/g)]
      const last = roles.at(-1)
      const term = Number(last?.[2] ?? -1)
      if (term < highest) continue
      if (term > highest) found = null
      highest = term
      if (last?.[1] === 'leader') found = name
    }
    return found
  }

  remove(): void {
    this.workplace.remove()
  }
}

/** Waits until standard error has it. */
export async function said(run: Running, what: RegExp): Promise<void> {
  let hasEnded = false
  void run.ended.then(() => {
    hasEnded = true
  })
  await until(
    () => what.test(run.stderr) || hasEnded,
    () => run.stderr,
  )
  if (!what.test(run.stderr)) throw new Error(`it ended without ${what}: ${run.stderr}`)
}
