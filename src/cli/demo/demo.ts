/**
 * The demo: three servers and one prompt on them. Commands are sent to the servers over UDP, as a
 * client does; the demo's own words suspend, kill and show them.
 */
import { unreachable } from '../../base/assert.ts'
import { commandBytesMaxFor, defaultDatagramBytesMax } from '../../course/index.ts'
import { orAborted } from '../processes/waiting.ts'
import { type Paint, paintFor } from '../table.ts'
import { Terminal } from '../terminal.ts'
import { DemoCluster } from './cluster.ts'
import { electionLine } from './elections.ts'
import { type DemoFolder, demoServers } from './folder.ts'
import { completions, type DemoInput, type InputBounds, parseInput } from './input.ts'
import { commitTimeoutMs, Sending } from './sending.ts'
import { logTableLines, statusLines } from './views.ts'

/** How often the log files are looked at. */
const lookEveryMs = 25

const help = [
  'NAME        send the command NAME (letters, digits, - and _) to the servers',
  'send NAME   the same, for a NAME that is one of these words',
  'status      a table of the servers, once what was sent is committed',
  'log [N]     the logs side by side, or all of server N',
  'print [N]   what the servers, or server N, say of themselves',
  'suspend N   server N answers nobody any more; resume N ends that',
  'kill N      kill -9 server N; start N starts it again with what it has on disk',
  'exit        stop the servers; what is committed is kept',
]

/** What a server says that the demo shows by itself, or that is of no interest here. */
const unremarkable = /^(listening on |suspended$|resumed$)/

/** Thrown to stop reading. */
class Leaving extends Error {}

export class Demo {
  readonly #folder: DemoFolder
  readonly #signal: AbortSignal
  readonly #paint: Paint
  readonly #cluster: DemoCluster
  readonly #bounds: InputBounds
  readonly #sending: Sending
  /** There once the servers are: before, nothing is typed. */
  #terminal: Terminal | null = null

