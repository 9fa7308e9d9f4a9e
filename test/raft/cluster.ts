/**
 * Several benches and what is on its way between them. Nothing happens by itself: a test delivers,
 * loses and repeats messages, wakes servers, lets disks finish and crashes servers, and Figure
 * 3.2's properties are checked after each of these.
 */
import { assert } from '../../src/base/assert.ts'
import { emptyConfiguration, type Message } from '../../src/raft/index.ts'
import { FigureProperties } from './figure-3-2.ts'
import { Bench, type BenchSetup, voterNames, writeTo } from './harness.ts'

export class Cluster {
  readonly #benches = new Map<string, Bench>()
  readonly #setup: BenchSetup
  readonly #down = new Set<string>()
  readonly properties = new FigureProperties()
  /** Sent and not delivered, oldest first. */
  network: Message[] = []
  #incarnation = 0

  /**
   * `logs`: what the disks hold at first, as terms; one for each server. `joining` start with
   * nothing, and wait to be told who takes part.
   */
  constructor(
    logs: readonly (readonly number[])[],
    setup: BenchSetup = {},
    joining: readonly string[] = [],
  ) {
    this.#setup = setup
    const voters = voterNames(logs.length)
    for (const [i, id] of voters.entries()) {
      const log = logs[i] as readonly number[]
      this.#benches.set(id, new Bench({ ...setup, id, voters, log, seed: `${setup.seed} ${id}` }))
    }
    for (const id of joining) {
      const configuration = emptyConfiguration
      this.#benches.set(id, new Bench({ ...setup, id, configuration, seed: `${setup.seed} ${id}` }))
    }
  }

  get servers(): Bench[] {
    return [...this.#benches.values()]
  }

  server(id: string): Bench {
    const bench = this.#benches.get(id)
    assert(bench !== undefined, `${id} is a server`)
    return bench
  }

  /** The one leader of the highest term that has one. */
  get leader(): Bench {
    const leaders = this.servers.filter(({ state }) => state.role.kind === 'leader')
    leaders.sort((a, b) => b.state.currentTerm - a.state.currentTerm)
    assert(leaders[0] !== undefined, 'there is a leader')
    return leaders[0]
  }

  /** Does something at one server, collects what it sends, and checks. */
  at(id: string, action: (server: Bench) => void): this {
    const server = this.server(id)
    action(server)
    this.network.push(...server.sent)
    server.sent = []
    this.properties.check(this.servers)
    return this
  }

  deliver(message: Message): this {
    if (this.#down.has(message.to)) return this
    return this.at(message.to, (server) => server.receive(message))
  }

  /**
   * Delivers until nothing is on its way. Messages between servers that are not in one of the
   * `groups` together are lost; by default all can talk to all.
   */
  settle(...groups: readonly (readonly string[])[]): this {
    const linked = ({ from, to }: Message) =>
      groups.length === 0 || groups.some((group) => group.includes(from) && group.includes(to))
    for (let message = this.network.shift(); message; message = this.network.shift()) {
      if (linked(message)) this.deliver(message)
    }
    return this
  }

  /**
   * An election of `id`, heard only by `group` (by all by default), in `term` (its next by
   * default); it must win. Elections on the way to that term are heard by nobody.
   */
  elect(id: string, group: readonly string[] = [...this.#benches.keys()], term?: number): this {
    const inTerm = term ?? this.server(id).state.currentTerm + 1
    while (this.server(id).state.currentTerm < inTerm) {
      const before = [...this.network]
      this.at(id, (server) => server.timeOut())
      if (this.server(id).state.currentTerm < inTerm) this.network = before
    }
    while (this.server(id).state.role.kind !== 'leader') {
      const message = this.network.shift()
      assert(message !== undefined, `${id} wins the election`)
      if (group.includes(message.from) && group.includes(message.to)) this.deliver(message)
    }
    return this
  }

  /** A crash: what is not durable is lost; the first `durable` of the pending saves got there. */
  crash(id: string, durable = 0): this {
    const server = this.server(id)
    for (const save of server.saves.slice(0, durable)) writeTo(server.disk, save)
    this.#down.add(id)
    return this
  }

  restart(id: string): this {
    this.#incarnation += 1
    const seed = `${this.#setup.seed} ${id} again ${this.#incarnation}`
    this.#benches.set(id, this.server(id).restarted({ ...this.#setup, seed }))
    this.#down.delete(id)
    return this
  }
}
