/**
 * A server that is none: a socket at the address of one, which hears what the server under test
 * says to it and answers what a check tells it to, in Listing 1 and nothing else. It echoes no
 * request ids, as no implementation but ours does.
 */
import { createSocket, type Socket } from 'node:dgram'
import { utf8Decode, utf8Encode } from '../../base/bytes.ts'
import {
  type AppendEntriesRequest,
  type AppendEntriesResponse,
  appendEntriesAccepted,
  appendEntriesRefused,
  appendEntriesRequest,
  type Entry,
  entry,
  type Message,
  type RequestVoteRequest,
  type RequestVoteResponse,
  requestVoteRequest,
  requestVoteResponse,
} from '../../raft/index.ts'
import { decodeDatagram, encodeMessage } from '../../wire/index.ts'
import { Blame } from './rules.ts'

/** What no implementation but ours sends: none. */
const noRequestId = 0

/** A line of somebody's log: its term, and its command; an empty one is a no-op. */
export type Line = readonly [term: number, command: string]

export class Peer {
  readonly id: string
  readonly port: number
  readonly #socket: Socket
  readonly #serverPort: number
  readonly #serverId: string
  readonly #messages: Message[] = []
  readonly #commands: string[] = []
  #listeners: (() => void)[] = []
  /** What was wrong with a datagram, the first. */
  fault: Blame | null = null

  private constructor(socket: Socket, port: number, serverId: string) {
    this.id = `127.0.0.1:${port}`
    this.port = port
    this.#socket = socket
    this.#serverId = serverId
    this.#serverPort = Number(serverId.split(':')[1])
    socket.on('message', (bytes, source) => this.#hear(bytes, source.port))
  }

  static open(port: number, serverId: string): Promise<Peer> {
    return new Promise((done, failed) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
      socket.once('error', failed)
      socket.bind(port, '127.0.0.1', () => done(new Peer(socket, port, serverId)))
    })
  }

  close(): void {
    this.#socket.close()
  }

  /** Everything heard that has not been taken. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  get commands(): readonly string[] {
    return this.#commands
  }

  /** What came before is not looked at any more. */
  forget(): void {
    this.#messages.length = 0
    this.#commands.length = 0
  }

  /** The first message of the kind that `suits`, taken out; null where none comes in time. */
  take<K extends Message['kind']>(
    kind: K,
    timeoutMs: number,
    suits: (message: Extract<Message, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<Message, { kind: K }> | null> {
    type Wanted = Extract<Message, { kind: K }>
    return this.#await(timeoutMs, () => {
      const place = this.#messages.findIndex((one) => one.kind === kind && suits(one as Wanted))
      return place === -1 ? null : (this.#messages.splice(place, 1)[0] as Wanted)
    })
  }

  takeCommand(command: string, timeoutMs: number): Promise<string | null> {
    return this.#await(timeoutMs, () => {
      const place = this.#commands.indexOf(command)
      return place === -1 ? null : (this.#commands.splice(place, 1)[0] as string)
    })
  }

  #await<T>(timeoutMs: number, look: () => T | null): Promise<T | null> {
    const found = look()
    if (found !== null) return Promise.resolve(found)
    return new Promise((done) => {
      const end = (value: T | null): void => {
        clearTimeout(timer)
        this.#listeners = this.#listeners.filter((one) => one !== listener)
        done(value)
      }
      const listener = (): void => {
        const now = look()
        if (now !== null) end(now)
      }
      const timer = setTimeout(() => end(null), timeoutMs)
      this.#listeners.push(listener)
    })
  }

  // What it says.

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#serverPort, '127.0.0.1')
  }

  send(message: Message): void {
    this.sendBytes(encodeMessage(message))
  }

  vote(request: RequestVoteRequest, voteGranted: boolean, term: number = request.term): void {
    this.send(requestVoteResponse({ ...request, requestId: noRequestId }, term, voteGranted))
  }

  accept(request: AppendEntriesRequest): void {
    this.send(appendEntriesAccepted({ ...request, requestId: noRequestId }, request.term, 0))
  }

  refuse(request: AppendEntriesRequest, term: number = request.term): void {
    this.send(appendEntriesRefused({ ...request, requestId: noRequestId }, term, 0, 0))
  }

  /** Asks for a vote; the answer, or null where none comes in time. */
  async requestVote(
    term: number,
    [lastLogIndex, lastLogTerm]: readonly [number, number],
    timeoutMs: number,
  ): Promise<RequestVoteResponse | null> {
    const { id } = this
    const to = this.#serverId
    this.send(requestVoteRequest(id, to, term, lastLogIndex, lastLogTerm, noRequestId))
    return await this.take('requestVoteResponse', timeoutMs)
  }

  /** Sends the lines of `log` after the first `prev`; the answer, or null. */
  async append(
    term: number,
    log: readonly Line[],
    prev: number,
    leaderCommit: number,
    timeoutMs: number,
  ): Promise<AppendEntriesResponse | null> {
    this.sendAppend(term, log, prev, leaderCommit)
    return await this.take('appendEntriesResponse', timeoutMs)
  }

  sendAppend(term: number, log: readonly Line[], prev: number, leaderCommit: number): void {
    const entries = log.slice(prev).map((line, i) => entryOf(line, prev + 1 + i))
    const prevTerm = prev === 0 ? 0 : (log[prev - 1]?.[0] ?? term)
    this.send(
      appendEntriesRequest(
        this.id,
        this.#serverId,
        term,
        prev,
        prevTerm,
        entries,
        leaderCommit,
        noRequestId,
      ),
    )
  }

  #hear(bytes: Uint8Array, port: number): void {
    const decoded = decodeDatagram(bytes, this.#serverId, this.id)
    if (port !== this.#serverPort) {
      this.fault ??= new Blame('C5', `a datagram came from port ${port}, not ${this.#serverPort}`)
    }
    if (decoded.kind === 'message') this.#messages.push(decoded.message)
    else if (decoded.kind === 'command') this.#commands.push(utf8Decode(decoded.command) ?? '')
    else this.fault ??= new Blame('C6', `a datagram is not valid (${decoded.reason})`)
    for (const listener of [...this.#listeners]) listener()
  }
}

function entryOf([term, command]: Line, index: number): Entry {
  return entry(index, term, command === '' ? 'noop' : 'command', utf8Encode(command))
}

/** The commands in a request, as text; a no-op is empty. */
export function commandsIn({ entries }: AppendEntriesRequest): string[] {
  return entries.map(({ command }) => utf8Decode(command) ?? '')
}
