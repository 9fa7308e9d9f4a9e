/**
 * A cluster of real raftserver processes in a folder of its own, and a client's socket to talk to
 * it. Nothing of it is left when the test ends, however it ends.
 */
import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCommand } from '../../src/wire/index.ts'
import { freePorts } from './free-ports.ts'
import { type End, Program } from './program.ts'
import { waitFor } from './waiting.ts'

export interface ClusterOptions {
  /** One server for each; `127.0.0.1` several times by default. */
  readonly hosts: readonly string[]
  /** Arguments for every server. */
  readonly args?: readonly string[]
  /** The text of the file of servers, made from their names; one a line by default. */
  readonly list?: (ids: readonly string[]) => string
}

/** The fields of `print`. */
export type Printed = ReadonlyMap<string, string>

/** Timeouts for machines that are busy with other tests: elections are rarer, and still short. */
export const calmArgs: readonly string[] = [
  ...['--election-timeout-ms', '400-800'],
  ...['--heartbeat-ms', '80'],
]

/** After which a command that is not written is sent again. */
const sendAgainMs = 2000

/** So many hosts. */
export function hosts(count: number, host = '127.0.0.1'): string[] {
  return Array.from({ length: count }, () => host)
}

/** Runs `body` with a cluster none of whose servers has been started. */
export async function withCluster(
  options: ClusterOptions,
  body: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const ports = await freePorts(options.hosts.length)
  const cluster = new Cluster(options, ports)
  try {
    await body(cluster)
  } finally {
    await cluster.close()
  }
}

export class Cluster {
  readonly folder: string
  readonly ids: readonly string[]
  readonly ports: readonly number[]
  readonly listFile: string
  readonly #args: readonly string[]
  readonly #hosts: readonly string[]
  readonly #servers = new Map<number, Program>()
  /** Every process that was ever started, also one in whose place another was tried. */
  readonly #programs: Program[] = []
  readonly #sockets = new Map<'udp4' | 'udp6', Socket>()

  constructor({ hosts: names, args, list }: ClusterOptions, ports: readonly number[]) {
    this.folder = mkdtempSync(join(tmpdir(), 'kontiki-cluster-'))
    this.#hosts = names
    this.ports = ports
    this.ids = names.map((host, i) => `${host}:${ports[i]}`)
    this.#args = args ?? calmArgs
    this.listFile = join(this.folder, 'servers.txt')
    writeFileSync(this.listFile, list?.(this.ids) ?? this.ids.map((id) => `${id}\n`).join(''))
  }

  get size(): number {
    return this.ids.length
  }

  id(i: number): string {
    return this.ids[i] as string
  }

  server(i: number): Program {
    const server = this.#servers.get(i)
    if (server === undefined) throw new Error(`server ${i} was never started`)
    return server
  }

