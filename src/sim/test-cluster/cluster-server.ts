/**
 * One server of a test cluster: a disk that stays, and while it is up a process with the real
 * replica on the real storage.
 */
import { assert } from '../../base/assert.ts'
import { crc32 } from '../../base/crc32.ts'
import type { Random } from '../../base/random.ts'
import type { Configuration, RaftOptions, ServerId } from '../../raft/index.ts'
import {
  clientListener,
  type GivenServiceOptions,
  type GivenSnapshotOptions,
  Replica,
} from '../../server/index.ts'
import type { ByteMachine } from '../../state-machine/index.ts'
import { openSegmentedLog } from '../../storage/index.ts'
import { DiskSession } from '../disk-session.ts'
import type { SimConnections } from '../sim-connections.ts'
import { type CrashKind, SimDisk } from '../sim-disk.ts'
import type { Examiner } from './examiner.ts'
import { ClusterProcess, type Surroundings } from './process.ts'

/** What servers have in common, and where they find each other. */
export interface ServerSurroundings extends Surroundings {
  readonly configuration: Configuration
  readonly raft: Partial<RaftOptions>
  readonly service: GivenServiceOptions
  readonly snapshots: GivenSnapshotOptions
  readonly connections: SimConnections
  /** A machine for a server that starts. */
  makeMachine(id: ServerId): ByteMachine
  examine(id: ServerId, machine: ByteMachine): Examiner
  send(from: ServerId, to: ServerId, bytes: Uint8Array): void
  /** For whoever follows the run. */
  told(line: string): void
  problem(problem: string, cause?: Error): void
}

/** Of each server's clock, by the true one: computers are better. */
const clockDriftMax = 0.001

/** Small: tests have small logs, and many of them. */
const segmentBytes = 256 * 1024

export class ClusterServer {
  readonly id: ServerId
  readonly address: string
  readonly #world: ServerSurroundings
  readonly #random: Random
  readonly #disk: SimDisk
  #process: ClusterProcess | null = null
  #replica: Replica | null = null
  #examiner: Examiner | null = null
  #lives = 0

  constructor(world: ServerSurroundings, id: ServerId, random: Random) {
    this.id = id
    this.address = world.configuration.addresses.get(id) as string
    this.#world = world
    this.#random = random
    const options = {
      syncMinMs: 0.5,
      syncMeanMs: 0.5,
      writeMs: 0.05,
      loss: { keepChance: 0.5, tearChance: 0.1 },
    }
    this.#disk = new SimDisk(`disk of ${id}`, options, random.fork('disk'))
  }

  /** Null where it is down. */
  get replica(): Replica | null {
    return this.#replica
  }

  get isUp(): boolean {
    return this.#replica !== null
  }

  get isPaused(): boolean {
    return this.#process?.isPaused ?? false
  }

  start(): void {
    assert(this.#process === null, 'a server that is started is down')
    const world = this.#world
    this.#lives += 1
    const random = this.#random.fork(`life ${this.#lives}`)
    const rate = 1 + random.between(-clockDriftMax, clockDriftMax)
    const process = new ClusterProcess(world, this.id, rate)
    this.#process = process
    this.#replica = this.#makeReplica(process, random)
    world.connections.listen(
      this.address,
      process,
      clientListener(() => this.#replica),
    )
    world.told(`${this.id} starts`)
    this.#replica.start()
  }

  /** A message from another server has arrived. */
  receive(bytes: Uint8Array, from: ServerId): void {
    this.#process?.at(this.#world.now, () => this.#replica?.receive(bytes, from))
  }

  /** The process is gone, whatever it was at; with the power goes what was not synced. */
  crash(kind: CrashKind): void {
    const process = this.#process
    if (process === null) return
    process.isGone = true
    this.#process = null
    this.#replica = null
    this.#examiner = null
    this.#world.connections.ended(process, kind)
    this.#disk.crash(kind)
    this.#world.told(`${this.id} ${kind === 'kill' ? 'is killed' : 'loses power'}`)
  }

  pause(): void {
    if (this.#process === null) return
    this.#process.pause()
    this.#world.told(`${this.id} is paused`)
  }

  resume(): void {
    if (this.#process === null) return
    this.#process.resume()
    this.#world.told(`${this.id} goes on`)
  }

  /** Compares its state with the others', as it is now. */
  look(): void {
    if (this.#replica !== null) this.#examiner?.look(this.#replica.lastApplied)
  }

  #makeReplica(process: ClusterProcess, random: Random): Replica {
    const world = this.#world
    const { id } = this
    const later = (delayMs: number, callback: () => void): void => {
      process.at(world.now + delayMs, callback)
    }
    const storage = openSegmentedLog(new DiskSession(this.#disk, later), {
      identity: { serverId: id, servers: [...world.configuration.voters] },
      checksum: crc32,
      random: random.fork('storage'),
      soon: (callback) => process.soon(callback),
      segmentBytes,
    })
    const machine = world.makeMachine(id)
    const examiner = world.examine(id, machine)
    this.#examiner = examiner
    return new Replica({
      id,
      configuration: world.configuration,
      machine,
      clock: process,
      storage,
      transport: { send: (to, bytes) => world.send(id, to, bytes) },
      random: random.fork('raft'),
      raft: world.raft,
      service: world.service,
      snapshots: { store: storage.snapshots, options: world.snapshots },
      events: {
        applied: (entry, outcome) => examiner.applied(entry, outcome),
        restored: ({ lastIndex }) => {
          world.told(`${id} takes on a snapshot of everything through index ${lastIndex}`)
          examiner.restored()
        },
        roleChanged: (role, term) => world.told(`${id} is ${role} in term ${term}`),
        stopped: (error) => world.problem(`${id} has stopped: ${error.message}`, error),
      },
    })
  }
}
