/** What `openServer` is told, checked once, before anything is touched. */
import { type ClientOptions, clientOptions } from '../client/index.ts'
import {
  type Configuration,
  checkNames,
  checkSwitch,
  emptyConfiguration,
  makeConfiguration,
  OptionError,
  type RaftOptions,
  raftOptions,
} from '../raft/index.ts'
import {
  type GivenServiceOptions,
  type GivenSnapshotOptions,
  serviceOptions,
  snapshotOptions,
} from '../server/index.ts'
import { type ByteMachine, type StateMachine, withCodecs } from '../state-machine/index.ts'
import type { Founder } from '../storage/index.ts'
import {
  type Address,
  checkName,
  parseAddress,
  parseNamedServers,
  type ServerList,
} from './addresses.ts'
import { checkSignal, codecsOf, type GivenCodecs } from './operations.ts'

/** What a server does that has nothing in its directory. */
export type Start = 'bootstrap' | 'join'

export interface ServerSettings<Command, Query, Result, Answer> {
  /** This server's name. It never changes, wherever the server runs. */
  readonly id: string
  /**
   * Servers of the cluster, this one among them: their names, and the addresses at which they and
   * their clients find them. Where the cluster begins, all that it begins with, alike on each;
   * later what is known, since the cluster's own log says who takes part. An address that is given
   * here counts more than one that the log has from before. With `join` it is enough to name this
   * one.
   */
  readonly servers: Exclude<ServerList, readonly string[]>
  /** Where the log is kept: a directory of this server's own. It is made if it is not there. */
  readonly dataDir?: string
  /**
   * With an empty directory: found a new cluster, together with all others of `servers`. Nobody
   * takes part before all of them have been there, once. With neither this nor `join` a server with
   * an empty directory is not opened: one that is empty by mistake must not begin a second cluster.
   * Where there is something in the directory, that counts, and this may stay as it is; but not
   * where this server is the only one listed: others that are added later cannot keep it from
   * beginning anew, if they are not there when its directory is lost.
   */
  readonly bootstrap?: boolean
  /**
   * With an empty directory: wait until the leader of a cluster that there is takes this server in;
   * see `Admin.addServer`. Once it has, its log says who takes part, and this means nothing.
   */
  readonly join?: boolean
  /**
   * Where the log in the directory turns out to be damaged: give it up, and have the others fill it
   * again. Until they have, the server takes no part in elections; and what was left of the log is
   * removed. Without this it is not opened, and says so. Where nothing is damaged this means
   * nothing, but it is better given once than always.
   */
  readonly refill?: boolean
  /**
   * `memory`: nothing is kept. For tests only: a server that has forgotten everything is not let in
   * again by the others. `bootstrap` need not be said.
   */
  readonly storage?: 'memory'
  readonly stateMachine: StateMachine<Command, Query, Result, Answer>
  /** How commands, queries and their answers stand in bytes: JSON, where nothing is given. */
  readonly codecs?: GivenCodecs<Command, Query, Result, Answer>
  /** `host:port` to listen on, where that is not this server's own address. */
  readonly listen?: string
  /**
   * The cluster's name for itself, alike on all servers; by default made when it is founded.
   * Servers of another cluster are turned away, and a directory of another is not opened.
   */
  readonly clusterId?: string
  /** For operations that give no time of their own; by default 5 s. Infinity: for ever. */
  readonly timeoutMs?: number
  /** Closes the server. */
  readonly signal?: AbortSignal
  readonly raft?: Partial<Omit<RaftOptions, 'sizeOfEntry'>>
  readonly service?: GivenServiceOptions
  /** Of `propose` and `query` on the server's own object. */
  readonly client?: Partial<Omit<ClientOptions, 'timeoutMs'>>
  readonly segmentBytes?: number
  /** The file that keeps room for when the disk is full. By default the size of two segments. */
  readonly reserveBytes?: number
  /** When this server takes a snapshot of the state machine, after which its log is trimmed. */
  readonly snapshots?: GivenSnapshotOptions
}

/** What is made of the settings. */
export interface ServerPlan {
  readonly id: string
  readonly servers: ReadonlyMap<string, string>
  readonly dataDir: string | null
  readonly start: Start | null
  readonly refill: boolean
  readonly machine: ByteMachine
  readonly listen: Address
  readonly clusterId: string
  readonly raft: Partial<RaftOptions>
  readonly service: GivenServiceOptions
  readonly client: ClientOptions
  readonly segmentBytes: number | null
  readonly reserveBytes: number | null
  readonly snapshots: GivenSnapshotOptions
}

/**
 * Slower than the core's own defaults: the event loop is shared with an application, and a tenth of
 * a second of its work must not cost an election.
 */
export const raftDefaults: Partial<RaftOptions> = {
  electionTimeoutMinMs: 200,
  electionTimeoutMaxMs: 400,
  heartbeatIntervalMs: 50,
  preVote: true,
}

/** Requests of the server's own object on their way, and responses kept for them and others. */
export const windowMax: number = 16 * 1024

