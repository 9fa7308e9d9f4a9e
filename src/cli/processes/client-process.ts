/**
 * One `raftclient` as a child process: it is given commands, one a line, and ends by itself when
 * its input ends (C18).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const raftclientPath = fileURLToPath(new URL('../../../bin/raftclient.js', import.meta.url))

/** What is kept of a client's complaints. */
const complaintLengthMax = 500

export class ClientProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<string | null>
  #complaint = ''

  /** `server`: `host:port`. */
  constructor(server: string) {
    const child = spawn(process.execPath, [raftclientPath, server], {
      // As for servers: Ctrl-C is for us. It ends with us, when its input does.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    this.#child = child
    child.stdin?.on('error', () => {})
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, complaintLengthMax)
    })
    this.#ended = this.#end(child)
  }

  async #end(child: ChildProcess): Promise<string | null> {
    try {
      const [status, signal] = await once(child, 'close')
      if (status === 0) return null
      const how = signal === null ? `with status ${status}` : `by ${signal}`
      return `a client ended ${how}: ${this.#complaint.trim() || 'it said nothing'}`
    } catch (error) {
      return `a client could not be started: ${error instanceof Error ? error.message : error}`
    }
  }

  send(command: string): void {
    this.#child.stdin?.write(`${command}\n`)
  }

  /**
   * Ends its input. Resolves when it has ended: with null, or with what went wrong. A client that
   * has not ended after `timeoutMs` is killed.
   */
  async finish(timeoutMs: number): Promise<string | null> {
    this.#child.stdin?.end()
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.kill()
    }, timeoutMs)
    const wrong = await this.#ended
    clearTimeout(timer)
    return isLate ? `a client did not end ${timeoutMs / 1000} s after its input` : wrong
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
