/**
 * The demo's servers: child processes, each up, suspended or killed; what they say of themselves
 * and what they commit is told to whoever shows it. Servers are numbered from 1.
 */
import { join } from 'node:path'
import { fileNameFor } from '../../course/index.ts'
import { LogTail } from '../processes/log-tail.ts'
import { type RoleChange, readRoleChange } from '../processes/role-line.ts'
import { ServerProcess } from '../processes/server-process.ts'
import type { DemoFolder } from './folder.ts'

/** `ended`: by itself, which it should not. */
export type Condition = 'down' | 'starting' | 'up' | 'suspended' | 'killed' | 'ended'

export interface ClusterEvents {
  readonly roleChanged: (server: number, before: RoleChange | null, now: RoleChange) => void
  /** Anything else that a server says unasked. */
  readonly said: (server: number, line: string) => void
  readonly ended: (server: number, how: string) => void
  /** A line of the log files, `term,index,command`, when the first of them has it. */
  readonly committed: (line: string) => void
}

interface Member {
  readonly port: number
  readonly process: ServerProcess
  readonly tail: LogTail
  condition: Condition
  role: RoleChange | null
}

export class DemoCluster {
  readonly #events: ClusterEvents
  readonly #members: readonly Member[]
  /** Lines of the log file that is furthest on. */
  #committed = 0

  constructor(folder: DemoFolder, events: ClusterEvents) {
    this.#events = events
    const { path, listFile } = folder
    this.#members = folder.servers.map((address, i) => ({
      port: address.port,
      process: new ServerProcess(
        { id: address.id, folder: path, listFile },
        {
          said: (line) => this.#hear(i + 1, line),
          died: (how) => this.#lose(i + 1, how),
        },
      ),
      tail: new LogTail(join(path, fileNameFor(address, 'log'))),
      condition: 'down',
      role: null,
    }))
    // What an earlier demo committed is no news.
    for (const { tail } of this.#members) {
      tail.read()
      this.#committed = Math.max(this.#committed, tail.lines)
    }
  }

  /** How many commands are committed, as far as the log files tell. */
  get committed(): number {
    return this.#committed
  }

  numbers(): number[] {
    return this.#members.map((_, i) => i + 1)
  }

  id(server: number): string {
    return this.#member(server).process.place.id
  }

  condition(server: number): Condition {
    return this.#member(server).condition
  }

  /** The last whole line of its log file. */
  lastLine(server: number): string | null {
    return this.#member(server).tail.lastLine
  }

  /** Servers that take part in Raft now. */
  active(): number[] {
    return this.numbers().filter((server) => this.condition(server) === 'up')
  }

  hasMajority(): boolean {
    return this.active().length * 2 > this.#members.length
  }

  /** The active server that said last that it leads. */
  leader(): number | null {
    let leader: number | null = null
    let lastTerm = 0
    for (const server of this.active()) {
      const { role } = this.#member(server)
      if (role?.role !== 'leader' || role.term <= lastTerm) continue
      leader = server
      lastTerm = role.term
    }
    return leader
  }

  /** Where a command is best sent to: the leader, or else who would pass it on to one. */
  portForCommands(): number | null {
    const passesOn = (server: number): boolean => this.#member(server).process.isRunning
    const server = this.leader() ?? this.active()[0] ?? this.numbers().find(passesOn)
    return server === undefined ? null : this.#member(server).port
  }

  /** Reads what is new in the log files, and tells of it. */
  look(): void {
    for (const { tail } of this.#members) {
      const lines = tail.read()
      const news = Math.min(lines.length, tail.lines - this.#committed)
      if (news <= 0) continue
      this.#committed = tail.lines
      for (const line of lines.slice(lines.length - news)) this.#events.committed(line)
    }
  }

  /** Whether the log file of every active server is as far as the furthest. */
  isLevel(): boolean {
    return this.active().every((server) => this.#member(server).tail.lines === this.#committed)
  }

  async start(server: number): Promise<void> {
    const member = this.#member(server)
    member.condition = 'starting'
    member.role = null
    try {
      await member.process.start()
      member.condition = 'up'
    } catch (error) {
      member.condition = 'ended'
      throw error
    }
  }

  async kill(server: number): Promise<void> {
    const member = this.#member(server)
    member.condition = 'killed'
    await member.process.kill()
  }

  async suspend(server: number): Promise<void> {
    const member = this.#member(server)
    await member.process.suspend()
    member.condition = 'suspended'
  }

  async resume(server: number): Promise<void> {
    const member = this.#member(server)
    await member.process.resume()
    member.condition = 'up'
  }

  isRunning(server: number): boolean {
    return this.#member(server).process.isRunning
  }

  print(server: number): Promise<string[]> {
    return this.#member(server).process.print()
  }

  log(server: number): Promise<string[]> {
    return this.#member(server).process.log()
  }

  /** Ends every server, orderly where it can. */
  async exitAll(): Promise<void> {
    await Promise.all(this.#members.map(({ process }) => process.exit()))
  }

  #member(server: number): Member {
    const member = this.#members[server - 1]
    if (member === undefined) throw new RangeError(`there is no server ${server}`)
    return member
  }

  #hear(server: number, line: string): void {
    const member = this.#member(server)
    const change = readRoleChange(line)
    if (change === null) {
      this.#events.said(server, line)
      return
    }
    const before = member.role
    member.role = change
    this.#events.roleChanged(server, before, change)
  }

  #lose(server: number, how: string): void {
    this.#member(server).condition = 'ended'
    this.#events.ended(server, how)
  }
}
