/**
 * `kontiki/testing`: a whole cluster in simulated time, to test a state machine in. The servers,
 * the client and the storage are the real ones; the clock, the network and the disks are not, and
 * everything that is left to chance comes from a seed.
 */
import { checkTime, KontikiError } from '../client/index.ts'
import { OptionError, type ServerId } from '../raft/index.ts'
import type { ServerStatus } from '../server/index.ts'
import { clientHost, TestCluster, Unrest } from '../sim/index.ts'
import type { StateMachine } from '../state-machine/index.ts'
import { type ClusterSettings, clusterTimeoutMs, testClusterOptions } from './cluster-options.ts'
import {
  codecsOf,
  Operations,
  type OperationsCore,
  type ProposeSettings,
  type QuerySettings,
} from './operations.ts'
import { ClusterError, type SimulatedCluster, whereabouts } from './simulated-cluster.ts'
import { SimulatedTime } from './simulated-time.ts'

/**
 * A cluster of `servers` servers. Throws an {@link OptionError} where a setting cannot be. All
 * promises reject with a {@link ClusterError} once the servers disagree, which servers of a
 * deterministic state machine do not.
 */
export function openCluster<Command = unknown, Query = unknown, Result = unknown, Answer = Result>(
  servers: number,
  settings: ClusterSettings<Command, Query, Result, Answer>,
): SimulatedCluster<Command, Query, Result, Answer> {
  return new Cluster(servers, settings)
}

