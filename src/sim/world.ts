/**
 * The world that a cluster runs in: one queue of events, one clock, one network, a disk and a clock
 * a server. It carries what the servers say and do to whom it concerns, and stops at the first
 * thing that must not happen.
 */
import { assert } from '../base/assert.ts'
import { Random } from '../base/random.ts'
import type { SaveBatch } from '../ports/index.ts'
import type {
  Answer,
  Configuration,
  Entry,
  LogIndex,
  Message,
  Milliseconds,
  Notice,
  ServerId,
  Snapshot,
} from '../raft/index.ts'
import { describeNotice, emptyConfiguration, isVoter } from '../raft/index.ts'
import type { Outcome } from '../state-machine/index.ts'
import { StorageError } from '../storage/index.ts'
import { Atlas } from './atlas.ts'
import type { Change } from './change.ts'
import { Checkers } from './checkers/index.ts'
import { type Clients, clientsOf, connectionsOf } from './clients/index.ts'
import type { Director } from './director.ts'
import { EventQueue, type Target } from './event-queue.ts'
import { type Broken, type Failure, failureOf } from './failure.ts'
import { hasLostItsSnapshot, mayHaveForgotten } from './forgetting.ts'
import { foundedBy, Identities } from './identities.ts'
import type { Life } from './life.ts'
import { Marks } from './marks.ts'
import { MembershipObserver } from './membership-observer.ts'
import { Observer } from './observer.ts'
import { serverEvent } from './server-event.ts'
import { ShortRequests } from './short-requests.ts'
import type { SimConnections } from './sim-connections.ts'
import { SimDisk } from './sim-disk.ts'
import { SimNetwork } from './sim-network.ts'
import { SimServer } from './sim-server.ts'
import type { RunOptions } from './swarm.ts'
import { Trace, type TraceEvent } from './trace.ts'
import { type Proposal, Workload } from './workload.ts'

export class World implements Target {
  readonly options: RunOptions
  readonly random: Random
  readonly queue: EventQueue = new EventQueue()
  readonly serverIds: readonly ServerId[]
  readonly servers: readonly SimServer[]
  readonly network: SimNetwork
  readonly shortRequests: ShortRequests
  readonly atlas: Atlas
  readonly checkers: Checkers
  readonly identities: Identities = new Identities()
  readonly trace: Trace
  readonly marks: Marks = new Marks()
  readonly observer: Observer
  readonly membership: MembershipObserver
  /** The course's clients: commands, and no sessions. */
  readonly workload: Workload
  /** Clients with sessions, where the run has them. */
  readonly clients: Clients | null
  readonly connections: SimConnections
  director: Director | null = null
  failure: Failure | null = null
  events = 0
  /** The server that was last heard to become leader. */
  leader: SimServer | null = null
  readonly #founding: Configuration
  readonly #places: ReadonlyMap<ServerId, number>

