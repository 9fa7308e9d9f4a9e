/**
 * A server's place among the others: its connections to them, to which cluster it belongs, and the
 * replica, which there is from the moment that it belongs to one or waits to join one. Before that,
 * it takes part in nothing; it can only say what it waits for.
 */
import { crc32 } from 'node:zlib'
import {
  type Configuration,
  emptyConfiguration,
  incarnationOf,
  isRefilling,
  promisedBy,
  serversOf,
} from '../raft/index.ts'
import {
  type ClusterStatus,
  callerOf,
  failed,
  failure,
  Replica,
  type Reply,
  type ServerStatus,
} from '../server/index.ts'
import { type ClusterRecord, MemoryStorage } from '../storage/index.ts'
import { type TcpIdentity, type TcpRefusal, TcpTransport } from '../transport/index.ts'
import type { ClientRequestMessage } from '../wire/index.ts'
import { ClusterIdentity } from './cluster-identity.ts'
import type { Data } from './data.ts'
import { type EventLoopWatch, watchEventLoop } from './event-loop.ts'
import { Lives } from './lives.ts'
import { listeningMs, secondClusterError } from './lone-founder.ts'
import type { MemberParts } from './member-parts.ts'
import { makeRandom } from './random.ts'
import { isLossOfOurs, Refusals } from './refusals.ts'
import { firstConfiguration } from './server-options.ts'
import { Whereabouts } from './whereabouts.ts'

