/**
 * One life of a server: a process from start to crash. It puts the real driver together as the
 * command line does, over simulated ports, and tells the world what passes through them.
 */
import { crc32 } from '../base/crc32.ts'
import type { Random } from '../base/random.ts'
import type { Clock, Recovered, SaveBatch, Space, Storage } from '../ports/index.ts'
import type {
  Entry,
  LogIndex,
  Message,
  Milliseconds,
  RaftState,
  ServerId,
  Snapshot,
} from '../raft/index.ts'
import { Replica } from '../server/index.ts'
import { CommandLog, type Outcome } from '../state-machine/index.ts'
import { openSegmentedLog, type SegmentedLog } from '../storage/index.ts'
import { decodeDatagram } from '../wire/index.ts'
import { bootFailed, mayBegin, openAsOperator } from './boot.ts'
import { DiskSession } from './disk-session.ts'
import { asListingOne } from './scenario/listing-one.ts'
import { serverEvent } from './server-event.ts'
import type { CrashKind } from './sim-disk.ts'
import type { SimProcess } from './sim-line.ts'
import type { SimServer } from './sim-server.ts'
import type { Proposal } from './workload.ts'
import type { World } from './world.ts'

/**
 * Why a process did not come to life: it ended in the middle of it, its disk refused, or its disk
 * has forgotten what it must not forget.
 */
export type StillBorn = 'ended' | 'refused' | 'doomed'

export class Life {
  readonly replica: Replica
  readonly state: RaftState
  nextChangeId = 0
  readonly #process: Process
  readonly #storage: SegmentedLog
  readonly #world: World
  readonly #owner: SimServer
  /** Proposals that this process has accepted and not settled, by index. */
  readonly #promises = new Map<LogIndex, Proposal[]>()

  /** Reads the disk and begins a life, unless the disk prevents it. */
  static start(world: World, owner: SimServer, random: Random): Life | StillBorn {
    const process = new Process(world, owner)
    const disk = new DiskSession(owner.disk, (delayMs, callback) => {
      process.later(delayMs, callback)
    })
    const options = {
      identity: { serverId: owner.id, servers: world.serverIds },
      checksum: crc32,
      random: random.fork('storage'),
      soon: (callback: () => void) => process.soon(callback),
      segmentBytes: world.options.segmentBytes,
      reserveBytes: world.options.reserveBytes,
      boundsTerms: true,
    }
    let log: SegmentedLog
    try {
      log = openAsOperator(world, owner, random, (refill) => {
        return openSegmentedLog(disk, { ...options, refill })
      })
    } catch (error) {
      process.isGone = true
      return bootFailed(world, owner, error)
    }
    const recovered = log.recover()
    if (mayBegin(world, owner, recovered, log.notes)) {
      return new Life(world, owner, process, random, log, recovered)
    }
    process.isGone = true
    return 'doomed'
  }

  private constructor(
    world: World,
    owner: SimServer,
    process: Process,
    random: Random,
    storage: SegmentedLog,
    recovered: Recovered,
  ) {
    this.#world = world
    this.#owner = owner
    this.#process = process
    this.#storage = storage
    const { snapshots } = world.options
    this.replica = new Replica({
      id: owner.id,
      configuration: world.bootstrapOf(owner),
      machine: world.clients?.machine(owner) ?? new CommandLog({ line: () => {} }),
      clock: process,
      storage: new WitnessedStorage(storage, recovered, world, owner),
      transport: {
        send: (to, bytes) => {
          const message = decode(bytes, owner.id, to)
          world.send(owner, world.isForeignLink(owner.id, to) ? asListingOne(message) : message)
        },
      },
      random: random.fork('raft'),
      incarnationOf: (id) => world.identities.connectedAs(owner, world.serverNamed(id)),
      raft: world.options.raft,
      // The checkers compare the digests after every entry.
      digestEveryEntries: null,
      ...(world.options.clients === null ? {} : { service: world.options.clients.service }),
      snapshots: snapshots === null ? null : { store: storage.snapshots, options: snapshots },
      events: {
        applied: (entry, outcome) => this.#applied(entry, outcome),
        restored: (snapshot) => this.#restored(snapshot),
        answered: (answer) => world.answered(owner, this, answer),
        noticed: (notice) => world.noticed(owner, notice),
        stopped: (error) => world.stopped(owner, error),
      },
    })
    this.state = this.replica.state
    world.clients?.serve(owner, this, process)
  }

