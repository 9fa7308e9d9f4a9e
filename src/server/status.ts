/**
 * How a server is, for operators and tools: plain data that JSON can hold. All of it is this
 * server's own view at one moment; only what is committed is agreed upon.
 */
import type {
  LogIndex,
  Milliseconds,
  Notice,
  Peer,
  RaftState,
  Role,
  ServerId,
  Term,
} from '../raft/index.ts'
import { diskSilentAt, isMember, isVoter, leaderIdOf } from '../raft/index.ts'

/** What a state machine tells about itself. */
export type MachineStats = Readonly<Record<string, string | number | boolean>>

export interface ServerStatus {
  readonly id: ServerId
  readonly role: Role['kind']
  readonly term: Term
  readonly votedFor: ServerId | null
  readonly leaderId: ServerId | null
  /** Where clients find the leader; null where that is not known. */
  readonly leaderAddress: string | null
  readonly commitIndex: LogIndex
  /** What the state machine has applied. */
  readonly lastApplied: LogIndex
  /** The first entry that the log still holds; a snapshot stands for those before. */
  readonly firstLogIndex: LogIndex
  readonly lastLogIndex: LogIndex
  readonly lastLogTerm: Term
  /** The last entry that this server's disk has acknowledged. */
  readonly durableIndex: LogIndex
  /** The last entry that the durable snapshot covers; 0 where there is none. */
  readonly snapshotIndex: LogIndex
  /** Its content's size. */
  readonly snapshotBytes: number
  readonly voters: readonly ServerId[]
  /** The old group of a joint configuration; null in any other. */
  readonly votersOld: readonly ServerId[] | null
  readonly learners: readonly ServerId[]
  /** This server's own part, as far as it knows. */
  readonly part: Part
  /** Where these are found, as far as it is known here. */
  readonly addresses: Readonly<Record<ServerId, string>>
  /** On a leader, the others; null elsewhere. */
  readonly peers: readonly PeerStatus[] | null
  /** Open sessions. */
  readonly sessions: number
  /** The cluster's time, as applied: see ApplyContext. */
  readonly clusterTimeMs: Milliseconds
  /** Since this server was made. */
  readonly uptimeMs: Milliseconds
  /** Proposals of clients, and their queries, that wait here. */
  readonly requestsWaiting: number
  readonly queriesWaiting: number
  /** Batches on their way to the disk. */
  readonly savesPending: number
  /** Whether it is full; or has saved nothing for an election timeout, with something to save. */
  readonly disk: 'well' | 'full' | 'silent'
  /**
   * Of every outcome up to lastApplied, in hex. Two servers that show the same lastApplied and
   * another digest have parted.
   */
  readonly digest: string
  readonly machine: MachineStats
  /** Null where nobody measures it. */
  readonly eventLoop: EventLoopStatus | null
  /** Null where servers are told apart by their addresses alone, as the course's are. */
  readonly cluster: ClusterStatus | null
  /** Since a leader was heard, of whatever term; null: none was, or this server leads. */
  readonly leaderContactMs: Milliseconds | null
  /** Without a leader for a time between these an election begins. */
  readonly electionTimeoutMs: readonly [Milliseconds, Milliseconds]
  /** The latest that happened here, oldest first. */
  readonly recent: readonly RecentEvent[]
}

/** How late the process's event loop is. */
export interface EventLoopStatus {
  /** The longest delay of the last minute. */
  readonly longestDelayMs: Milliseconds
  /** How often it was later than a heartbeat, since the start. */
  readonly pauses: number
}

/** To which cluster a server belongs, and what stands in the way. */
export interface ClusterStatus {
  /** Null where it is not known yet. */
  readonly clusterId: string | null
  /** Of its data directory, in hex: another one means that it has lost what it promised. */
  readonly incarnation: string
  /** It takes part; or is to found a cluster with others; or is to join one that there is. */
  readonly standing: 'member' | 'founding' | 'joining'
  /** What it waits for before it takes part; null: nothing. */
  readonly waiting: string | null
  /** Why other servers do not let it in, or it them: a line each. */
  readonly refusals: readonly string[]
}

/**
 * `voter`, `learner`: it takes part. `joining`: it waits to be taken in. `removed`: it did, and
 * does no more.
 */
export type Part = 'voter' | 'learner' | 'joining' | 'removed'

