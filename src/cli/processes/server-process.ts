/**
 * One `raftserver` as a child process: started, asked, suspended, killed, started again. It speaks
 * to the server as a person would, through standard input and output (C16, C17), and hears its
 * diagnostics line by line. No way out of this process leaves a server behind: an exit kills them,
 * and a server whose parent has vanished ends by itself when the channel between them closes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const raftserverPath: string = fileURLToPath(
  new URL('../../../bin/raftserver.js', import.meta.url),
)

/** How long a server may take to listen; starting Node on a busy machine is most of it. */
export const startTimeoutMs = 30_000

/** How long a server may take to answer what it is asked, before it counts as stuck. */
const answerTimeoutMs = 10_000

/** How long a server may take to end when asked, before it is killed; it gives its disk 5 s. */
const exitTimeoutMs = 8_000

/** The server could not be started, or is not there to be asked; the message is for people. */
export class ServerProcessError extends Error {
  readonly code = 'SERVER_PROCESS'
  override readonly name = 'ServerProcessError'
}

/** Where a server lives. */
export interface ServerPlace {
  /** `host:port`, as in the list. */
  readonly id: string
  /** The working directory, where its log file and data are. */
  readonly folder: string
  /** The file that lists all servers. */
  readonly listFile: string
}

export interface ServerListener {
  /** A line of the server's standard error, without its prefix. */
  readonly said: (line: string) => void
  /** The process has ended without having been told to. */
  readonly died: (how: string) => void
}

interface Question {
  readonly resolve: (lines: string[]) => void
  readonly reject: (error: Error) => void
}

/** The processes that an exit must take with it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class ServerProcess {
  readonly place: ServerPlace
  readonly #listener: ServerListener
  #child: ChildProcess | null = null
  #ended: Promise<void> = Promise.resolve()
  #hasListened = false
  #endIsWanted = false
  #lastSaid = ''
  #questions: Question[] = []
  #answer: string[] = []

  constructor(place: ServerPlace, listener: ServerListener) {
    this.place = place
    this.#listener = listener
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  /** Starts the process; resolves when the server listens. */
  start(): Promise<void> {
    if (this.#child !== null) return Promise.resolve()
    const { id, folder, listFile } = this.place
    const child = spawn(process.execPath, [raftserverPath, id, listFile], {
      cwd: folder,
      // A group of its own: Ctrl-C on the terminal is for us, and we end the servers in order.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    })
    running.add(child)
    this.#child = child
    this.#hasListened = false
    this.#endIsWanted = false
    this.#lastSaid = ''
    // A server that ends while we write to it is reported once, by its end.
    child.stdin?.on('error', () => {})
    if (child.stdout) createInterface(child.stdout).on('line', (line) => this.#answered(line))
    this.#ended = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        // Its last words say why, unless it had no time for any.
        const words = this.#lastSaid === '' ? '' : `: ${this.#lastSaid}`
        this.#gone(child, signal === null ? `with status ${status}${words}` : `by ${signal}`)
        resolve()
      })
    })
    return this.#listening(child)
  }

  #listening(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (what: string): void => {
        clearTimeout(timer)
        reject(new ServerProcessError(`${this.place.id} did not start: ${what}`))
      }
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        fail(`it does not listen after ${startTimeoutMs / 1000} s`)
      }, startTimeoutMs)
      child.once('error', (error) => fail(error.message))
      child.once('close', () => fail(this.#lastSaid === '' ? 'it ended' : this.#lastSaid))
      if (!child.stderr) return
      createInterface(child.stderr).on('line', (line) => {
        const text = line.replace(/^raftserver: /, '')
        this.#lastSaid = text
        if (text.startsWith('listening on ')) {
          clearTimeout(timer)
          this.#hasListened = true
          resolve()
        }
        this.#listener.said(text)
      })
    })
  }

  #gone(child: ChildProcess, how: string): void {
    running.delete(child)
    this.#child = null
    for (const { reject } of this.#questions) {
      reject(new ServerProcessError(`${this.place.id} has ended ${how}`))
    }
    this.#questions = []
    this.#answer = []
    // An end before it listens is the business of whoever waits for the start.
    if (this.#endIsWanted || !this.#hasListened) return
    this.#listener.died(how)
  }

  suspend(): Promise<void> {
    return this.#ask('suspend').then(() => {})
  }

  resume(): Promise<void> {
    return this.#ask('resume').then(() => {})
  }

  /** What `print` answers: `name: value` lines. */
  print(): Promise<string[]> {
    return this.#ask(null)
  }

  /** What `log` answers: `term,index,command` lines. */
  async log(): Promise<string[]> {
    const lines = await this.#ask('log')
    const end = lines.findIndex((line) => line.startsWith('server: '))
    return lines.slice(0, end === -1 ? lines.length : end)
  }

  /**
   * Gives a command, if any, and then `print`, whose answer ends with an empty line: that the end
   * has come says that the command has been carried out too.
   */
  #ask(command: 'suspend' | 'resume' | 'log' | null): Promise<string[]> {
    const child = this.#child
    if (child === null) {
      return Promise.reject(new ServerProcessError(`${this.place.id} is not running`))
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new ServerProcessError(`${this.place.id} has not answered in time`))
      }, answerTimeoutMs)
      this.#questions.push({
        resolve: (lines) => {
          clearTimeout(timer)
          resolve(lines)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
      child.stdin?.write(command === null ? 'print\n' : `${command}\nprint\n`)
    })
  }

  #answered(line: string): void {
    if (line !== '') {
      this.#answer.push(line)
      return
    }
    const lines = this.#answer
    this.#answer = []
    this.#questions.shift()?.resolve(lines)
  }

  /** Power loss, as far as a process can have it. Resolves when the process is gone. */
  kill(): Promise<void> {
    this.#endIsWanted = true
    this.#child?.kill('SIGKILL')
    return this.#ended
  }

  /** Asks the server to end, and kills it where it does not: then the answer is false. */
  async exit(): Promise<boolean> {
    const child = this.#child
    if (child === null) return true
    this.#endIsWanted = true
    child.stdin?.end('exit\n')
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, exitTimeoutMs)
    await this.#ended
    clearTimeout(timer)
    return !isLate
  }
}
