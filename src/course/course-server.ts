/**
 * One server of the course project: the driver of src/server with what the course adds to Raft: the
 * Failed state (C13), commands that are passed on (C12), what is dropped and counted (C10).
 */
import { unreachable } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { Clock, Storage, Transport } from '../ports/index.ts'
import {
  type AppendEntriesRequest,
  describeNotice,
  leaderIdOf,
  type Message,
  type Milliseconds,
  type Notice,
  type ProposalId,
  Raft,
  type RaftState,
  type ServerId,
  type Term,
} from '../raft/index.ts'
import { digestText, isBelievable, Server, type ServerStatus, statusOf } from '../server/index.ts'
import { Applier, CommandLog, type LineSink, SessionMachine } from '../state-machine/index.ts'
import { decodeEnvelope, encodeCommand, MessageEncoder } from '../wire/index.ts'
import { ClientDesk } from './client-desk.ts'
import { commandBytesMaxFor } from './command-name.ts'
import { CommandRouter } from './command-router.ts'
import { type CourseCounters, courseCounters } from './counters.ts'
import { type CourseOptions, raftOptionsFor } from './course-options.ts'
import type { Warn } from './warning.ts'

/** What one course server consists of. */
export interface CourseServerParts {
  readonly id: ServerId
  /** Every server of the list, this one included. */
  readonly servers: readonly ServerId[]
  readonly options: CourseOptions
  readonly random: Random
  readonly clock: Clock
  /** A second alarm, for commands that are passed on in steps. */
  readonly pacer: Clock
  readonly storage: Storage
  readonly transport: Transport
  /** Answers a client at the address that it was heard from. */
  readonly sendToClient: (client: string, bytes: Uint8Array) => void
  /** Where committed commands are written. */
  readonly logFile: LineSink
  /** What the operator should hear of: a change of role, say. */
  readonly say: (text: string) => void
  readonly warn: Warn
  /** The server has stopped for good. */
  readonly fatal: (error: Error) => void
}

export class CourseServer {
  readonly id: ServerId
  readonly servers: readonly ServerId[]
  readonly counters: CourseCounters = courseCounters()
  readonly #parts: CourseServerParts
  readonly #server: Server
  readonly #router: CommandRouter
  readonly #machine: SessionMachine
  readonly #applier: Applier
  readonly #clients: ClientDesk
  readonly #startedAt: Milliseconds
  #lastId: ProposalId = 0
  /** Who was last heard of as leader, and of which term. */
  #lastLeader: { readonly id: ServerId; readonly term: Term } | null = null

