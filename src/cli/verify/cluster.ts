/**
 * The servers under verification: real processes in one folder, with what they have said of
 * themselves, who of them is up, and how far their log files have come.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileNameFor, parseAddress } from '../../course/index.ts'
import { freePorts } from '../processes/free-ports.ts'
import { LogTail } from '../processes/log-tail.ts'
import { readRoleChange } from '../processes/role-line.ts'
import { ServerProcess } from '../processes/server-process.ts'
import type { LogFile } from './comparison.ts'

/** What no server of ours says while all is well, even when others crash around it. */
const alarming = /contradicts Raft|has lost entries|a bug in kontiki/

/** Where the run's own doings and all that the servers say are kept, with times. */
const journalName = 'journal.txt'

interface Member {
  readonly process: ServerProcess
  readonly tail: LogTail
  readonly logPath: string
  isUp: boolean
  /** The term in which it last said that it leads; 0 when it does not. */
  ledTerm: number
}

export class Cluster {
  readonly folder: string
  readonly #members: Member[]
  readonly #problems: string[] = []
  readonly #startedAt = performance.now()

  private constructor(folder: string, ids: readonly string[], listFile: string) {
    this.folder = folder
    this.#members = ids.map((id, number) => {
      const logPath = join(folder, fileNameFor(parseAddress(id), 'log'))
      return {
        process: new ServerProcess(
          { id, folder, listFile },
          {
            said: (line) => this.#hear(number, line),
            died: (how) => this.#lose(number, how),
          },
        ),
        tail: new LogTail(logPath),
        logPath,
        isUp: false,
        ledTerm: 0,
      }
    })
  }

  /** Writes the list of servers; none is started yet. */
  static async prepare(folder: string, servers: number): Promise<Cluster> {
    const ids = (await freePorts(servers)).map((port) => `127.0.0.1:${port}`)
    const listFile = join(folder, 'servers.txt')
    writeFileSync(listFile, `${ids.join('\n')}\n`)
    return new Cluster(folder, ids, listFile)
  }

  get size(): number {
    return this.#members.length
  }

  /** What has gone wrong so far. */
  get problems(): readonly string[] {
    return this.#problems
  }

  report(problem: string): void {
    this.#problems.push(problem)
    this.note(problem)
  }

  /** Writes a line into the journal, for whoever looks at a folder that was kept. */
  note(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3)
    appendFileSync(join(this.folder, journalName), `${seconds} ${text}\n`)
  }

  id(server: number): string {
    return this.#member(server).process.place.id
  }

  /** Servers that are neither suspended nor ended, nor still starting. */
  up(): number[] {
    return [...this.#members.keys()].filter((server) => this.#member(server).isUp)
  }

  /** The one that said last that it leads, if it is up. */
  leader(): number | null {
    let leader: number | null = null
    let term = 0
    for (const server of this.up()) {
      const { ledTerm } = this.#member(server)
      if (ledTerm <= term) continue
      leader = server
      term = ledTerm
    }
    return leader
  }

  async startAll(): Promise<void> {
    await Promise.all([...this.#members.keys()].map((server) => this.start(server)))
  }

  async start(server: number): Promise<void> {
    const member = this.#member(server)
    this.note(`${this.id(server)} is started`)
    await member.process.start()
    member.isUp = true
  }

  async kill(server: number): Promise<void> {
    const member = this.#member(server)
    this.note(`${this.id(server)} is killed`)
    member.isUp = false
    member.ledTerm = 0
    await member.process.kill()
  }

  async suspend(server: number): Promise<void> {
    const member = this.#member(server)
    this.note(`${this.id(server)} is suspended`)
    member.isUp = false
    await member.process.suspend()
  }

  async resume(server: number): Promise<void> {
    const member = this.#member(server)
    this.note(`${this.id(server)} is resumed`)
    await member.process.resume()
    member.isUp = member.process.isRunning
  }

  /** Each server's whole lines so far. */
  lineCounts(): number[] {
    return this.#members.map(({ tail }) => {
      tail.read()
      return tail.lines
    })
  }

  prints(): Promise<string[][]> {
    return Promise.all(this.#members.map(({ process }) => process.print()))
  }

  /** Asks every server to end; resolves when all are gone. */
  async exitAll(): Promise<void> {
    await Promise.all(
      this.#members.map(async ({ process }) => {
        if (await process.exit()) return
        this.report(`${process.place.id} did not end when it was asked to`)
      }),
    )
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#members.map(({ process }) => process.kill()))
  }

  /** The log files as they are; a missing one counts as empty. */
  logFiles(): Promise<LogFile[]> {
    return Promise.all(
      this.#members.map(async ({ process, logPath }) => ({
        server: process.place.id,
        text: await readFile(logPath, 'utf8').catch(() => ''),
      })),
    )
  }

  #member(server: number): Member {
    const member = this.#members[server]
    if (member === undefined) throw new RangeError(`there is no server ${server}`)
    return member
  }

  #hear(server: number, line: string): void {
    const id = this.id(server)
    this.note(`${id}: ${line}`)
    if (alarming.test(line)) this.#problems.push(`${id} says: ${line}`)
    const change = readRoleChange(line)
    if (change !== null) {
      this.#member(server).ledTerm = change.role === 'leader' ? change.term : 0
    }
  }

  #lose(server: number, how: string): void {
    this.#member(server).isUp = false
    this.report(`${this.id(server)} ended by itself ${how}`)
  }
}
