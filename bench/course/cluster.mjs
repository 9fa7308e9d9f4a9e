/**
 * The course's servers as their users start them: `raftserver` processes in one directory, asked
 * on their standard input, and looked at from outside: their log files, and the time that they run.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts, makeDirectory } from '../load/group.mjs'

const program = fileURLToPath(new URL('../../bin/raftserver.js', import.meta.url))
const clientProgram = fileURLToPath(new URL('../../bin/raftclient.js', import.meta.url))
const withinMs = 30_000

/** Linux counts the time of processes in hundredths of a second, wherever it runs. */
const ticksPerSecond = 100

class CourseProcess {
  #said = ''
  #errors = ''

  constructor(port, directory, listFile, more) {
    this.port = port
    this.logFile = join(directory, `127.0.0.1-${port}.log`)
    const profiles = process.env.KONTIKI_BENCH_PROFILES
    const flags = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
    const args = [...flags, program, `127.0.0.1:${port}`, listFile, ...more]
    this.child = spawn(process.execPath, args, { cwd: directory, stdio: 'pipe' })
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#said += text
    })
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4096)
    })
    this.ended = new Promise((resolve) => this.child.once('exit', resolve))
  }

  /** A `raftclient` that sends the lines to this server; resolves when it has ended. */
  async send(lines) {
    const args = [clientProgram, `127.0.0.1:${this.port}`]
    const client = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] })
    client.stdin.end(lines.map((line) => `${line}\n`).join(''))
    const status = await new Promise((resolve) => client.once('exit', resolve))
    if (status !== 0) throw new Error(`raftclient has ended with status ${status}`)
  }

  /** The fields of `print`, by name. */
  async print() {
    return fieldsOf(await this.#ask('print'))
  }

  /** What the server has counted, by name. */
  async counters() {
    return fieldsOf(await this.#ask('counters'))
  }

  /** Seconds that all threads of the process have run; null where nobody tells. */
  get cpuSeconds() {
    try {
      const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8')
      // The name before may hold anything but ends at the last parenthesis; from there on the
      // twelfth and thirteenth fields are user's and system's time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
    } catch {
      return null
    }
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    if (process.env.KONTIKI_BENCH_PROFILES) this.child.stdin.write('exit\n')
    else this.child.kill('SIGKILL')
    await this.ended
  }

  /** The lines of one answer; answers end with an empty line. */
  async #ask(command) {
    this.#said = ''
    this.child.stdin.write(`${command}\n`)
    const until = performance.now() + withinMs
    while (!this.#said.endsWith('\n\n')) {
      if (this.child.exitCode !== null || performance.now() > until) {
        throw new Error(`raftserver does not answer ${command}: ${this.#errors.trim()}`)
      }
      await delay(2)
    }
    return this.#said
  }
}

function fieldsOf(text) {
  return Object.fromEntries(text.split('\n').map((line) => line.split(': ')))
}

export class CourseCluster {
  static async start(count, more = []) {
    const cluster = new CourseCluster()
    cluster.directory = makeDirectory('course')
    const ports = await freePorts(count)
    const listFile = join(cluster.directory, 'servers')
    mkdirSync(cluster.directory, { recursive: true })
    writeFileSync(listFile, ports.map((port) => `127.0.0.1:${port}\n`).join(''))
    cluster.servers = ports.map((port) => {
      return new CourseProcess(port, cluster.directory, listFile, more)
    })
    return cluster
  }

  /** The number of the server that leads, once one does. */
  async leader() {
    const until = performance.now() + withinMs
    while (performance.now() < until) {
      for (const [number, server] of this.servers.entries()) {
        if ((await server.print()).state === 'leader') return number
      }
      await delay(20)
    }
    throw new Error('no raftserver leads')
  }

  /** Waits until the log files are the same, byte for byte, and all that is committed: its lines. */
  async linesOfEqualLogs() {
    const until = performance.now() + withinMs
    for (;;) {
      const before = await Promise.all(this.servers.map((server) => server.print()))
      const files = this.servers.map(({ logFile }) => readFileSync(logFile))
      const after = await Promise.all(this.servers.map((server) => server.print()))
      const indexes = [...before, ...after].flatMap((printed) => [
        printed.commitIndex,
        printed.lastApplied,
      ])
      const isStill = indexes.every((index) => index === indexes[0])
      if (isStill && files.every((file) => file.equals(files[0]))) return countLines(files[0])
      if (performance.now() > until) {
        const sizes = files.map(({ length }) => length).join(', ')
        throw new Error(`the log files are not equal; they have ${sizes} bytes`)
      }
      await delay(50)
    }
  }

  async stop() {
    await Promise.all(this.servers.map((server) => server.stop()))
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export function countLines(bytes) {
  let lines = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}