  /** The last entry that a durable snapshot covers. */
  get coveredIndex(): LogIndex {
    return this.#storage.snapshots.latest?.lastIndex ?? 0
  }

  /** Promises whose clients are still waiting. */
  get unsettled(): number {
    const { requestsWaiting, queriesWaiting } = this.replica.status()
    let count = requestsWaiting + queriesWaiting
    for (const proposals of this.#promises.values()) {
      for (const { status } of proposals) if (status === 'accepted') count += 1
    }
    return count
  }

  /** Entries from here on are cut off the log: their clients need not wait. */
  cut(from: LogIndex): void {
    for (const [index, proposals] of this.#promises) {
      if (index >= from) this.#world.workload.cut(proposals)
    }
  }

  /** The process has accepted this proposal. */
  promise(proposal: Proposal): void {
    const others = this.#promises.get(proposal.index)
    if (others === undefined) this.#promises.set(proposal.index, [proposal])
    else others.push(proposal)
    // Accepted and cut off within one batch of inputs: the answer comes when both have happened.
    if (!this.state.log.matches(proposal.index, proposal.term)) this.#world.workload.cut([proposal])
  }

  /** The process is gone: nothing that it asked for reaches it any more. */
  end(how: CrashKind): void {
    this.#process.isGone = true
    this.#world.clients?.ended(this.#process, how)
    for (const proposals of this.#promises.values()) this.#world.workload.ended(proposals)
    this.#promises.clear()
  }

  /** What the snapshot covers is not applied one by one: its clients need not wait. */
  #restored(snapshot: Snapshot): void {
    for (const [index, proposals] of this.#promises) {
      if (index > snapshot.lastIndex) continue
      this.#world.workload.cut(proposals.filter(({ status }) => status === 'accepted'))
      this.#promises.delete(index)
    }
    this.#world.restored(this.#owner, snapshot, this.replica.digest)
  }

  #applied(entry: Entry, outcome: Outcome): void {
    const promised = this.#promises.get(entry.index) ?? none
    this.#world.applied(this.#owner, entry, outcome, promised, this.replica.digest)
    if (promised !== none) this.#promises.delete(entry.index)
  }
}

const none: readonly Proposal[] = []

/** What is on the wire is what the bytes say. */
function decode(bytes: Uint8Array, from: ServerId, to: ServerId): Message {
  const decoded = decodeDatagram(bytes, from, to)
  if (decoded.kind === 'message') return decoded.message
  const why = decoded.kind === 'invalid' ? decoded.reason : decoded.kind
  throw new Error(`${from} has sent ${to} what nobody can read: ${why}`)
}

/** A process's event loop and its view of the machine's clock. */
class Process implements Clock, SimProcess {
  readonly #world: World
  readonly #owner: SimServer
  isGone = false

  constructor(world: World, owner: SimServer) {
    this.#world = world
    this.#owner = owner
  }

  get host(): ServerId {
    return this.#owner.id
  }

  now(): Milliseconds {
    return this.#owner.clock.now()
  }

  wakeAt(deadline: Milliseconds, wake: () => void): void {
    if (!this.isGone) this.#owner.clock.wakeAt(deadline, wake)
  }

  cancel(): void {
    if (!this.isGone) this.#owner.clock.cancel()
  }

  soon(callback: () => void): void {
    this.later(this.#world.options.turnMs, callback)
  }

  later(delayMs: Milliseconds, callback: () => void): void {
    this.at(this.#world.now + delayMs, callback)
  }

  at(time: Milliseconds, callback: () => void): void {
    this.#world.queue.push(time, this.#owner, serverEvent.call, { process: this, callback })
  }
}

/** The real storage, with the world told what it is given and what it acknowledges. */
class WitnessedStorage implements Storage {
  readonly #storage: Storage
  readonly #recovered: Recovered
  readonly #world: World
  readonly #owner: SimServer

  /** `recovered`: what the storage has read already. */
  constructor(storage: Storage, recovered: Recovered, world: World, owner: SimServer) {
    this.#storage = storage
    this.#recovered = recovered
    this.#world = world
    this.#owner = owner
  }

  get space(): Space | null {
    return this.#storage.space ?? null
  }

  recover(): Recovered {
    return this.#recovered
  }

  save(batches: readonly SaveBatch[], done: (error: Error | null) => void): void {
    this.#world.saving(this.#owner, batches)
    this.#storage.save(batches, (error) => {
      if (error === null) this.#world.saved(this.#owner, batches)
      done(error)
    })
  }

  close(closed?: (error: Error | null) => void): void {
    this.#storage.close(closed)
  }
}
