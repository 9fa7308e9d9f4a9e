/** A program that answers each line of JSON with one: the drivers of the peers. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Debian's packages have the sources under this path. */
const sources = process.env.GOPATH ?? '/usr/share/gocode'

/** A peer cannot be measured here; the message says what brings it. */
export class MissingPeer extends Error {}

/**
 * Builds the driver in `peers/NAME` unless that was done; its path.
 * @throws {MissingPeer}
 */
export function buildDriver(name, { source, packages }) {
  const install = `install it with: apt-get install -y --no-install-recommends ${packages}`
  if (!existsSync(join(sources, 'src', source))) {
    throw new MissingPeer(`the sources of ${name} are not under ${sources}; ${install}`)
  }
  const directory = join(tmpdir(), 'kontiki-bench-peers')
  mkdirSync(directory, { recursive: true })
  const program = join(directory, name)
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: sources,
    GOFLAGS: '',
    GOCACHE: join(directory, 'cache'),
  }
  try {
    const cwd = fileURLToPath(new URL(`./${name}`, import.meta.url))
    execFileSync('go', ['build', '-o', program, '.'], { cwd, env, stdio: 'pipe' })
  } catch (error) {
    if (error.code === 'ENOENT') throw new MissingPeer(`there is no Go compiler; ${install}`)
    throw new MissingPeer(`the driver of ${name} does not build: ${String(error.stderr).trim()}`)
  }
  return program
}

export class LineProcess {
  #child
  #asked = 0
  #waiting = new Map()

  constructor(program, parameters) {
    this.#child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, answer } = JSON.parse(line)
      this.#waiting.get(id)?.resolve(answer)
      this.#waiting.delete(id)
    })
    this.#child.once('exit', (code, signal) => {
      const problem = new Error(`${program} has ended: ${signal ?? code}`)
      for (const { reject } of this.#waiting.values()) reject(problem)
    })
  }

  ask(ask, more = {}) {
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin.write(`${JSON.stringify({ id, ask, ...more })}\n`)
    })
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((done) => this.#child.once('exit', done))
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** Asks until the answer is not null or false. */
export async function until(ask, what, withinMs = 20_000) {
  const end = Date.now() + withinMs
  while (Date.now() < end) {
    const answer = await ask()
    if (answer) return answer
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`${what} was waited for in vain for ${withinMs} ms`)
}