class Cluster<Command, Query, Result, Answer>
  implements SimulatedCluster<Command, Query, Result, Answer>
{
  readonly seed: number | string
  readonly serverIds: readonly ServerId[]
  readonly #world: TestCluster
  readonly #machines = new Map<ServerId, StateMachine<Command, Query, Result, Answer>>()
  readonly #operations: Operations<Command, Query, Result, Answer>
  readonly #time: SimulatedTime
  readonly #unrest: Unrest | null
  /** Ends what waits for a time or a condition. */
  readonly #waits = new Set<(error: Error) => void>()
  #failure: ClusterError | null = null
  #isClosed = false

  constructor(servers: number, settings: ClusterSettings<Command, Query, Result, Answer>) {
    const options = testClusterOptions(servers, settings, (id, machine) => {
      this.#machines.set(id, machine)
    })
    this.seed = options.seed
    this.#time = new SimulatedTime(() => this.#step())
    this.#world = new TestCluster(options)
    this.serverIds = this.#world.servers.map(({ id }) => id)
    this.#operations = new Operations(this.#timedCore(), codecsOf(settings.codecs), true)
    this.#unrest = settings.faults === true ? new Unrest(this.#world) : null
    this.#noticeFailure()
  }

  get nowMs(): number {
    return this.#world.now
  }

  get leader(): ServerId | null {
    let leader: ServerStatus | null = null
    for (const { replica, isPaused } of this.#world.servers) {
      const status = isPaused || replica === null ? null : replica.status()
      if (status?.role !== 'leader') continue
      if (leader === null || status.term > leader.term) leader = status
    }
    return leader?.id ?? null
  }

  propose(command: Command, settings?: ProposeSettings): Promise<Result> {
    return this.#named(this.#operations.propose(command, settings))
  }

  query(query: Query, settings?: QuerySettings): Promise<Answer> {
    return this.#named(this.#operations.query(query, settings))
  }

  status(id: ServerId): ServerStatus | null {
    return this.#server(id).replica?.status() ?? null
  }

  machine(id: ServerId): StateMachine<Command, Query, Result, Answer> | null {
    return this.#server(id).isUp ? (this.#machines.get(id) ?? null) : null
  }

  crash(id: ServerId, how: 'power' | 'kill' = 'power'): void {
    if (how !== 'power' && how !== 'kill') {
      throw new OptionError('how', `must be power or kill; it is ${String(how)}`)
    }
    this.#server(id).crash(how)
  }

  restart(id: ServerId): void {
    const server = this.#server(id)
    if (server.isUp) server.crash('power')
    if (!this.#isClosed) server.start()
    this.#noticeFailure()
  }

  pause(id: ServerId): void {
    this.#server(id).pause()
  }

  resume(id: ServerId): void {
    this.#server(id).resume()
  }

  partition(...groups: readonly (readonly string[])[]): void {
    const names = groups.flat()
    for (const name of names) if (name !== clientHost) this.#server(name)
    if (new Set(names).size < names.length) {
      throw new OptionError('partition', 'must have each server in one group at most')
    }
    this.#world.partition(groups)
  }

  heal(): void {
    this.#world.heal()
  }

  run(ms: number): Promise<void> {
    checkTime('ms', ms)
    return this.#wait((done) => this.#world.later(ms, () => done(null)))
  }

  until(condition: () => boolean, timeoutMs: number = clusterTimeoutMs): Promise<void> {
    checkTime('timeoutMs', timeoutMs)
    const start = (done: (error: Error | null) => void): void => {
      if (holds(condition, done)) return
      const look = (): void => {
        if (this.#failure !== null || holds(condition, done)) this.#time.unwatch(look)
      }
      this.#time.watch(look)
      this.#world.later(timeoutMs, () => {
        this.#time.unwatch(look)
        const problem = `what was waited for did not come to be within ${timeoutMs} ms`
        done(new KontikiError('TIMEOUT', 'notApplied', `${problem} ${this.#where()}`))
      })
    }
    return this.#wait(start)
  }

  async settle(): Promise<void> {
    const { servers } = this.#world
    this.#unrest?.end()
    this.heal()
    for (const server of servers) {
      if (!server.isUp) this.restart(server.id)
      if (server.isPaused) server.resume()
    }
    await this.until(() => this.leader !== null && this.#haveSettled())
    for (const server of servers) server.look()
    this.#noticeFailure()
    if (this.#failure !== null) throw this.#failure
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#unrest?.end()
      this.#world.client.fail('CLOSED', 'the cluster was closed')
      for (const { id } of this.#world.servers) this.#server(id).crash('kill')
      const closed = new KontikiError('CLOSED', 'notApplied', 'the cluster was closed')
      for (const end of [...this.#waits]) end(closed)
    }
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Everybody that is up has applied the same, and knows of nothing more. */
  #haveSettled(): boolean {
    const statuses = this.serverIds.map((id) => this.status(id))
    const [first] = statuses
    return statuses.every((status) => {
      const applied = status?.lastApplied
      return applied === first?.lastApplied && applied === status?.lastLogIndex
    })
  }

  #timedCore(): OperationsCore {
    const { client } = this.#world
    const time = this.#time
    return {
      request: (command, options, done) => {
        time.begin()
        return client.request(command, options, (result) => {
          time.end()
          done(result)
        })
      },
      query: (query, options, done) => {
        time.begin()
        return client.query(query, options, (result) => {
          time.end()
          done(result)
        })
      },
    }
  }

  /** What it fails with names the seed. */
  async #named<T>(operation: Promise<T>): Promise<T> {
    try {
      return await operation
    } catch (error) {
      if (this.#failure !== null) throw this.#failure
      if (!(error instanceof KontikiError)) throw error
      const message = `${error.message} ${this.#where()}`
      throw new KontikiError(error.code, error.outcome, message, error.cause)
    }
  }

  #wait(start: (done: (error: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) throw this.#failure
      if (this.#isClosed) throw new KontikiError('CLOSED', 'notApplied', 'the cluster was closed')
      const done = (error: Error | null): void => {
        if (!this.#waits.delete(done)) return
        this.#time.end()
        if (error === null) resolve()
        else reject(error)
      }
      this.#waits.add(done)
      this.#time.begin()
      start(done)
    })
  }

  #step(): void {
    if (!this.#world.step()) this.#world.problem('nothing happens any more')
    this.#noticeFailure()
  }

  #noticeFailure(): void {
    const { failure, now } = this.#world
    if (failure === null || this.#failure !== null) return
    this.#failure = new ClusterError(failure.problem, this.seed, now, failure.cause)
    this.#world.client.fail('SERVER_FAILED', failure.problem)
    for (const end of [...this.#waits]) end(this.#failure)
  }

  #server(id: ServerId): TestCluster['servers'][number] {
    const server = this.#world.server(id)
    if (server !== null) return server
    const names = this.serverIds.join(', ')
    throw new OptionError('id', `must be one of the servers (${names}); it is ${String(id)}`)
  }

  #where(): string {
    return whereabouts(this.seed, this.nowMs)
  }
}

/** True where it holds, and where it throws: then that is what the wait ends with. */
function holds(condition: () => boolean, done: (error: Error | null) => void): boolean {
  try {
    if (!condition()) return false
    done(null)
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)))
  }
  return true
}
