/**
 * What one run is like, drawn from its seed. Every seed leaves some kinds of faults out altogether
 * and draws the strength of the others: what never happens in a run lets happen what otherwise
 * never would (swarm testing, Groce et al. 2012).
 */
import type { Random } from '../base/random.ts'
import type { Milliseconds, RaftOptions } from '../raft/index.ts'
import type { SnapshotOptions } from '../server/index.ts'
import { type ClientsOptions, drawClients } from './clients/index.ts'
import { type FaultKind, faultNames, strikes } from './faults.ts'
import type { DiskOptions } from './sim-disk.ts'
import type { NetworkOptions } from './sim-network.ts'

/** How often something strikes, anywhere in the cluster, and for how long. */
export interface Strike {
  readonly everyMs: Milliseconds
  readonly forMs: Milliseconds
}

export interface RunOptions {
  readonly servers: number
  /** Of them, the last so many speak the course's Listing 1 alone: no ids, no hints (C8). */
  readonly foreign: number
  /** The first so many vote from the beginning; the others wait to be taken in. */
  readonly founders: number
  readonly safetyMs: Milliseconds
  readonly raft: Partial<RaftOptions>
  readonly segmentBytes: number
  /** What each server keeps room with for when its disk is full. */
  readonly reserveBytes: number
  /** When servers take snapshots; null: none does. */
  readonly snapshots: SnapshotOptions | null
  /** What a turn of a process's event loop takes. */
  readonly turnMs: Milliseconds
  readonly network: NetworkOptions
  readonly disk: DiskOptions
  readonly clocks: { readonly driftMax: number }
  /** What clients ask for that know no sessions: the course's. */
  readonly workload: WorkloadOptions
  /** What the others do; null: there are none, and all clients are the course's. */
  readonly clients: ClientsOptions | null
  /** The kinds of faults that exist in this run. */
  readonly faults: readonly FaultKind[]
  /** For the kinds that strike; the others are always there. */
  readonly strikes: Readonly<Record<FaultKind, Strike>>
  /** How long a server that went down stays down. */
  readonly downMs: Milliseconds
  /** That an occasion for an ambush is taken. */
  readonly ambushChance: number
}

export interface WorkloadOptions {
  /** Between two bursts. */
  readonly everyMs: Milliseconds
  /** Proposals come in bursts of up to so many. */
  readonly burstMax: number
  /** Of a command, above its number. */
  readonly paddingMax: number
  /** That a proposal goes to any server and not to the last known leader. */
  readonly strayChance: number
  /** That a client never hears what became of it. */
  readonly lostAnswerChance: number
}

/** What the caller wants otherwise than drawn. */
export interface Wishes {
  readonly servers: number | null
  readonly foreign: number | null
  readonly safetyMs: Milliseconds
  /** The kinds that exist; null leaves them to the seed. */
  readonly faults: readonly FaultKind[] | null
  /** What clients ask for; null or nothing leaves it to the seed. */
  readonly workload?: WorkloadKind | null
}

/** Clients with sessions and reads, or the course's, which propose commands. */
export type WorkloadKind = 'sessions' | 'commands'

/** Everything that is drawn before a run begins. */
export function drawOptions(random: Random, wishes: Wishes): RunOptions {
  const servers = wishes.servers ?? random.pick([1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7])
  const foreign = drawForeign(random, servers, wishes)
  const kind = drawWorkloadKind(random, foreign, wishes)
  const timing = drawLeases(random, foreign, kind)
  const hasLeases = timing.leaseClockDriftMax !== null
  const faults = (wishes.faults ?? drawFaults(random)).filter((fault) => {
    return mayHappen(fault, foreign, kind, hasLeases)
  })
  const has = (kind: FaultKind): boolean => faults.includes(kind)
  const electionTimeoutMinMs = random.pick([50, 150, 150, 150, 300, 1000])
  return {
    servers,
    foreign,
    safetyMs: wishes.safetyMs,
    raft: { ...drawRaft(random, electionTimeoutMinMs), ...timing },
    snapshots: drawSnapshots(random.fork('snapshots'), foreign),
    segmentBytes: 512 * random.pick([4, 8, 16, 64, 128]),
    reserveBytes: random.fork('reserve').pick([0, 2048, 10_000, 100_000]),
    turnMs: random.pick([0, 0.02, 0.2, 2]),
    network: drawNetwork(random, electionTimeoutMinMs, has),
    disk: drawDisk(random, electionTimeoutMinMs, has),
    clocks: { driftMax: has('clockDrift') ? drawDrift(random, timing.leaseClockDriftMax) : 0 },
    workload: drawWorkload(random),
    clients: kind === 'commands' ? null : drawClients(random, electionTimeoutMinMs, has('resets')),
    faults,
    strikes: drawStrikes(random, electionTimeoutMinMs, faults.filter(strikes).length),
    downMs: logarithmic(random, 0.3, 20) * electionTimeoutMinMs,
    founders: has('churn') ? random.integer(1, servers) : servers,
    ambushChance: has('ambushes') ? random.pick([0.02, 0.1, 0.4]) : 0,
  }
}

