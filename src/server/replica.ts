/**
 * One whole server for clients: the core, its driver, the state machine with its sessions, and the
 * service to clients, put together in the only way in which they work. The library, the command
 * line, Maelstrom and the simulator all run this, over their own ports.
 */
import {
  type Entry,
  type LogIndex,
  leaderIdOf,
  type Message,
  type Notice,
  Raft,
  type RaftState,
  type ServerId,
  type Snapshot,
} from '../raft/index.ts'
import { Applier, SessionMachine } from '../state-machine/index.ts'
import {
  type ClientRequestMessage,
  decodeFromReplica,
  encodeDigestReport,
  MessageEncoder,
  sizeOfEntry,
} from '../wire/index.ts'
import { Administration } from './administration.ts'
import type { Reply } from './caller.ts'
import { ClientService } from './client-service.ts'
import { Digests, defaultDigestEveryEntries } from './digests.ts'
import { RecentEvents } from './recent-events.ts'
import type { ReplicaCounters, ReplicaEvents, ReplicaParts } from './replica-parts.ts'
import { Server } from './server.ts'
import { serviceOptions } from './service-options.ts'
import { snapshotOptions } from './snapshot-options.ts'
import type { SnapshotParts } from './snapshots.ts'
import { digestText, type ServerStatus, statusOf } from './status.ts'
import { isBelievable } from './term-leap.ts'

export class Replica {
  readonly id: ServerId
  readonly counters: ReplicaCounters = { invalidMessages: 0, termLeaps: 0 }
  readonly #parts: ReplicaParts
  readonly #events: Partial<ReplicaEvents>
  readonly #machine: SessionMachine
  readonly #applier: Applier
  readonly #server: Server
  readonly #service: ClientService
  readonly #digests: Digests | null
  readonly #administration: Administration
  readonly #recent = new RecentEvents()
  readonly #madeAt: number
  #lastId = 0
  #leaderId: ServerId | null = null

