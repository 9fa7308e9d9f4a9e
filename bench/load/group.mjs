/**
 * Three processes (or more) of one program, each told its number and everybody's ports, that answer
 * questions over Node's own channel between parent and child: `{ ask, ... }` is answered by
 * `{ answer }` or `{ problem }`.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      return new Promise((resolve, reject) => {
        const server = createServer()
        server.once('error', reject)
        server.listen(0, '127.0.0.1', () => resolve(server))
      })
    }),
  )
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

/** A directory for the data of one benchmark, where the disk under test is. */
export function makeDirectory(name) {
  return mkdtempSync(join(process.env.KONTIKI_BENCH_DIR ?? tmpdir(), `kontiki-bench-${name}-`))
}

export class Group {
  /** @type {import('node:child_process').ChildProcess[]} */
  members = []
  #asked = 0
  #waiting = new Map()

  static async start(program, settings, count = 3) {
    const group = new Group()
    group.program = program
    group.settings = settings
    group.directory = makeDirectory('data')
    group.ports = await freePorts(count)
    for (let number = 0; number < count; number++) group.#add(number)
    try {
      await Promise.all(group.members.map((_, number) => group.ask(number, 'start')))
    } catch (error) {
      await group.stop()
      throw error
    }
    return group
  }

  /** After it has been killed. */
  async restart(number) {
    const old = this.members[number]
    if (old.exitCode === null && old.signalCode === null) {
      await new Promise((done) => old.once('exit', done))
    }
    this.#add(number)
    await this.ask(number, 'start')
  }

  #add(number) {
    const given = { ...this.settings, number, ports: this.ports, directory: this.directory }
    const profiles = process.env.KONTIKI_BENCH_PROFILES
    const execArgv = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
    const member = fork(this.program, [JSON.stringify(given)], { execArgv })
    this.members[number] = member
    member.on('message', ({ id, answer, problem }) => {
      if (id === undefined) return
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (problem === undefined) waiting?.resolve(answer)
      else waiting?.reject(new Error(problem))
    })
    member.once('exit', (code, signal) => {
      for (const [id, { reject, of }] of this.#waiting) {
        if (of !== member) continue
        this.#waiting.delete(id)
        reject(new Error(`process ${number} has ended: ${signal ?? code}`))
      }
    })
  }

  ask(number, ask, more = {}) {
    const id = ++this.#asked
    const of = this.members[number]
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, of })
      of.send({ id, ask, ...more }, (error) => error && reject(error))
    })
  }

  /** Waits until `ask` has an answer that is not null from one of them: its number. */
  async find(ask, withinMs = 20_000) {
    const until = Date.now() + withinMs
    while (Date.now() < until) {
      for (let number = 0; number < this.members.length; number++) {
        if ((await this.ask(number, ask)) === true) return number
      }
      await new Promise((done) => setTimeout(done, 20))
    }
    throw new Error(`nobody says yes to ${ask} within ${withinMs} ms`)
  }

  /** With KONTIKI_BENCH_PROFILES=DIRECTORY each process ends by itself, and leaves its profile. */
  async stop() {
    const profiled = process.env.KONTIKI_BENCH_PROFILES !== undefined
    for (const member of this.members) {
      if (member.exitCode !== null || member.signalCode !== null) continue
      const ended = new Promise((done) => member.once('exit', done))
      if (profiled) member.disconnect()
      else member.kill('SIGKILL')
      await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** The child's side: `answers[ask](message)` returns what is answered. */
export function answerParent(answers) {
  process.on('message', async ({ id, ask, ...more }) => {
    try {
      process.send({ id, answer: await answers[ask](more) })
    } catch (error) {
      process.send({ id, problem: error instanceof Error ? error.message : String(error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
}