function drawForeign(random: Random, servers: number, { foreign, workload }: Wishes): number {
  const drawn = random.chance(0.15) ? random.integer(1, servers) : 0
  return Math.min(servers, foreign ?? (workload === 'sessions' ? 0 : drawn))
}

/** Whoever speaks Listing 1 alone knows nothing of sessions. */
function drawWorkloadKind(random: Random, foreign: number, { workload }: Wishes): WorkloadKind {
  const drawn = random.chance(0.15) ? 'commands' : 'sessions'
  return foreign > 0 ? 'commands' : (workload ?? drawn)
}

interface Leases {
  readonly preVote: boolean
  readonly leaseClockDriftMax: number | null
}

function drawLeases(random: Random, foreign: number, kind: WorkloadKind): Leases {
  const preVote = random.chance(0.6)
  const leaseClockDriftMax = random.chance(0.6) ? random.pick([0.01, 0.1, 0.5]) : null
  if (foreign > 0 || !preVote) return { preVote: false, leaseClockDriftMax: null }
  return { preVote, leaseClockDriftMax: kind === 'sessions' ? leaseClockDriftMax : null }
}

/** The premise of leases is a bound on the clocks' drift: no two differ by more. */
function drawDrift(random: Random, leaseClockDriftMax: number | null): number {
  const driftMax = random.pick([0.001, 0.05, 0.3])
  if (leaseClockDriftMax === null) return driftMax
  return Math.min(driftMax, leaseClockDriftMax / (2 + leaseClockDriftMax))
}

/**
 * Whoever speaks Listing 1 alone knows nothing of configurations, transfers and identities; where
 * there are leases no clock jumps; and the course's clients have no connections.
 */
function mayHappen(
  fault: FaultKind,
  foreign: number,
  kind: WorkloadKind,
  hasLeases: boolean,
): boolean {
  switch (fault) {
    case 'churn':
    case 'transfers':
    case 'emptiedDisks':
      return foreign === 0
    case 'clockJumps':
      return !hasLeases
    case 'resets':
    case 'clientCuts':
      return kind === 'sessions'
    default:
      return true
  }
}

/** Each kind with an even chance; one run in ten has none at all, and one all of them. */
function drawFaults(random: Random): FaultKind[] {
  const chance = random.pick([0, 0.2, 0.35, 0.5, 0.5, 0.5, 0.5, 0.65, 0.8, 1])
  return faultNames.filter(() => random.chance(chance))
}

function drawRaft(random: Random, electionTimeoutMinMs: Milliseconds): Partial<RaftOptions> {
  const appendEntriesBytesMax = random.pick([1, 100, 1000, 64 * 1024])
  return {
    electionTimeoutMinMs,
    electionTimeoutMaxMs: electionTimeoutMinMs * random.pick([1.1, 2, 2, 2, 4]),
    heartbeatIntervalMs: electionTimeoutMinMs / random.pick([2, 3, 5]),
    appendEntriesBytesMax,
    // Dozens of small messages at once, reordered, are refused and sent again by the hundred
    // thousand: nothing is learned from that, and a run takes a minute.
    inflightMessagesMax: random.pick([1, 2, 8, appendEntriesBytesMax < 1000 ? 4 : 64]),
    inflightBytesMax: random.pick([200, 4 * 1024 * 1024]),
    commandBytesMax: 4096,
    uncommittedBytesMax: random.pick([500, 64 * 1024 * 1024, 64 * 1024 * 1024]),
    applyEntriesMax: random.pick([1, 5, 4096]),
    ...drawWindow(random.fork('window')),
    verify: random.chance(0.5),
  }
}

