/** What a cluster in simulated time can do, and how it fails. */
import type { ServerId } from '../raft/index.ts'
import type { ServerStatus } from '../server/index.ts'
import type { StateMachine } from '../state-machine/index.ts'
import type { ProposeSettings, QuerySettings } from './operations.ts'

/** The state machine is not what it has to be, or a server has failed. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError'
  readonly code = 'CLUSTER_FAILED'
  /** The run that shows it. */
  readonly seed: number | string
  /** In simulated time. */
  readonly atMs: number

  constructor(problem: string, seed: number | string, atMs: number, cause: unknown) {
    super(`${problem} ${whereabouts(seed, atMs)}`, cause === null ? undefined : { cause })
    this.seed = seed
    this.atMs = atMs
  }
}

/**
 * Simulated time passes only while one of the promises that come from here is waited for. Do not
 * wait for anything else meanwhile, or the run depends on it. Servers are named `s1`, `s2`, and so
 * on; what is done to them happens at once.
 */
export interface SimulatedCluster<Command, Query, Result, Answer> {
  readonly seed: number | string
  readonly serverIds: readonly ServerId[]
  /** Simulated milliseconds since the beginning. */
  readonly nowMs: number
  /** Who leads, of those that are up, as it believes itself; null: nobody. */
  readonly leader: ServerId | null
  /** Has the command happen, once; the state machine's result. */
  propose(command: Command, settings?: ProposeSettings): Promise<Result>
  query(query: Query, settings?: QuerySettings): Promise<Answer>
  /** The server as it sees itself; null where it is down. */
  status(id: ServerId): ServerStatus | null
  /** The server's state machine, to be looked at; null where it is down. */
  machine(id: ServerId): StateMachine<Command, Query, Result, Answer> | null
  /** Ends its process: by default with the power, and what was not synced is lost. */
  crash(id: ServerId, how?: 'power' | 'kill'): void
  /** Starts it, with what its disk has; ends it first where it is up. */
  restart(id: ServerId): void
  /** Its process stands still, and notices nothing. */
  pause(id: ServerId): void
  resume(id: ServerId): void
  /**
   * Only within a group do servers hear each other; who is in none is in one with all others like
   * it. The client hears everybody, unless a group names it: `client`.
   */
  partition(...groups: readonly (readonly string[])[]): void
  heal(): void
  /** Lets time pass. */
  run(ms: number): Promise<void>
  /** Lets time pass until it is so; looked at after each event. Rejects after `timeoutMs`. */
  until(condition: () => boolean, timeoutMs?: number): Promise<void>
  /**
   * Ends all faults, starts what is down, waits until every server has applied the same, and
   * compares their state machines once more.
   */
  settle(): Promise<void>
  /** What is under way fails as `CLOSED`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** For the end of a message: which run shows it, and when. */
export function whereabouts(seed: number | string, atMs: number): string {
  return `(seed ${seed}, at ${atMs.toFixed(1)} ms)`
}