  constructor(parts: CourseServerParts) {
    const { id, servers, options, random, clock, storage, transport, pacer, warn } = parts
    this.id = id
    this.servers = servers
    this.#parts = parts
    this.#startedAt = clock.now()
    this.#machine = new SessionMachine(new CommandLog(parts.logFile))
    this.#applier = new Applier(this.#machine)
    const raft = new Raft({
      id,
      voters: servers,
      options: raftOptionsFor(id, servers, options),
      random,
      now: clock.now(),
      recovered: storage.recover(),
    })
    this.#server = new Server({
      raft,
      clock,
      storage,
      transport,
      encode: new MessageEncoder().encode,
      apply: (entry) => {
        this.#clients.applied(entry, this.#applier.apply(entry))
        this.#router.flush()
      },
      answer: (answer) => {
        if (this.#clients.answered(answer)) return
        // A read that is nobody's was asked before the server was suspended.
        if ('proposalId' in answer) this.#router.answered(answer)
      },
      notice: (notice) => this.#notice(notice),
      fatal: (error) => {
        this.#clients.close()
        parts.fatal(error)
      },
    })
    this.#clients = new ClientDesk({
      server: this.#server,
      machine: this.#machine,
      clock,
      nextId: () => this.#nextId(),
      status: () => JSON.stringify(this.status()),
      send: parts.sendToClient,
      datagramBytesMax: options.datagramBytesMax,
      counters: this.counters,
    })
    this.#router = new CommandRouter({
      id,
      leaderId: () => this.#leaderForCommands(),
      nextId: () => this.#nextId(),
      propose: (proposalId, command) => this.#server.propose(proposalId, command),
      send: (to, { command, hops }) => transport.send(to, encodeCommand(command, hops)),
      commandBytesMax: commandBytesMaxFor(options.datagramBytesMax, servers),
      pacer,
      counters: this.counters,
      warn,
    })
  }

  start(): void {
    this.#server.start()
  }

  /** To be read only. */
  get state(): RaftState {
    return this.#server.state
  }

  /** The course's Failed state. */
  get isFailed(): boolean {
    return this.#server.isSuspended
  }

  /** Who leads as far as this server knows; while it is Failed, who was last heard to. */
  get leaderId(): ServerId | null {
    if (this.isFailed) return this.#lastLeader?.id ?? null
    return leaderIdOf(this.state)
  }

  /** Commands that wait until it is known who leads. */
  get waitingCommands(): number {
    return this.#router.waiting
  }

  /** How this server is, for operators' tools. */
  status(): ServerStatus {
    return statusOf(this.state, {
      lastApplied: this.#applier.lastApplied,
      leaderAddress: this.leaderId,
      sessions: this.#machine.sessionCount,
      clusterTimeMs: this.#machine.timeMs,
      uptimeMs: Math.floor(this.#parts.clock.now() - this.#startedAt),
      requestsWaiting: this.#clients.requestsWaiting,
      queriesWaiting: this.#clients.queriesWaiting,
      savesPending: this.#server.pendingSaves,
      digest: digestText(this.#machine.digest),
      machine: {},
      cluster: null,
      recent: [],
      now: this.#parts.clock.now(),
      eventLoop: null,
    })
  }

  /**
   * A datagram has arrived, from another server or (null) from an address that is no server's,
   * which is `client`.
   */
  receive(bytes: Uint8Array, from: ServerId | null, client: string | null = null): void {
    const { counters } = this
    if (this.#server.isStopped) return
    if (from === this.id) {
      counters.datagramsFromSelf += 1
      return
    }
    const decoded = decodeEnvelope(bytes, from, this.id)
    switch (decoded.kind) {
      case 'message':
        this.#receiveMessage(decoded.message)
        break
      case 'command':
        if (from === null) counters.commandsFromClients += 1
        else counters.commandsFromServers += 1
        this.#router.route({ command: decoded.command, hops: decoded.hops }, from)
        break
      case 'clientMessage':
        if (this.isFailed) counters.clientMessagesWhileFailed += 1
        else this.#clients.receive(decoded.message, from === null ? client : null)
        break
      case 'invalid':
        counters.invalid[decoded.reason] += 1
        break
      default:
        unreachable(decoded)
    }
  }

  /** Into the Failed state; false where the server was in it. */
  suspend(): boolean {
    if (this.isFailed) return false
    this.#server.suspend()
    this.#clients.forget()
    this.#router.recall()
    return true
  }

  /** Back to follower; false where the server was not Failed. */
  resume(): boolean {
    if (!this.isFailed) return false
    this.#server.resume()
    return true
  }

  /** Stops for good. The storage is the caller's to close. */
  close(): void {
    this.#server.close()
    this.#clients.close()
    this.#router.close()
  }

  #nextId(): ProposalId {
    this.#lastId += 1
    return this.#lastId
  }

  #receiveMessage(message: Message): void {
    if (!isBelievable(message, this.state)) {
      this.counters.termLeaps += 1
      this.#parts.warn('termLeap', `${message.from} speaks of term ${message.term}: not believed`)
    } else if (this.isFailed) {
      this.counters.messagesWhileFailed += 1
      if (message.kind === 'appendEntriesRequest') this.#overhear(message)
    } else {
      this.counters.messagesHandled += 1
      this.#server.receive(message)
      // It leads, and it is alive: what could not be passed on before may be now.
      if (message.kind === 'appendEntriesRequest') this.#router.flush()
    }
  }

  /** Failed, the server acts upon nothing, but it may know to whom commands should go. */
  #overhear(request: AppendEntriesRequest): void {
    const lastTerm = Math.max(this.state.currentTerm, this.#lastLeader?.term ?? 0)
    if (request.term < lastTerm) return
    this.#lastLeader = { id: request.from, term: request.term }
    this.#router.flush()
  }

  /** To whom a command may go; this server only while it acts as leader. */
  #leaderForCommands(): ServerId | null {
    const lastLeader = this.#lastLeader
    const isBehind = lastLeader !== null && lastLeader.term > this.state.currentTerm
    if (!this.isFailed && !isBehind) return leaderIdOf(this.state)
    return lastLeader === null || lastLeader.id === this.id ? null : lastLeader.id
  }

  #notice(notice: Notice): void {
    const { say, warn } = this.#parts
    this.#clients.notice(notice)
    const text = describeNotice(notice)
    switch (notice.kind) {
      case 'roleChanged':
        if (notice.leaderId !== null) this.#lastLeader = { id: notice.leaderId, term: notice.term }
        if (notice.role === 'candidate') warn('candidacy', text)
        else say(text)
        this.#router.flush()
        break
      case 'voteRefused':
        break // Usual in every contested election, and told by the candidacies.
      case 'contradiction':
        this.counters.contradictions += 1
        warn('contradiction', text)
        break
      case 'forgetfulPeer':
        warn('forgetfulPeer', text)
        break
      case 'diskSpace':
      case 'configurationAdopted':
      case 'configurationCommitted':
      case 'learnerCaughtUp':
      case 'removed':
      case 'added':
        // The course's clusters are fixed; a leader that can change them is ours, and means it.
        say(text)
        this.#router.flush()
        break
      default:
        unreachable(notice)
    }
  }
}