/** What happened on a server, for operators. */
export interface RecentEvent {
  /** Since it happened last. */
  readonly agoMs: Milliseconds
  readonly kind: Notice['kind']
  /** As in a log: what the server does or says, without its name before it. */
  readonly text: string
  /** How often the very same has happened of late. */
  readonly count: number
}

export interface PeerStatus {
  readonly id: ServerId
  readonly matchIndex: LogIndex
  readonly nextIndex: LogIndex
  /** Entries that are not known to be on it. */
  readonly lag: number
  /** What of a snapshot it has taken so far, where it is being sent one. */
  readonly install: { readonly bytes: number; readonly bytesTotal: number } | null
  /** Since the latest request was sent that it has answered; null: it has answered none. */
  readonly contactMs: Milliseconds | null
  /** It says that its disk is full. */
  readonly diskIsFull: boolean
}

/** What {@link statusOf} cannot read from the core. */
export type DriverStatus = Pick<
  ServerStatus,
  | 'lastApplied'
  | 'leaderAddress'
  | 'sessions'
  | 'clusterTimeMs'
  | 'uptimeMs'
  | 'requestsWaiting'
  | 'queriesWaiting'
  | 'savesPending'
  | 'digest'
  | 'machine'
  | 'cluster'
  | 'eventLoop'
  | 'recent'
> & { readonly now: Milliseconds }

export function statusOf(raft: RaftState, driver: DriverStatus): ServerStatus {
  const { id, role, currentTerm, votedFor, commitIndex, log, durableIndex, configuration } = raft
  const { now } = driver
  return {
    id,
    role: role.kind,
    term: currentTerm,
    votedFor,
    leaderId: leaderIdOf(raft),
    leaderAddress: driver.leaderAddress,
    commitIndex,
    lastApplied: driver.lastApplied,
    firstLogIndex: log.firstIndex,
    lastLogIndex: log.lastIndex,
    lastLogTerm: log.lastTerm,
    durableIndex,
    snapshotIndex: raft.snapshot?.lastIndex ?? 0,
    snapshotBytes: raft.snapshot?.size ?? 0,
    voters: configuration.voters,
    votersOld: configuration.votersOld,
    learners: configuration.learners,
    part: partOf(raft),
    addresses: Object.fromEntries(configuration.addresses),
    peers: role.kind === 'leader' ? peersOf(role, log.lastIndex, now) : null,
    sessions: driver.sessions,
    clusterTimeMs: driver.clusterTimeMs,
    uptimeMs: driver.uptimeMs,
    requestsWaiting: driver.requestsWaiting,
    queriesWaiting: driver.queriesWaiting,
    savesPending: driver.savesPending,
    // One that is full acknowledges nothing either, and it is the room that it lacks.
    disk: raft.diskIsFull ? 'full' : now >= diskSilentAt(raft) ? 'silent' : 'well',
    digest: driver.digest,
    machine: driver.machine,
    eventLoop: driver.eventLoop,
    cluster: driver.cluster,
    leaderContactMs: role.kind === 'leader' ? null : since(raft.leaderContactAt, now),
    electionTimeoutMs: [raft.options.electionTimeoutMinMs, raft.options.electionTimeoutMaxMs],
    recent: driver.recent,
  }
}

function partOf({ configuration, id, wasMember }: RaftState): Part {
  if (isVoter(configuration, id)) return 'voter'
  if (isMember(configuration, id)) return 'learner'
  return configuration.voters.length > 0 && wasMember ? 'removed' : 'joining'
}

function peersOf(
  role: Extract<Role, { kind: 'leader' }>,
  lastLogIndex: LogIndex,
  now: Milliseconds,
): PeerStatus[] {
  return [...role.peers.values()].map((peer) => ({
    id: peer.id,
    matchIndex: peer.matchIndex,
    nextIndex: peer.nextIndex,
    lag: lastLogIndex - peer.matchIndex,
    contactMs: since(peer.provenContactAt, now),
    install: installOf(peer.install),
    diskIsFull: peer.diskIsFull,
  }))
}

function installOf(install: Peer['install']): PeerStatus['install'] {
  return install === null ? null : { bytes: install.offset, bytesTotal: install.snapshot.size }
}

/** Whole milliseconds; null where it never happened. */
function since(at: Milliseconds, now: Milliseconds): Milliseconds | null {
  return Number.isFinite(at) ? Math.max(0, Math.round(now - at)) : null
}

/** The digest as it is shown. */
export function digestText(digest: number): string {
  return digest.toString(16).padStart(8, '0')
}
