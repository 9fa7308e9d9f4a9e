/** What the clients of one run are like, and what servers let them do, drawn from its seed. */
import type { Random } from '../../base/random.ts'
import type { ClientOptions } from '../../client/index.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { GivenServiceOptions } from '../../server/index.ts'
import type { Consistency } from '../../wire/index.ts'

export interface ClientsOptions {
  readonly clients: number
  /** Between two bursts of one client. */
  readonly everyMs: Milliseconds
  readonly burstMax: number
  readonly keys: number
  /** Of a value, above its serial number. */
  readonly paddingMax: number
  /** Of an operation; some clients only read, and some nearly never. */
  readonly readChance: number
  /** How up to date reads are to be; each as often as it stands here. */
  readonly consistencies: readonly Consistency[]
  /** That a command goes without a session. */
  readonly sessionlessChance: number
  /** That an operation is given up by its caller, and that one has little time. */
  readonly abortChance: number
  readonly hurryChance: number
  /** That a client ends after an operation, and another takes its place. */
  readonly endChance: number
  readonly timeoutMs: Milliseconds
  readonly client: Partial<ClientOptions>
  readonly service: GivenServiceOptions
  /** That a connection breaks at a frame. */
  readonly breakChance: number
  readonly halfOpenChance: number
}

const mixes: readonly (readonly Consistency[])[] = [
  ['linearizable'],
  ['linearizable', 'lease'],
  ['lease'],
  ['linearizable', 'lease', 'stale'],
]

export function drawClients(
  random: Random,
  timeoutMs: Milliseconds,
  hasResets: boolean,
): ClientsOptions {
  const burstMax = random.pick([1, 1, 4, 10])
  const clients = random.integer(1, 5)
  return {
    clients,
    // In all from one in two election timeouts to a hundred a second, however they are bunched:
    // what goes wrong while leaders change is over within one of them.
    everyMs: (Math.max(10, 2 * timeoutMs * 0.01 ** random.float()) * (1 + burstMax) * clients) / 2,
    burstMax,
    keys: random.integer(1, 6),
    paddingMax: random.pick([0, 10, 300]),
    readChance: random.pick([0.2, 0.5, 0.8]),
    consistencies: random.pick(mixes),
    sessionlessChance: random.pick([0, 0, 0.1, 1]),
    abortChance: random.pick([0, 0.02]),
    hurryChance: random.pick([0, 0.1, 0.5]),
    endChance: random.pick([0, 0.01, 0.05]),
    timeoutMs: timeoutMs * random.pick([10, 40]),
    client: drawClient(random, timeoutMs),
    service: drawService(random, timeoutMs),
    breakChance: hasResets ? random.pick([0.001, 0.01, 0.1]) : 0,
    halfOpenChance: random.pick([0, 0.3, 0.8]),
  }
}

function drawClient(random: Random, timeoutMs: Milliseconds): Partial<ClientOptions> {
  const backoffFirstMs = timeoutMs * random.pick([0.01, 0.1, 0.5])
  return {
    // Some are shorter than an answer takes: then nearly everything is sent twice.
    attemptTimeoutMs: timeoutMs * random.pick([0.1, 1, 1, 4]),
    connectTimeoutMs: 2 * timeoutMs,
    backoffFirstMs,
    backoffMostMs: backoffFirstMs * random.pick([1, 10]),
    inFlightMax: random.pick([1, 4, 1024]),
    sequenceSpanMax: random.pick([2, 8, 1024]),
    closeTimeoutMs: timeoutMs,
  }
}

function drawService(random: Random, timeoutMs: Milliseconds): GivenServiceOptions {
  const sessionTimeoutMs = Math.max(100, Math.ceil(timeoutMs * random.pick([2, 10, 100])))
  return {
    followerReads: random.chance(0.7),
    requestsMax: random.pick([2, 1000, 1000]),
    queriesMax: random.pick([2, 1000, 1000]),
    repeatsMax: random.pick([1, 16]),
    sessions: {
      // Too few for the clients there are, now and then: one pushes another out.
      sessionsMax: random.pick([1, 3, 100, 100]),
      sessionTimeoutMs,
      responsesMax: random.pick([2, 1024]),
      responsesBytesMax: random.pick([200, 1024 * 1024]),
    },
  }
}

/** A session is kept alive well within its time, or not at all: then it expires. */
export function keepAliveIntervalMs(random: Random, { service }: ClientsOptions): Milliseconds {
  return (service.sessions?.sessionTimeoutMs ?? 0) * random.pick([0.3, 0.3, 3])
}
