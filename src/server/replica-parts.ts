/** What a replica is made of, what it tells, and what it counts: see replica.ts. */
import type { Checksum } from '../base/crc32.ts'
import type { Random } from '../base/random.ts'
import type { Clock, SnapshotStore, Storage, Transport } from '../ports/index.ts'
import type {
  Answer,
  Configuration,
  Entry,
  Notice,
  RaftOptions,
  Role,
  ServerId,
  Snapshot,
  Term,
} from '../raft/index.ts'
import type { ByteMachine, Outcome } from '../state-machine/index.ts'
import type { GivenServiceOptions } from './service-options.ts'
import type { GivenSnapshotOptions } from './snapshot-options.ts'
import type { ClusterStatus, EventLoopStatus, MachineStats } from './status.ts'

/** What a replica is made of. */
export interface ReplicaParts {
  readonly id: ServerId
  /** Who takes part until the log says otherwise. */
  readonly configuration: Configuration
  readonly machine: ByteMachine
  readonly clock: Clock
  readonly storage: Storage
  readonly transport: Transport
  readonly random: Random
  readonly raft?: Partial<RaftOptions>
  readonly service?: GivenServiceOptions
  /** Where snapshots go, and when one is due. Null or left out: the log grows for ever. */
  readonly snapshots?: ReplicaSnapshots | null
  /**
   * At every so many entries the servers compare what their machines have made of the log; the same
   * on all. Null: never. By default 1024.
   */
  readonly digestEveryEntries?: number | null
  /** CRC-32 for the digest; a faster one than our own. */
  readonly checksum?: Checksum
  /** What the machine tells about itself in the status. */
  readonly machineStats?: () => MachineStats
  /** Where servers are found, where that is known better than from the configuration. */
  readonly addressOf?: (id: ServerId) => string
  /** As of {@link Server}. */
  readonly incarnationOf?: (id: ServerId) => number | null
  /** How late the event loop is, where that is measured. */
  readonly eventLoop?: () => EventLoopStatus
  /** To which cluster it belongs, where that is known. */
  readonly cluster?: () => ClusterStatus
  readonly events?: Partial<ReplicaEvents>
}

/** Snapshots of a replica's own, and those that leaders send. */
export interface ReplicaSnapshots {
  readonly store: SnapshotStore
  readonly options?: GivenSnapshotOptions
}

/** What happens in a replica. Each is called as it happens, and must not throw. */
export interface ReplicaEvents {
  roleChanged(role: Role['kind'], term: Term, why: string): void
  /** Another leader, or none, as far as is known here. */
  leaderChanged(leaderId: ServerId | null, term: Term): void
  /** An entry was committed, and the machine has applied it. */
  applied(entry: Entry, outcome: Outcome): void
  /** The machine has taken on a snapshot, in place of the entries through its last. */
  restored(snapshot: Snapshot): void
  /** Everything that the core has to say, role changes included. */
  noticed(notice: Notice): void
  /** The core answers what was asked of {@link Replica.driver}. */
  answered(answer: Answer): void
  /** It has stopped for good, and says nothing more: its disk failed, say, or its machine threw. */
  stopped(error: Error): void
}

/** Messages between servers that were not handed to the core. */
export interface ReplicaCounters {
  /** By whoever they were, they could not be read, or were no message between servers. */
  invalidMessages: number
  /** Of an unbelievable term. */
  termLeaps: number
}
