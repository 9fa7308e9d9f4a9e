/**
 * raftserver: the place where one server of the course is put together from its parts, started,
 * and taken apart again. What the parts do stands elsewhere.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Random } from '../../base/random.ts'
import {
  Console,
  CourseServer,
  consoleCommands,
  fileNameFor,
  findServer,
  LogFile,
  parseServerList,
  type ServerLine,
  WarningFilter,
} from '../../course/index.ts'
import { ApplyError } from '../../state-machine/index.ts'
import { NodeClock, UdpTransport } from '../../transport/index.ts'
import { reasonFor, runProgram, systemReason } from '../program.ts'
import { Terminal } from '../terminal.ts'
import { help, parseArguments, type Settings, usage } from './arguments.ts'
import { type Data, openData } from './data.ts'
import { NodeLineFile } from './log-file.ts'

const name = 'raftserver'

/** How long an orderly end may take; a disk that hangs must not keep the process. */
const stopTimeoutMs = 5000

/** Between two writes to the log file: short for whoever reads it, and 200 writes a second. */
const logFileRestMs = 5

/** Where the disk has no space for it: nobody waits longer who has made some. */
const logFileSpaceMs = 500

export async function main(args: readonly string[]): Promise<void> {
  await runProgram(name, usage, async () => {
    const settings = parseArguments(args)
    if (settings === null) process.stdout.write(help)
    else await new RaftServer(settings).run()
  })
}

class RaftServer {
  readonly #settings: Settings
  readonly #terminal: Terminal
  #isStopping = false
  /** What an orderly end has to take apart, last first. */
  readonly #closing: (() => Promise<void> | void)[] = []

  constructor(settings: Settings) {
    this.#settings = settings
    this.#terminal = new Terminal({
      input: process.stdin,
      output: process.stdout,
      errors: process.stderr,
      prompt: '> ',
      words: consoleCommands,
      interrupted: () => void this.#stop(),
    })
  }

  async run(): Promise<void> {
    const { identity } = this.#settings
    const servers = this.#readServers()
    const transport = new UdpTransport(identity.id, servers, {
      datagramBytesMax: this.#settings.options.datagramBytesMax,
    })
    const clock = new NodeClock({ inputCount: () => transport.inputCount })
    this.#stopOnRequest()
    let server: CourseServer | null = null
    // Before the data is opened: the port says sooner, and more clearly, that the server runs.
    await transport.start((source, bytes) => {
      if (source.kind === 'server') server?.receive(bytes, source.id)
      else server?.receive(bytes, null, source.address)
    })
    this.#closing.push(() => transport.stop())
    if (this.#isStopping) return
    const data = await openData(this.#settings, servers, clock, (error) => this.#fail(error))
    this.#closing.push(() => closeStorage(data))
    if (this.#isStopping) return
    server = this.#makeServer(servers, transport, clock, data)
    server.start()
    for (const note of data.notes) this.#say(note)
    this.#say(`listening on ${identity.id}, ${servers.length} servers, data in ${data.place}`)
    await this.#takeCommands(server, transport)
  }

  #readServers(): readonly ServerLine[] {
    const { listFile, identity } = this.#settings
    let text: string
    try {
      text = readFileSync(listFile, 'utf8')
    } catch (error) {
      throw new Error(`cannot read ${listFile}: ${systemReason(error)}`)
    }
    const servers = parseServerList(text, listFile)
    findServer(servers, identity, listFile)
    return servers
  }

  #makeServer(
    servers: readonly ServerLine[],
    transport: UdpTransport,
    clock: NodeClock,
    data: Data,
  ): CourseServer {
    const { identity, options, inMemory } = this.#settings
    const path = this.#settings.logFile ?? fileNameFor(identity, 'log')
    const pacer = new NodeClock()
    const logFile = new LogFile({
      file: new NodeLineFile(path, inMemory),
      soon: (callback) => clock.soon(callback),
      rest: (callback) => pacer.wakeAt(pacer.now() + logFileRestMs, callback),
      restWithoutSpace: (callback) => pacer.wakeAt(pacer.now() + logFileSpaceMs, callback),
      space: (text) => this.#say(text),
      failed: (error) => this.#fail(error),
    })
    this.#closing.push(() => new Promise((closed) => logFile.close(closed)))
    const warnings = new WarningFilter(
      () => clock.now(),
      (text) => this.#say(text),
    )
    const server = new CourseServer({
      id: identity.id,
      servers: servers.map(({ id }) => id),
      options,
      random: new Random(randomBytes(16).toString('hex')),
      clock,
      pacer: new NodeClock(),
      storage: data.storage,
      transport,
      sendToClient: (client, bytes) => transport.answer(client, bytes),
      logFile,
      say: (text) => this.#say(text),
      warn: warnings.warn,
      fatal: (error) => this.#fail(error),
    })
    this.#closing.push(() => server.close())
    return server
  }

  async #takeCommands(server: CourseServer, transport: UdpTransport): Promise<void> {
    const commands = new Console({
      server,
      moreCounters: () =>
        Object.entries(transport.counters).map(([counter, value]) => `udp.${counter}: ${value}`),
      write: (text) => this.#terminal.write(text),
      say: (text) => this.#say(text),
      exit: () => void this.#stop(),
    })
    try {
      await this.#terminal.run((line) => {
        if (!this.#isStopping) commands.execute(line)
      })
    } catch (error) {
      // A server needs no input; the terminal may have gone away.
      this.#say(`standard input: ${systemReason(error)}`)
    }
  }

  /** Signals, and the end of a parent process that had a channel to us. */
  #stopOnRequest(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => void this.#stop())
    }
    if (process.channel !== undefined) process.on('disconnect', () => void this.#stop())
    // The parent may have gone before we listened: false then, undefined where there was none.
    if (process.connected === false) void this.#stop()
  }

  /** In order, with status 0; asked a second time, at once. */
  async #stop(): Promise<void> {
    if (this.#isStopping) process.exit(0)
    this.#isStopping = true
    setTimeout(() => {
      this.#fail(new Error(`the disk has not answered for ${stopTimeoutMs / 1000} s`))
    }, stopTimeoutMs)
    // What is still being opened is closed, too, when it is there.
    for (let close = this.#closing.pop(); close !== undefined; close = this.#closing.pop()) {
      await close()
    }
    this.#terminal.close()
    process.exit(0)
  }

  #fail(error: Error): void {
    const cause = error instanceof ApplyError ? error.cause : error
    this.#say(reasonFor(cause))
    this.#terminal.close()
    process.exit(1)
  }

  #say(text: string): void {
    this.#terminal.say(`${name}: ${text}`)
  }
}

function closeStorage(data: Data): Promise<void> {
  return new Promise((closed, failed) => {
    data.storage.close((error) => {
      data.release()
      if (error === null) closed()
      else failed(error)
    })
  })
}