  constructor(folder: DemoFolder, signal: AbortSignal) {
    this.#folder = folder
    this.#signal = signal
    this.#paint = paintFor(process.stdout)
    const ids = folder.servers.map(({ id }) => id)
    const commandBytesMax = commandBytesMaxFor(defaultDatagramBytesMax, ids)
    this.#bounds = { servers: demoServers, commandBytesMax }
    this.#cluster = new DemoCluster(folder, {
      roleChanged: (server, before, now) => {
        const line = electionLine(server, before, now)
        if (line !== null) this.#tell(this.#paint(now.role === 'leader' ? 'green' : 'dim', line))
      },
      said: (server, line) => {
        if (!unremarkable.test(line)) this.#tell(`server ${server} says: ${line}`)
      },
      ended: (server, how) => this.#tell(this.#paint('red', `server ${server} ended ${how}`)),
      committed: (line) => this.#committed(line),
    })
    this.#sending = new Sending(this.#cluster, signal)
  }

  get isOnTerminal(): boolean {
    return process.stdin.isTTY === true && process.stdout.isTTY === true
  }

  /** Until the input ends, or the signal is given; then no server is left. */
  async run(): Promise<void> {
    const looking = setInterval(() => this.#look(), lookEveryMs)
    try {
      await this.#begin()
      await this.#readInput()
    } finally {
      clearInterval(looking)
      this.#terminal?.close()
      this.#terminal = null
      // Or a pipe that nobody closes would keep this process.
      process.stdin.destroy()
      this.#sending.close()
      await this.#cluster.exitAll()
    }
    this.#tell(`the servers have ended; their data stays in ${this.#folder.shownPath}`)
  }

  async #begin(): Promise<void> {
    const { shownPath, isNew } = this.#folder
    const { committed } = this.#cluster
    const what = isNew ? 'a new log' : `continuing with ${committed} committed commands`
    this.#tell(`three servers with their data in ${shownPath}: ${what}`)
    for (const server of this.#cluster.numbers()) {
      this.#tell(`  server ${server}  ${this.#cluster.id(server)}`)
    }
    const starts = this.#cluster.numbers().map((server) => this.#cluster.start(server))
    await orAborted(Promise.all(starts), this.#signal)
    if (!(await this.#sending.awaitLeader())) this.#tell('there is no leader yet')
    if (this.isOnTerminal) this.#tell('type a command to replicate, such as hello; or help')
  }

  async #readInput(): Promise<void> {
    const terminal = new Terminal({
      input: process.stdin,
      output: process.stdout,
      // What happens meanwhile is what the demo is for: it is output like the answers.
      errors: process.stdout,
      prompt: '> ',
      words: completions(demoServers),
      // In raw mode the terminal sends no signal of itself.
      interrupted: () => process.kill(process.pid, 'SIGINT'),
    })
    this.#terminal = terminal
    try {
      await orAborted(
        terminal.run((line) => this.#execute(line)),
        this.#signal,
      )
    } catch (error) {
      if (!(error instanceof Leaving)) throw error
    }
    await this.#sending.settle()
    this.#tellUncommitted()
  }

  async #execute(line: string): Promise<void> {
    const input = parseInput(line, this.#bounds)
    if (input.kind === 'exit') throw new Leaving()
    try {
      await this.#perform(input)
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#complain(error instanceof Error ? error.message : String(error))
    }
  }

  async #perform(input: DemoInput): Promise<void> {
    switch (input.kind) {
      case 'nothing':
      case 'exit':
        return
      case 'wrong':
        return this.#complain(input.problem)
      case 'help':
        return this.#tell(...help)
      case 'send':
        return this.#sending.send(input.command)
      case 'status':
        return this.#status()
      case 'print':
        return this.#print(input.server)
      case 'log':
        return this.#log(input.server)
      case 'suspend':
      case 'resume':
      case 'kill':
      case 'start':
        return this.#change(input.kind, input.server)
      default:
        unreachable(input)
    }
  }

  #tellUncommitted(): void {
    const { uncommitted } = this.#sending
    if (uncommitted === 0) return
    const active = this.#cluster.active().length
    this.#tell(
      `not committed: ${uncommitted} of the commands sent; ` +
        `${active} of ${demoServers} servers take part`,
    )
  }

  async #status(): Promise<void> {
    await this.#sending.settle()
    this.#tellUncommitted()
    const cluster = this.#cluster
    const views = await Promise.all(
      cluster.numbers().map(async (server) => ({
        server,
        id: cluster.id(server),
        condition: cluster.condition(server),
        print: cluster.isRunning(server) ? await cluster.print(server).catch(() => null) : null,
        lastLine: cluster.lastLine(server),
      })),
    )
    this.#tell(...statusLines(views, this.#paint))
  }

  async #print(wanted: number | null): Promise<void> {
    await this.#sending.settle()
    for (const server of this.#shown(wanted)) this.#tell(...(await this.#cluster.print(server)), '')
  }

  async #log(wanted: number | null): Promise<void> {
    await this.#sending.settle()
    const views = await Promise.all(
      this.#shown(wanted).map(async (server) => ({
        server,
        lines: await this.#cluster.log(server),
      })),
    )
    const only = wanted === null ? null : views[0]
    this.#tell(...(only?.lines ?? logTableLines(views, this.#paint)))
  }

  /** The wanted one, which then says itself if it is not there, or all that run. */
  #shown(wanted: number | null): number[] {
    if (wanted !== null) return [wanted]
    return this.#cluster.numbers().filter((server) => this.#cluster.isRunning(server))
  }

  async #change(what: 'suspend' | 'resume' | 'kill' | 'start', server: number): Promise<void> {
    // What was sent before the change is not to be lost by it.
    await this.#sending.settle()
    const cluster = this.#cluster
    const condition = cluster.condition(server)
    const isRunning = cluster.isRunning(server)
    if (what === 'start') {
      if (isRunning) return this.#complain(`server ${server} runs already`)
      await cluster.start(server)
      return this.#tell(`server ${server} started, with what it had on disk`)
    }
    if (!isRunning)
      return this.#complain(`server ${server} does not run; start ${server} starts it`)
    if (what === 'kill') {
      await cluster.kill(server)
      return this.#tell(`server ${server} killed`)
    }
    if ((what === 'suspend') === (condition === 'suspended')) {
      const not = what === 'suspend' ? 'already' : 'not'
      return this.#complain(`server ${server} is ${not} suspended`)
    }
    await (what === 'suspend' ? cluster.suspend(server) : cluster.resume(server))
    this.#tell(`server ${server} ${what === 'suspend' ? 'suspended' : 'resumed'}`)
  }

  #look(): void {
    this.#cluster.look()
    for (const command of this.#sending.takeLost()) {
      this.#tell(
        `${command} is not committed after ${commitTimeoutMs / 1000} s: it waits for a majority, ` +
          'or is lost, since UDP promises nothing; it can be sent again',
      )
    }
  }

  #committed(line: string): void {
    const [term, index, command = ''] = line.split(',')
    this.#sending.committed(command)
    this.#tell(`committed ${command} at index ${index} in term ${term}`)
  }

  #tell(...lines: readonly string[]): void {
    const text = lines.join('\n')
    if (this.#terminal === null) process.stdout.write(`${text}\n`)
    else this.#terminal.say(text)
  }

  /** What is wrong with the input: beside the output where that may be read by a program. */
  #complain(problem: string): void {
    if (this.isOnTerminal) this.#tell(problem)
    else process.stderr.write(`kontiki demo: ${problem}\n`)
  }
}