/** What stays of a log that is trimmed, and how a snapshot is cut up. */
function drawWindow(random: Random): Partial<RaftOptions> {
  return {
    trailingEntriesMax: random.pick([0, 0, 1, 5, 50]),
    trailingBytesMax: random.pick([0, 500, 100_000]),
    snapshotChunkBytesMax: random.pick([20, 100, 1000, 64 * 1024]),
  }
}

/** On in most runs, and tiny. Whoever speaks Listing 1 alone cannot be sent one. */
function drawSnapshots(random: Random, foreign: number): SnapshotOptions | null {
  if (foreign > 0 || random.chance(0.2)) return null
  return {
    logBytesMin: random.pick([1, 200, 1000, 5000]),
    logBytesMax: random.pick([5000, 100_000]),
    logGrowth: random.pick([0.5, 1, 2]),
    logEntriesMax: random.pick([3, 20, 100, 1000]),
  }
}

function drawNetwork(
  random: Random,
  electionTimeoutMinMs: Milliseconds,
  has: (kind: FaultKind) => boolean,
): NetworkOptions {
  const delayMeanMs = random.pick([0.1, 1, 1, 5, 20, 50]) * (electionTimeoutMinMs / 300)
  return {
    delay: random.pick(['even', 'exponential', 'exponential', 'twoWays']),
    delayMinMs: delayMeanMs * random.pick([0, 0.1, 1]),
    delayMeanMs,
    lossChance: has('loss') ? random.pick([0.01, 0.05, 0.2, 0.4]) : 0,
    repeatChance: has('repeats') ? random.pick([0.01, 0.1, 0.5]) : 0,
    detourChance: has('detours') ? random.pick([0.01, 0.1, 0.3]) : 0,
    detourMaxMs: electionTimeoutMinMs * random.pick([1, 3, 10]),
    shortChance: has('shortRequests') ? random.pick([0.02, 0.2, 0.5]) : 0,
  }
}

function drawDisk(
  random: Random,
  electionTimeoutMinMs: Milliseconds,
  has: (kind: FaultKind) => boolean,
): DiskOptions {
  const syncMeanMs = random.pick([0.05, 1, 5, 20]) * (electionTimeoutMinMs / 300)
  return {
    syncMinMs: syncMeanMs * random.pick([0.1, 1]),
    syncMeanMs,
    writeMs: random.pick([0.01, 0.1]),
    loss: {
      keepChance: random.pick([0, 0.3, 0.5, 0.9]),
      tearChance: has('tornWrites') ? random.pick([0.1, 0.5, 1]) : 0,
    },
  }
}

function drawWorkload(random: Random): WorkloadOptions {
  const burstMax = random.pick([1, 1, 5, 20])
  return {
    // From one to fifty proposals a second, however they are bunched.
    everyMs: (logarithmic(random, 20, 1000) * (1 + burstMax)) / 2,
    burstMax,
    paddingMax: random.pick([0, 10, 100, 1000]),
    strayChance: random.pick([0.05, 0.3, 1]),
    lostAnswerChance: random.pick([0, 0.1]),
  }
}

/** The more kinds there are the rarer is each, or nothing would ever be committed between them. */
function drawStrikes(
  random: Random,
  electionTimeoutMinMs: Milliseconds,
  kinds: number,
): Record<FaultKind, Strike> {
  const pace = logarithmic(random, 0.15, 1.5) * Math.max(1, kinds)
  const strikes = faultNames.map((kind) => {
    // A change that is asked for breaks nothing, and one is over within a few round trips.
    const slowness = kind === 'churn' ? 1 : pace * 5
    const everyMs = slowness * logarithmic(random, 1, 20) * electionTimeoutMinMs
    const forMs = logarithmic(random, 0.1, 20) * electionTimeoutMinMs
    return [kind, { everyMs, forMs }]
  })
  return Object.fromEntries(strikes) as Record<FaultKind, Strike>
}

/** Between the two, every order of magnitude with the same chance. */
function logarithmic(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.float()
}
