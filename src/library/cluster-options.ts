/** What `openCluster` is told, checked once, before anything is made. */
import { type ClientOptions, clientOptions } from '../client/index.ts'
import {
  checkNames,
  checkSwitch,
  OptionError,
  type RaftOptions,
  raftOptions,
  type ServerId,
} from '../raft/index.ts'
import {
  type GivenServiceOptions,
  type GivenSnapshotOptions,
  serviceOptions,
  snapshotOptions,
} from '../server/index.ts'
import type { TestClusterOptions } from '../sim/index.ts'
import type { StateMachine } from '../state-machine/index.ts'
import type { GivenCodecs } from './operations.ts'
import { checkMachine, checkParts, raftDefaults, windowMax } from './server-options.ts'

export interface ClusterSettings<Command, Query, Result, Answer> {
  /**
   * Makes a new state machine, with nothing in it: for each server that starts, and some more to be
   * looked at.
   */
  readonly stateMachine: (id: ServerId) => StateMachine<Command, Query, Result, Answer>
  /** How commands, queries and their answers stand in bytes: JSON, where nothing is given. */
  readonly codecs?: GivenCodecs<Command, Query, Result, Answer>
  /** Names the run: the same seed and the same program, the same run. By default 1. */
  readonly seed?: number | string
  /**
   * True: servers crash and come back, stand still, and are cut off from each other, messages and
   * connections are lost, all of it at random and without end, with a majority up at any time.
   */
  readonly faults?: boolean
  /**
   * Whenever so many entries are applied, snapshots are taken, compared among the servers and
   * restored; by default 16, Infinity for never.
   */
  readonly snapshotEveryEntries?: number
  /** Of simulated time, for operations that give none of their own; by default 30 s. */
  readonly timeoutMs?: number
  /** Hears what happens, a line each: who starts, who leads, who is cut off. */
  readonly trace?: (line: string) => void
  readonly raft?: Partial<Omit<RaftOptions, 'sizeOfEntry'>>
  readonly service?: GivenServiceOptions
  /** When servers take snapshots to trim their logs by: far sooner than in production. */
  readonly snapshots?: GivenSnapshotOptions
}

/** So that a few hundred commands make servers start from snapshots, or be sent one. */
const trailingEntriesMax = 16
const snapshotDefaults: GivenSnapshotOptions = { logEntriesMax: 48 }

/** What is simulated costs time and memory; and more voters than this nobody should have. */
export const clusterServersMax = 9

/** Long enough for some changes of leader with faults: simulated time costs little. */
export const clusterTimeoutMs = 30_000

const snapshotEveryEntriesDefault = 16

/** `made` hears of each machine that a server is started with. */
export function testClusterOptions<Command, Query, Result, Answer>(
  servers: number,
  settings: ClusterSettings<Command, Query, Result, Answer>,
  made: (id: ServerId, machine: StateMachine<Command, Query, Result, Answer>) => void,
): TestClusterOptions {
  checkNames('openCluster', settings, settingNames)
  const { raft, service, snapshots } = settings
  checkParts({ raft, service, snapshots, sessions: service?.sessions })
  checkSwitch('faults', settings.faults)
  const { stateMachine, codecs, seed = 1, timeoutMs = clusterTimeoutMs, faults } = settings
  if (!Number.isSafeInteger(servers) || servers < 1 || servers > clusterServersMax) {
    const problem = `must be a whole number from 1 to ${clusterServersMax}; it is ${servers}`
    throw new OptionError('servers', problem)
  }
  if (typeof stateMachine !== 'function') {
    throw new OptionError('stateMachine', 'must be a function that makes a state machine')
  }
  if (typeof seed !== 'string' && !Number.isSafeInteger(seed)) {
    throw new OptionError('seed', `must be a whole number or a text; it is ${String(seed)}`)
  }
  return {
    seed,
    servers,
    raft: checkedRaft({ ...raftDefaults, trailingEntriesMax, ...settings.raft }),
    service: checkedService(settings.service),
    snapshots: snapshotOptions({ ...snapshotDefaults, ...settings.snapshots }),
    client: checkedClient(timeoutMs),
    snapshotEveryEntries: checkedEvery(settings.snapshotEveryEntries),
    isLossy: faults ?? false,
    makeMachine: (id) => {
      const machine = stateMachine(id)
      const checked = checkMachine(machine, codecs)
      made(id, machine)
      return checked
    },
    anotherMachine: () => checkMachine(stateMachine('s1'), codecs),
    trace: settings.trace ?? null,
  }
}

const settingNames = Object.keys({
  stateMachine: 0,
  codecs: 0,
  seed: 0,
  faults: 0,
  snapshotEveryEntries: 0,
  timeoutMs: 0,
  trace: 0,
  raft: 0,
  service: 0,
  snapshots: 0,
} satisfies Record<keyof ClusterSettings<unknown, unknown, unknown, unknown>, 0>)

function checkedRaft(given: Partial<RaftOptions>): Partial<RaftOptions> {
  raftOptions(given)
  return given
}

function checkedService(given: GivenServiceOptions = {}): GivenServiceOptions {
  const service = { ...given, sessions: { responsesMax: windowMax, ...given.sessions } }
  serviceOptions(service)
  return service
}

function checkedClient(timeoutMs: number): ClientOptions {
  return clientOptions({ timeoutMs, inFlightMax: windowMax, sequenceSpanMax: windowMax })
}

function checkedEvery(given: number = snapshotEveryEntriesDefault): number {
  const isNever = given === Number.POSITIVE_INFINITY
  if (isNever || (Number.isSafeInteger(given) && given >= 1)) return given
  const problem = `must be a whole number from 1 up, or Infinity; it is ${String(given)}`
  throw new OptionError('snapshotEveryEntries', problem)
}