export class Member {
  readonly id: string
  readonly transport: TcpTransport
  readonly #parts: MemberParts
  readonly #identity: ClusterIdentity
  readonly #whereabouts: Whereabouts
  readonly #refusals: Refusals
  readonly #lives = new Lives((id) => {
    return this.#replica === null ? null : promisedBy(this.#replica.state, id)
  })
  readonly #eventLoop: EventLoopWatch
  /** Takes no part: it was never started. For what is said of a server that founds a cluster. */
  #before: Replica | null = null
  #replica: Replica | null = null
  #isClosed = false
  /** It has less than it promised: it hears nobody any more, and so neither votes nor leads. */
  #isOld = false

  constructor(parts: MemberParts) {
    const { plan, servers, data } = parts
    this.id = plan.id
    this.#parts = parts
    this.#identity = new ClusterIdentity({
      serverId: plan.id,
      incarnation: data.incarnation,
      clusterId: plan.clusterId,
      record: data.record,
      founders: plan.start === 'join' ? null : servers,
    })
    this.#refusals = new Refusals(plan.id, servers.get(plan.id) as string)
    this.#eventLoop = watchEventLoop(plan.raft, (text) => parts.warn('EVENT_LOOP', text))
    this.transport = this.#makeTransport()
    this.#whereabouts = new Whereabouts(plan.id, servers, (id, address) => {
      this.transport.setAddress(id, address)
    })
  }

  /** Looks for the others, and takes part as soon as it may. */
  start(): void {
    const { record } = this.#parts.data
    this.#eventLoop.start()
    // Before anybody is spoken to, it is known who the others have to be.
    if (record !== null) this.#takePart(record)
    else if (this.#identity.standing === 'joining') this.#takePart({ founders: null })
    this.transport.start((source, bytes) => {
      if (source.kind === 'server' && !this.#isOld) this.#replica?.receive(bytes, source.id)
    })
    this.#replica?.start()
    const founded = this.#identity.founded()
    if (founded !== null) this.#foundAlone(founded)
    // Later, when whoever has opened the server has had the time to listen.
    this.#parts.clock.soon(() => {
      if (this.#isClosed) return
      const { waiting } = this.#identity
      const { damage } = this.#parts.data
      if (waiting !== null) this.#parts.warn('WAITING', waiting)
      if (damage !== null) {
        this.#parts.warn('REFILL', `the log is given up, and filled again: ${damage.message}`)
      }
    })
  }

  handleClient(request: ClientRequestMessage, reply: Reply): void {
    if (this.#replica !== null || request.kind === 'statusRequest') {
      this.#shown.handleClient(request, reply)
      return
    }
    const why = this.#identity.waiting ?? ''
    reply(failed(callerOf(request, reply), failure('unavailable', why)))
  }

  status(): ServerStatus {
    return this.#shown.status()
  }

  /** As of the replica. */
  handOver(done: () => void): void {
    if (this.#replica === null) done()
    else this.#replica.handOver(done)
  }

  /** The storage is the caller's to close. */
  close(): void {
    this.#isClosed = true
    this.#eventLoop.stop()
    if (this.#replica === null) this.#parts.clock.cancel()
    this.#replica?.close()
    this.#before?.close()
    this.transport.stop()
  }

  get #shown(): Replica {
    if (this.#replica !== null) return this.#replica
    this.#before ??= this.#makeReplica(emptyConfiguration, null)
    return this.#before
  }

  #makeTransport(): TcpTransport {
    const { plan, servers } = this.#parts
    const others = [...servers].filter(([id]) => id !== plan.id)
    const peers = others.map(([id, address]) => ({ id, address, incarnation: 0 }))
    const options = { address: servers.get(plan.id) as string }
    return new TcpTransport(this.#identity.own, peers, options, {
      identified: (peer, address, by) => {
        this.#refusals.settled(peer.serverId, by)
        this.#identified(peer, address)
      },
      objection: (peer, wanted) => {
        const objection = this.#identity.objection(peer, wanted, this.#isExpected(peer))
        // Where we came to it, it comes to us as well, and what it sends us comes by that way.
        return objection ?? (wanted === null ? null : this.#lives.admit(peer))
      },
      refused: (refusal) => this.#refused(refusal),
    })
  }

  #makeReplica(configuration: Configuration, data: Data | null): Replica {
    const { plan, clock, events } = this.#parts
    return new Replica({
      id: plan.id,
      configuration,
      machine: plan.machine,
      clock,
      storage: data?.storage ?? new MemoryStorage((callback) => clock.soon(callback)),
      transport: this.transport,
      random: makeRandom(),
      raft: plan.raft,
      service: plan.service,
      snapshots: data === null ? null : { store: data.snapshots, options: plan.snapshots },
      checksum: crc32,
      addressOf: (id) => this.#whereabouts.addressOf(id),
      incarnationOf: (id) => this.#incarnationOf(id),
      cluster: () => this.#clusterStatus(),
      eventLoop: () => this.#eventLoop.status,
      events: {
        ...events,
        noticed: (notice) => {
          if (notice.kind === 'configurationAdopted') this.#adopt()
          else if (notice.kind === 'configurationCommitted') this.#learn()
          events.noticed?.(notice)
        },
      },
    })
  }

  /** Of who is connected now. What another server had before is not what it has. */
  #incarnationOf(id: string): number | null {
    if (id === this.id) return this.#parts.data.incarnation
    return this.transport.connectedAs(id)?.incarnation || null
  }

  #isExpected({ serverId, incarnation }: TcpIdentity): boolean {
    const configuration = this.#replica?.state.configuration ?? emptyConfiguration
    return incarnationOf(configuration, serverId) === incarnation
  }

  #identified(peer: TcpIdentity, address: string): void {
    this.#whereabouts.declared(peer.serverId, address)
    const record = this.#identity.identified(peer)
    if (record !== null && !this.#isClosed) this.#settle(record)
  }

  #refused(refusal: TcpRefusal): void {
    const { waiting } = this.#identity
    const text = this.#refusals.refused(refusal, waiting)
    const { code } = refusal
    if (refusal.by === 'peer' && code === 'DATA_OLD') this.#isOld = true
    if (text !== null) this.#parts.warn(isLossOfOurs(refusal) ? 'DATA_LOST' : code, text)
    if (!this.#isClosed) this.#stopIfForked(refusal)
  }

  /** With nobody to vote with, not being heard does not keep it from acknowledging. */
  #stopIfForked(refusal: TcpRefusal): void {
    const configuration = this.#replica?.state.configuration ?? emptyConfiguration
    const address = this.#parts.servers.get(this.id) as string
    const { isLoneFounder, standing, clusterId } = this.#identity
    const founded = standing === 'member' ? clusterId : null
    const error = secondClusterError(refusal, { id: this.id, address, founded, configuration })
    if (isLoneFounder && error !== null) this.#parts.failed(error)
  }

  /** Those who know it as one of theirs are heard first; nothing is kept that could be lost. */
  #foundAlone(record: ClusterRecord): void {
    const { clock, data } = this.#parts
    if (data.start === null) this.#settle(record)
    else clock.wakeAt(clock.now() + listeningMs, () => this.#settle(record))
  }

  /** From here on it belongs to a cluster, whatever happens. */
  #settle(record: ClusterRecord): void {
    try {
      this.#parts.data.settle(record)
    } catch (error) {
      this.#parts.failed(error as Error)
      return
    }
    this.#identity.settle(record)
    const isNew = this.#replica === null
    if (isNew) this.#takePart(record)
    this.transport.become(this.#identity.own)
    if (isNew) this.#replica?.start()
  }

  #takePart({ founders }: Pick<ClusterRecord, 'founders'>): void {
    const replica = this.#makeReplica(firstConfiguration(founders), this.#parts.data)
    this.#replica = replica
    const { start } = this.#parts.data
    const { currentTerm: term, log, refillTerm } = replica.state
    if (start !== null)
      this.#identity.begins({ ...start, term, lastIndex: log.lastIndex, refillTerm })
    this.#adopt()
  }

  /**
   * Who the others are is what the newest configuration says, committed or not. Several may have
   * come at once: what those before it say never counts beside what is known by the last.
   */
  #adopt(): void {
    if (this.#replica === null) return
    const { configuration } = this.#replica.state
    this.#whereabouts.configured(configuration.addresses)
    const members = new Set(serversOf(configuration))
    for (const { id } of this.transport.status) {
      if (!members.has(id)) this.transport.setIncarnation(id, 0)
    }
    for (const id of members) {
      if (id === this.id) continue
      this.transport.setIncarnation(id, incarnationOf(configuration, id) ?? 0)
    }
    this.#learn()
  }

  /** Where servers disagree about one of them, it counts how much each knows. */
  #learn(): void {
    const replica = this.#replica
    if (replica === null) return
    const { configurations, commitIndex } = replica.state
    const settledIndex = configurations.settledIndex(commitIndex)
    if (this.#identity.learned(configurations.newest, settledIndex)) {
      this.transport.become(this.#identity.own)
    }
  }

  get #refilling(): string | null {
    if (this.#replica === null || !isRefilling(this.#replica.state)) return null
    return `server ${this.id} is filled again by the others, and does not vote until it is`
  }

  #clusterStatus(): ClusterStatus {
    const { clusterId, standing, waiting } = this.#identity
    return {
      clusterId: clusterId || null,
      incarnation: this.#parts.data.incarnation.toString(16),
      standing,
      waiting: waiting ?? this.#refilling,
      refusals: this.#refusals.lines,
    }
  }
}
