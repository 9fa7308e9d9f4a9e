/**
 * Sends commands to the servers over UDP, as a client does, and waits for them where something else
 * depends on it: for a leader before they are sent, for their commitment before what comes next.
 */
import { createSocket, type Socket } from 'node:dgram'
import { utf8Encode } from '../../base/bytes.ts'
import { encodeCommand } from '../../wire/index.ts'
import { waitUntil } from '../processes/waiting.ts'
import type { DemoCluster } from './cluster.ts'
import { Pending } from './pending.ts'

/** How long a command is waited for before it counts as lost. */
export const commitTimeoutMs = 10_000

/** How long an election may take before the demo goes on without a leader. */
const electionTimeoutMs = 10_000

/** How long followers may take to write what the leader has committed: some heartbeats. */
const levelTimeoutMs = 3_000

/** Commands on their way at once, so that no socket's buffer overflows. */
const pendingMax = 100

export class Sending {
  readonly #cluster: DemoCluster
  readonly #signal: AbortSignal
  readonly #socket: Socket = createSocket('udp4')
  readonly #pending = new Pending()

  constructor(cluster: DemoCluster, signal: AbortSignal) {
    this.#cluster = cluster
    this.#signal = signal
  }

  /** Commands that were sent and are neither committed nor given up. */
  get uncommitted(): number {
    return this.#pending.size
  }

  /** Rejects, with one line for people, where the command cannot be sent. */
  async send(command: string): Promise<void> {
    await this.awaitLeader()
    const hasRoom = (): boolean => this.#pending.size < pendingMax
    await waitUntil(hasRoom, { timeoutMs: commitTimeoutMs, signal: this.#signal })
    const port = this.#cluster.portForCommands()
    if (port === null) throw new Error(`no server runs that could take ${command}: start one`)
    this.#pending.add(command, performance.now())
    await new Promise<void>((sent, failed) => {
      const datagram = encodeCommand(utf8Encode(command), 0)
      this.#socket.send(datagram, port, '127.0.0.1', (error) => {
        if (error === null) sent()
        else failed(new Error(`${command} was not sent: ${error.message}`))
      })
    })
  }

  /**
   * Waits for an election that is under way: without a leader a command may be passed on to one
   * that is gone, and be lost. False where there is still none.
   */
  awaitLeader(): Promise<boolean> {
    const cluster = this.#cluster
    const isDecided = (): boolean => cluster.leader() !== null || !cluster.hasMajority()
    return waitUntil(isDecided, { timeoutMs: electionTimeoutMs, signal: this.#signal })
  }

  /** Waits for what was sent to be committed, where it can be, and then for all to have it. */
  async settle(): Promise<void> {
    const signal = this.#signal
    const cluster = this.#cluster
    const isSettled = (): boolean => this.#pending.size === 0 || !cluster.hasMajority()
    await waitUntil(isSettled, { timeoutMs: commitTimeoutMs, signal })
    if (cluster.leader() === null) return
    await waitUntil(() => cluster.isLevel(), { timeoutMs: levelTimeoutMs, signal })
  }

  /** A command of this name is committed; whoever sent it. */
  committed(command: string): void {
    this.#pending.settle(command)
  }

  /** Gives up those that have been waited for too long. */
  takeLost(): string[] {
    const lost = this.#pending.expire(performance.now(), commitTimeoutMs)
    return lost.map(({ command }) => command)
  }

  close(): void {
    this.#socket.close()
  }
}