  constructor(
    seed: number,
    draw: (random: Random) => RunOptions,
    sink: ((event: TraceEvent) => void) | null,
  ) {
    this.random = new Random(seed)
    this.options = draw(this.random.fork('options'))
    const { servers, foreign, founders, network, workload } = this.options
    this.serverIds = Array.from({ length: servers }, (_, place) => `s${place + 1}`)
    this.#places = new Map(this.serverIds.map((id, place) => [id, place]))
    const now = (): Milliseconds => this.queue.time
    this.trace = new Trace(now, sink)
    this.observer = new Observer(this.trace, this.marks)
    this.membership = new MembershipObserver(this.marks)
    this.workload = new Workload(workload, this.random.fork('workload'), this.marks, now)
    this.atlas = new Atlas(founders, this.random.fork('atlas'))
    const networkRandom = this.random.fork('network')
    this.shortRequests = new ShortRequests(network.shortChance, networkRandom)
    this.network = new SimNetwork(
      servers,
      network,
      networkRandom,
      servers - foreign,
      (to, message, delayMs) => this.#deliver(to, message, delayMs),
    )
    this.connections = connectionsOf(this)
    this.clients = clientsOf(this)
    this.servers = this.serverIds.map((id, place) => this.#machine(id, place))
    this.#founding = foundedBy(this.servers.slice(0, founders), foreign)
    this.checkers = new Checkers(this.servers, {
      logCut: (id, from) => this.#logCut(id, from),
      founding: this.#founding,
    })
  }

  /** One of the two ends knows Listing 1 alone. */
  isForeignLink(from: ServerId, to: ServerId): boolean {
    const first = this.options.servers - this.options.foreign
    return [from, to].some((id) => (this.#places.get(id) as number) >= first)
  }

  /** What a server is started with: those that are no founders wait until they are taken in. */
  bootstrapOf({ id, isEmptied }: SimServer): Configuration {
    return isVoter(this.#founding, id) && !isEmptied ? this.#founding : emptyConfiguration
  }

  serverNamed(id: ServerId): SimServer {
    return this.servers[this.#places.get(id) as number] as SimServer
  }

  get now(): Milliseconds {
    return this.queue.time
  }

  /** Lets everything happen that is due by then, unless something happens that must not. */
  run(until: Milliseconds): void {
    const { queue } = this
    try {
      while (this.failure === null && queue.nextTime <= until) {
        queue.next()
        this.events += 1
        ;(queue.target as Target).happen(queue.what, queue.payload)
      }
      if (this.failure === null) queue.time = until
    } catch (error) {
      this.failure ??= failureOf(error, this.now, null)
    }
  }

  /** An action of the world's own. */
  happen(_what: number, payload: unknown): void {
    ;(payload as () => void)()
  }

  /** Has `action` taken later. */
  later(delayMs: Milliseconds, action: () => void): void {
    this.queue.push(this.now + delayMs, this, 0, action)
  }

  fail(broken: Broken, detail: string): void {
    this.failure ??= { broken, detail, atMs: this.now, stack: null }
  }

  /** Gives a proposal to a server, at once. */
  propose(server: SimServer): Proposal {
    const proposal = this.workload.propose()
    this.queue.push(this.now, server, serverEvent.propose, proposal)
    return proposal
  }

  /** Asks a server for another configuration, at once. */
  change(server: SimServer, change: Change): void {
    this.queue.push(this.now, server, serverEvent.change, change)
  }

  /** Asks a server to hand its office on, at once. */
  transfer(server: SimServer, to: ServerId | null): void {
    this.queue.push(this.now, server, serverEvent.transfer, to)
  }

  // What servers do.

  send(owner: SimServer, given: Message): void {
    const to = this.#places.get(given.to) as number
    const { network, shortRequests } = this
    const message = network.isCalm(owner.place, to) ? given : shortRequests.shorten(given)
    this.checkers.sent(message)
    this.identities.stamp(owner, message)
    const isSwallowed = shortRequests.isAnsweredBy(message) && !network.isCut(owner.place, to)
    const fate = isSwallowed ? 'lost' : network.send(owner.place, to, message)
    this.observer.sent(owner, message, fate)
  }

  saving(owner: SimServer, batches: readonly SaveBatch[]): void {
    this.observer.saving(owner, batches)
    this.checkers.saving(owner.id, batches)
  }

  saved(owner: SimServer, batches: readonly SaveBatch[]): void {
    this.checkers.saved(owner.id)
    this.observer.saved(owner, batches)
  }

  applied(
    owner: SimServer,
    entry: Entry,
    outcome: Outcome,
    promised: readonly Proposal[],
    machineDigest: number,
  ): void {
    this.checkers.applied(owner.id, entry, machineDigest)
    this.observer.applied(owner, entry)
    if (this.clients === null) this.workload.applied(entry, promised)
    else this.clients.applied(owner, entry, outcome)
  }

  /** Its state machine has taken on a snapshot: at its start, or one that a leader sent. */
  restored(owner: SimServer, snapshot: Snapshot, machineDigest: number): void {
    this.checkers.restored(owner.id, snapshot, machineDigest)
    this.observer.snapshots.restored(owner, snapshot)
  }

  answered(owner: SimServer, life: Life, answer: Answer): void {
    this.trace.add('answer', owner.place, answer, null)
    if ('changeId' in answer || 'transferId' in answer) {
      this.membership.answered(answer)
      return
    }
    assert('proposalId' in answer, 'reads are answered by the service')
    this.workload.answered(life, answer)
    if (answer.kind === 'accepted') this.director?.accepted(owner)
  }

  noticed(owner: SimServer, notice: Notice): void {
    this.observer.noticed(owner, notice)
    this.membership.noticed(owner, notice)
    if (notice.kind === 'forgetfulPeer' && this.isForeignLink(owner.id, notice.peer)) {
      // Of a peer that cannot be told what it refused this is only a guess, and costs only time.
      this.marks.hit('foreign server taken for a forgetful one')
    } else if (notice.kind === 'forgetfulPeer' && mayHaveForgotten(this, owner, notice.peer)) {
      this.marks.hit('emptied server heard though nobody counts on it')
    } else if (notice.kind === 'forgetfulPeer' || notice.kind === 'contradiction') {
      this.fail('no server contradicts Raft', `${owner.id}: ${describeNotice(notice)}`)
    } else if (notice.kind === 'roleChanged' && notice.role === 'leader') {
      this.leader = owner
      this.director?.becameLeader(owner)
    }
  }

  /** The driver has stopped: for a disk that failed, or for what must not be. */
  stopped(owner: SimServer, error: Error): void {
    if (error instanceof StorageError && error.code === 'FULL') {
      this.fail('a full disk stops no server', `${owner.id} stops: ${error.message}`)
    } else if (error instanceof StorageError && owner.disk.errorsGiven > 0) {
      this.marks.hit('storage stopped the server')
      this.trace.add('fault', owner.place, `stops: ${error.message}`, null)
      owner.crash('kill')
      this.director?.wentDown(owner)
    } else if (hasLostItsSnapshot(this, owner, error)) {
      this.marks.hit('snapshot file damaged while it was read')
      this.trace.add('fault', owner.place, error.message, null)
      owner.isDoomed = true
      owner.crash('kill')
    } else {
      this.failure ??= failureOf(error, this.now, owner.id)
    }
  }

  /** What it had promised is gone with its data, and binds nobody who comes after. */
  emptied(owner: SimServer): void {
    this.identities.emptied()
    this.checkers.emptied(owner.id, owner.incarnation)
  }

  wasDown(owner: SimServer, message: Message): void {
    this.trace.add('arrive', owner.place, message, 'nobody is up')
    this.marks.hit('message met a server that was down')
  }

  afterEvent(owner: SimServer): void {
    if (this.failure !== null) return
    if (owner.life !== null) this.checkers.snapshotDurable(owner.id, owner.life.coveredIndex)
    this.checkers.afterEvent(owner.id)
    this.observer.snapshots.afterEvent(owner)
  }

  #logCut(id: ServerId, from: LogIndex): void {
    this.marks.hit('log cut')
    this.serverNamed(id).life?.cut(from)
  }

  #machine(id: ServerId, place: number): SimServer {
    const random = this.random.fork(id)
    const disk = new SimDisk(`disk of ${id}`, this.options.disk, random.fork('disk'))
    return new SimServer(this, id, place, disk, random)
  }

  #deliver(to: number, message: Message, delayMs: Milliseconds): void {
    const server = this.servers[to] as SimServer
    this.queue.push(this.now + delayMs, server, serverEvent.message, message)
  }
}
