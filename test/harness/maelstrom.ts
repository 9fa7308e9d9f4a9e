/**
 * A small Maelstrom: it starts nodes, carries their messages with delay, loss and partitions drawn
 * from a seed, plays clients that ask with the lin-kv operations, and records what they saw.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Random } from '../../src/base/random.ts'
import type { Body, MaelstromMessage } from '../../src/cli/maelstrom/message.ts'
import { waitFor } from './waiting.ts'

const kontiki = fileURLToPath(new URL('../../bin/kontiki.js', import.meta.url))

export interface MaelstromOptions {
  readonly nodes: number
  readonly seed: number
  readonly delayMaxMs: number
  readonly lossChance: number
}

export class Maelstrom {
  readonly nodeIds: readonly string[]
  readonly random: Random
  /** What nodes said that no node and no client was meant to hear. */
  readonly strays: string[] = []
  readonly ends: string[] = []
  readonly #options: MaelstromOptions
  readonly #nodes = new Map<string, ChildProcess>()
  readonly #waiting = new Map<string, (body: Body) => void>()
  #side: ReadonlySet<string> | null = null
  #lossChance = 0
  #lastId = 0
  #isClosing = false

  constructor(options: MaelstromOptions) {
    this.#options = options
    this.random = new Random(options.seed)
    this.nodeIds = Array.from({ length: options.nodes }, (_, i) => `n${i + 1}`)
  }

  /** Resolves when every node has said that it is there. */
  async start(): Promise<void> {
    for (const id of this.nodeIds) this.#spawn(id)
    for (const id of this.nodeIds) {
      const body = { type: 'init', node_id: id, node_ids: this.nodeIds }
      const answer = await this.ask('c0', id, body, 30_000)
      if (answer?.type !== 'init_ok') throw new Error(`${id} answers init with ${answer?.type}`)
    }
    this.#lossChance = this.#options.lossChance
  }

  /** Nothing passes between these nodes and the others; null: all is well again. */
  partition(side: readonly string[] | null): void {
    this.#side = side === null ? null : new Set(side)
  }

  /** No more messages are lost. */
  heal(): void {
    this.#side = null
    this.#lossChance = 0
  }

  /** The answer's body, or null where none has come in time. */
  ask(client: string, node: string, body: Body, timeoutMs: number): Promise<Body | null> {
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve) => {
      const key = `${client}/${id}`
      const timer = setTimeout(() => {
        this.#waiting.delete(key)
        resolve(null)
      }, timeoutMs)
      this.#waiting.set(key, (answer) => {
        clearTimeout(timer)
        this.#waiting.delete(key)
        resolve(answer)
      })
      this.#write({ src: client, dest: node, body: { ...body, msg_id: id } })
    })
  }

  /** Ends the nodes by ending their input, as Maelstrom does; their exit statuses. */
  async close(): Promise<(number | null)[]> {
    this.#isClosing = true
    const children = [...this.#nodes.values()]
    for (const child of children) child.stdin?.end()
    await waitFor('every node has ended', () => children.every((child) => hasEnded(child)))
    return children.map((child) => child.exitCode)
  }

  kill(): void {
    this.#isClosing = true
    for (const child of this.#nodes.values()) child.kill('SIGKILL')
  }

  #spawn(id: string): void {
    const args = [kontiki, 'maelstrom', '--election-timeout-ms', '200', '--timeout-ms', '1500']
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#nodes.set(id, child)
    child.stdin?.on('error', () => {})
    if (child.stdout === null || child.stderr === null) return
    createInterface(child.stdout).on('line', (line) => this.#said(line))
    const errors: string[] = []
    createInterface(child.stderr).on('line', (line) => errors.push(line))
    child.once('close', (status) => {
      if (!this.#isClosing) this.ends.push(`${id} ended with ${status}: ${errors.join(' / ')}`)
    })
  }

  #said(line: string): void {
    const message = JSON.parse(line) as MaelstromMessage
    if (this.#nodes.has(message.dest)) this.#carry(message)
    else {
      const waiting = this.#waiting.get(`${message.dest}/${message.body.in_reply_to}`)
      if (waiting !== undefined) waiting(message.body)
      else if (!message.dest.startsWith('c')) this.strays.push(line)
    }
  }

  /** Between nodes: late, or never. */
  #carry(message: MaelstromMessage): void {
    const { src, dest } = message
    const isCut = this.#side !== null && this.#side.has(src) !== this.#side.has(dest)
    if (isCut || this.random.chance(this.#lossChance)) return
    // Two messages may overtake each other.
    const delayMs = this.random.between(0, this.#options.delayMaxMs)
    setTimeout(() => this.#write(message), delayMs)
  }

  #write(message: MaelstromMessage): void {
    this.#nodes.get(message.dest)?.stdin?.write(`${JSON.stringify(message)}\n`)
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