export function serverPlan<Command, Query, Result, Answer>(
  settings: ServerSettings<Command, Query, Result, Answer>,
): ServerPlan {
  checkNames('openServer', settings, settingNames)
  const id = checkName('id', settings.id)
  const servers = parseNamedServers('servers', settings.servers)
  const address = servers.get(id)
  if (address === undefined) {
    const names = [...servers.keys()].join(', ')
    throw new OptionError('id', `must be one of the servers (${names}); it is ${id}`)
  }
  for (const [name, other] of servers) {
    if (parseAddress('servers', other).port !== 0 || servers.size === 1) continue
    throw new OptionError('servers', `must give each a port: ${name} has 0, where nobody finds it`)
  }
  const { timeoutMs, client, segmentBytes = null, reserveBytes = null } = settings
  checkSignal(settings.signal)
  checkSwitch('bootstrap', settings.bootstrap)
  checkSwitch('join', settings.join)
  const { raft, service, snapshots } = settings
  checkParts({ raft, service, client, snapshots, sessions: service?.sessions })
  const given = { inFlightMax: windowMax, sequenceSpanMax: windowMax, ...client }
  const plan: ServerPlan = {
    id,
    servers,
    dataDir: checkStorage(settings.dataDir, settings.storage),
    start: checkStart(settings.bootstrap, settings.join, settings.storage),
    refill: settings.refill === true,
    machine: checkMachine(settings.stateMachine, settings.codecs),
    listen: parseAddress(
      settings.listen === undefined ? 'servers' : 'listen',
      settings.listen ?? address,
    ),
    clusterId: settings.clusterId === undefined ? '' : checkName('clusterId', settings.clusterId),
    raft: { ...raftDefaults, ...settings.raft },
    service: {
      ...settings.service,
      sessions: { responsesMax: windowMax, ...settings.service?.sessions },
    },
    client: clientOptions(timeoutMs === undefined ? given : { ...given, timeoutMs }),
    segmentBytes,
    reserveBytes,
    snapshots: settings.snapshots ?? {},
  }
  // They are made again from the same where they are used; wrong ones are told of before that.
  raftOptions(plan.raft)
  serviceOptions(plan.service)
  snapshotOptions(plan.snapshots)
  return plan
}

const settingNames = Object.keys({
  id: 0,
  servers: 0,
  dataDir: 0,
  bootstrap: 0,
  join: 0,
  refill: 0,
  storage: 0,
  stateMachine: 0,
  codecs: 0,
  listen: 0,
  clusterId: 0,
  timeoutMs: 0,
  signal: 0,
  raft: 0,
  service: 0,
  client: 0,
  segmentBytes: 0,
  reserveBytes: 0,
  snapshots: 0,
} satisfies Record<keyof ServerSettings<unknown, unknown, unknown, unknown>, 0>)

/** As they were given: with the defaults around them one could not tell what they were. */
export function checkParts(parts: Readonly<Record<string, unknown>>): void {
  for (const [name, given] of Object.entries(parts)) {
    if (given !== undefined) checkNames(name, given, Object.keys(Object(given)))
  }
}

function checkStorage(dataDir: unknown, storage: unknown): string | null {
  if (storage !== undefined && storage !== 'memory') {
    throw new OptionError('storage', `must be 'memory' or left out; it is ${String(storage)}`)
  }
  if (storage === 'memory') {
    if (dataDir === undefined) return null
    throw new OptionError('dataDir', "must be left out where storage is 'memory'")
  }
  if (typeof dataDir === 'string' && dataDir !== '') return dataDir
  throw new OptionError(
    'dataDir',
    "must be a directory for this server's log, or storage: 'memory' be given to keep nothing",
  )
}

function checkStart(
  bootstrap: boolean | undefined,
  join: boolean | undefined,
  storage: 'memory' | undefined,
): Start | null {
  if (bootstrap === true && join === true) {
    throw new OptionError('join', 'must not be set together with bootstrap')
  }
  if (join === true) return 'join'
  return bootstrap === true || storage === 'memory' ? 'bootstrap' : null
}

export function checkMachine<Command, Query, Result, Answer>(
  machine: StateMachine<Command, Query, Result, Answer>,
  codecs: GivenCodecs<Command, Query, Result, Answer> | undefined,
): ByteMachine {
  for (const method of ['apply', 'query', 'snapshot', 'restore'] as const) {
    if (typeof machine?.[method] !== 'function') {
      throw new OptionError('stateMachine', `must have a method ${method}`)
    }
  }
  return withCodecs(machine, codecsOf(codecs))
}

/** Who takes part until the log says otherwise; null: nobody, as far as this server knows. */
export function firstConfiguration(founders: readonly Founder[] | null): Configuration {
  if (founders === null) return emptyConfiguration
  return makeConfiguration(
    founders.map(({ id }) => id),
    null,
    [],
    new Map(founders.map(({ id, address }) => [id, address])),
    new Map(founders.map(({ id, incarnation }) => [id, incarnation])),
  )
}