  /** Reads the storage. Throws OptionError where an option cannot be. */
  constructor(parts: ReplicaParts) {
    this.id = parts.id
    this.#parts = parts
    this.#events = parts.events ?? {}
    this.#madeAt = parts.clock.now()
    this.#machine = new SessionMachine(parts.machine, parts.checksum)
    this.#applier = new Applier(this.#machine)
    const options = serviceOptions(parts.service)
    this.#server = this.#makeServer()
    this.#digests = this.#makeDigests()
    const common = {
      server: this.#server,
      nextId: (): number => {
        this.#lastId += 1
        return this.#lastId
      },
      addressOf: (id: ServerId) => this.#addressOf(id),
    }
    this.#administration = new Administration(common)
    this.#service = new ClientService({
      ...common,
      machine: this.#machine,
      clock: parts.clock,
      status: () => JSON.stringify(this.status()),
      admin: (request, reply) => this.#administration.handle(request, reply),
      options,
    })
  }

  /** Begins to keep time. */
  start(): void {
    this.#server.start()
  }

  /** A message from another server, told by its address or its connection. */
  receive(bytes: Uint8Array, from: ServerId): void {
    const decoded = decodeFromReplica(bytes, from, this.id)
    if (decoded.kind === 'message') this.receiveMessage(decoded.message)
    else if (decoded.kind === 'digest') this.#digests?.received(decoded.report, from)
    else this.counters.invalidMessages += 1
  }

  /** The same, read already. */
  receiveMessage(message: Message): void {
    if (isBelievable(message, this.state)) this.#server.receive(message)
    else this.counters.termLeaps += 1
  }

  /**
   * A client's request, from any network or from this very process. `reply` is called once, perhaps
   * from inside this call; never where the replica fails, is suspended, or its process ends.
   */
  handleClient(request: ClientRequestMessage, reply: Reply): void {
    if (!this.#server.isSuspended) this.#service.handle(request, reply)
  }

  /** For what is no client's business: `events.answered` tells what comes of it. */
  get driver(): Pick<Server, 'propose' | 'changeMembership' | 'transfer'> {
    return this.#server
  }

  /** Takes a snapshot now, where there is something new and none is under way. */
  takeSnapshot(): void {
    this.#server.takeSnapshot()
  }

  /** The core's state, to be read only. */
  get state(): RaftState {
    return this.#server.state
  }

  get lastApplied(): LogIndex {
    return this.#applier.lastApplied
  }

  /** Of what was applied so far: equal on servers that have applied as much. */
  get digest(): number {
    return this.#machine.digest
  }

  get isStopped(): boolean {
    return this.#server.isStopped
  }

  get isSuspended(): boolean {
    return this.#server.isSuspended
  }

  status(): ServerStatus {
    const leaderId = leaderIdOf(this.state)
    return statusOf(this.state, {
      lastApplied: this.#applier.lastApplied,
      leaderAddress: leaderId === null ? null : this.#addressOf(leaderId) || null,
      sessions: this.#machine.sessionCount,
      clusterTimeMs: this.#machine.timeMs,
      uptimeMs: Math.floor(this.#parts.clock.now() - this.#madeAt),
      requestsWaiting: this.#service.requestsWaiting,
      queriesWaiting: this.#service.queriesWaiting,
      savesPending: this.#server.pendingSaves,
      digest: digestText(this.#machine.digest),
      machine: this.#parts.machineStats?.() ?? {},
      cluster: this.#parts.cluster?.() ?? null,
      recent: this.#recent.list(this.#parts.clock.now()),
      now: this.#parts.clock.now(),
      eventLoop: this.#parts.eventLoop?.() ?? null,
    })
  }

  /**
   * Where it leads, sees to it that another server does, before it is closed. `done` is called
   * once, at the latest after an election timeout.
   */
  handOver(done: () => void): void {
    if (this.isStopped || this.isSuspended) done()
    else this.#administration.handOver(done)
  }

  /** As if the process had been stopped: nobody hears anything, and who waits is not answered. */
  suspend(): void {
    if (this.#server.isStopped) return
    this.#server.suspend()
    this.#administration.forget()
    this.#service.forget()
  }

  /** Goes on as a follower, with what it had. */
  resume(): void {
    this.#server.resume()
  }

  /**
   * Stops for good; who still waits is told so. The ports are the caller's to close, the storage
   * last of all.
   */
  close(): void {
    this.#server.close()
    this.#administration.close()
    this.#service.close()
  }

  #makeServer(): Server {
    const { id, configuration, clock, storage, transport, random } = this.#parts
    const incarnation = this.#parts.incarnationOf?.(id) ?? null
    const raft = new Raft({
      id,
      configuration,
      options: { sizeOfEntry, ...this.#parts.raft },
      random,
      now: clock.now(),
      recovered: storage.recover(),
      ...(incarnation === null ? {} : { incarnation }),
    })
    return new Server({
      raft,
      clock,
      storage,
      transport,
      encode: new MessageEncoder().encode,
      apply: (entry) => this.#apply(entry),
      answer: (answer) => {
        if (this.#service.answer(answer) || this.#administration.answer(answer)) return
        this.#events.answered?.(answer)
      },
      notice: (notice) => this.#notice(notice),
      snapshots: this.#snapshotParts(),
      ...(this.#parts.incarnationOf === undefined
        ? {}
        : { incarnationOf: this.#parts.incarnationOf }),
      fatal: (error) => {
        this.#administration.forget()
        this.#service.forget()
        this.#service.close()
        this.#events.stopped?.(error)
      },
    })
  }

  #makeDigests(): Digests | null {
    const { digestEveryEntries: everyEntries = defaultDigestEveryEntries, transport } = this.#parts
    if (everyEntries === null) return null
    return new Digests({
      state: this.state,
      everyEntries,
      send: (to, report) => transport.send(to, encodeDigestReport(report)),
      diverged: (error) => this.#server.fail(error),
    })
  }

  #snapshotParts(): SnapshotParts | null {
    const { snapshots } = this.#parts
    if (snapshots == null) return null
    return {
      store: snapshots.store,
      options: snapshotOptions(snapshots.options),
      source: {
        take: () => this.#machine.snapshot(this.#digests?.origin ?? this.id),
        restore: (chunks, snapshot) => this.#restore(chunks, snapshot),
      },
    }
  }

  #restore(chunks: Iterable<Uint8Array>, snapshot: Snapshot): void {
    const origin = this.#machine.restore(chunks) ?? leaderIdOf(this.state) ?? this.id
    this.#digests?.restored(origin)
    this.#applier.restored(snapshot.lastIndex, snapshot.lastTerm)
    this.#events.restored?.(snapshot)
    this.#service.restored(snapshot.lastIndex)
  }

  #apply(entry: Entry): void {
    const outcome = this.#applier.apply(entry)
    this.#digests?.applied(entry.index, this.#machine.digest)
    if (this.isStopped) return
    this.#events.applied?.(entry, outcome)
    this.#service.applied(entry, outcome)
  }

  #notice(notice: Notice): void {
    this.#service.notice(notice)
    this.#events.noticed?.(notice)
    this.#recent.add(notice, this.#parts.clock.now())
    if (notice.kind !== 'roleChanged') return
    const { role, term, leaderId, why } = notice
    this.#events.roleChanged?.(role, term, why)
    if (leaderId === this.#leaderId) return
    this.#leaderId = leaderId
    this.#events.leaderChanged?.(leaderId, term)
  }

  #addressOf(id: ServerId): string {
    return this.#parts.addressOf?.(id) ?? this.state.configuration.addresses.get(id) ?? ''
  }
}