  /** The servers that run. */
  get running(): number[] {
    return [...this.#servers].filter(([, server]) => server.isRunning).map(([i]) => i)
  }

  /** Starts a server, for the first time or again, without waiting for it. */
  spawn(i: number, options: { args?: readonly string[]; shell?: string } = {}): Program {
    const { args = [], ...how } = options
    const server = new Program('raftserver', {
      folder: this.folder,
      args: [this.id(i), this.listFile, ...this.#args, ...args],
      ...how,
    })
    this.#servers.set(i, server)
    this.#programs.push(server)
    return server
  }

  /** Starts servers, all of them by default, and waits until they listen. */
  async start(...which: number[]): Promise<void> {
    const started = which.length > 0 ? which : this.ids.map((_, i) => i)
    const servers = started.map((i) => this.spawn(i))
    await Promise.all(servers.map((server) => server.says(/^raftserver: listening on /)))
  }

  async kill(...which: number[]): Promise<void> {
    await Promise.all(which.map((i) => this.server(i).kill()))
  }

  async print(i: number): Promise<Printed> {
    const server = this.server(i)
    server.type('print')
    const lines = await server.answer()
    return new Map(lines.map((line) => line.split(': ', 2) as [string, string]))
  }

  /** What `log` answers, or `counters`; a `print` after it tells where it ends. */
  async log(i: number): Promise<string[]> {
    const server = this.server(i)
    server.type('log', 'print')
    const lines = await server.answer()
    return lines.slice(
      0,
      lines.findIndex((line) => line.startsWith('server: ')),
    )
  }

  async counters(i: number): Promise<ReadonlyMap<string, number>> {
    const server = this.server(i)
    server.type('counters')
    const lines = await server.answer()
    return new Map(
      lines.map((line) => {
        const [name, value] = line.split(': ') as [string, string]
        return [name, Number(value)]
      }),
    )
  }

  /** Waits until one of the running servers leads and all of `which` (by default them) say so. */
  async leader(which: readonly number[] = this.running): Promise<number> {
    return await waitFor('one leads, and all know it', async () => {
      const printed = await Promise.all(which.map((i) => this.print(i)))
      const leaders = new Set(printed.map((fields) => fields.get('leaderId')))
      const leads = which.filter((_, at) => printed[at]?.get('state') === 'leader')
      const [leader] = leads
      return leads.length === 1 && leader !== undefined && leaders.size === 1 ? { leader } : null
    }).then(({ leader }) => leader)
  }

  /** A client's datagram to a server; which may be lost, as on any network. */
  send(i: number, command: string): void {
    this.sendBytes(i, encodeCommand(new TextEncoder().encode(command), 0))
  }

  sendBytes(i: number, bytes: Uint8Array): void {
    const host = (this.#hosts[i] as string).replace(/^\[|\]$/g, '')
    const family = host.includes(':') ? 'udp6' : 'udp4'
    let socket = this.#sockets.get(family)
    if (socket === undefined) {
      socket = createSocket(family)
      // A refusal of a server that is down; the command is lost, as it would be anyway.
      socket.on('error', () => {})
      this.#sockets.set(family, socket)
    }
    socket.send(bytes, this.ports[i] as number, host)
  }

  /** The path of a file beside a server's name, such as its log file. */
  path(i: number, ending: string): string {
    const host = (this.#hosts[i] as string).replace(/^\[|\]$/g, '').replaceAll(':', '_')
    return join(this.folder, `${host}-${this.ports[i]}.${ending}`)
  }

  /** The text of a server's log file; empty where there is none yet. */
  logFile(i: number): string {
    try {
      return readFileSync(this.path(i, 'log'), 'utf8')
    } catch {
      return ''
    }
  }

  /** The commands in a server's log file, in order. */
  commands(i: number): string[] {
    const lines = this.logFile(i).split('\n').slice(0, -1)
    return lines.map((line) => line.slice(line.indexOf(',', line.indexOf(',') + 1) + 1))
  }

  /**
   * Waits until the log files of `which` (by default all that run) are equal, byte for byte, and
   * hold what `isComplete` asks for; returns their commands.
   */
  async agreement(
    isComplete: (commands: string[]) => boolean,
    which: readonly number[] = this.running,
  ): Promise<string[]> {
    return await waitFor('the log files agree and are complete', () => {
      const texts = which.map((i) => this.logFile(i))
      if (new Set(texts).size !== 1) {
        throw new Error(`the log files have ${texts.map((text) => text.length).join(', ')} bytes`)
      }
      const commands = this.commands(which[0] as number)
      if (!isComplete(commands)) throw new Error(`they have ${commands.length} commands`)
      return commands
    })
  }

  /**
   * Sends a command until each of `which` (by default all that run) has written it: a datagram may
   * be lost, and so may a command that a leader took with it. It may be written more than once.
   */
  async commit(
    command: string,
    via: number = this.running[0] as number,
    which: readonly number[] = this.running,
  ): Promise<void> {
    let sentAt = Number.NEGATIVE_INFINITY
    await waitFor(`${command} is in every log file`, () => {
      const isThere = which.every((i) => this.commands(i).includes(command))
      if (!isThere && performance.now() - sentAt > sendAgainMs) {
        this.send(via, command)
        sentAt = performance.now()
      }
      return isThere
    })
  }

  /** A raftclient with this input, run to its end. */
  async client(i: number, input: string, ...args: string[]): Promise<End & { errors: string[] }> {
    const client = new Program('raftclient', { folder: this.folder, args: [this.id(i), ...args] })
    client.child.stdin?.end(input)
    return { ...(await client.end()), errors: client.errors }
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()))
    for (const socket of this.#sockets.values()) socket.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
