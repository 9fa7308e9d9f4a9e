/**
 * ALPO's world: the queue of events, the network and the clocks of Raft's, disks that hold a log,
 * and clients. It stops at the first guarantee that breaks.
 */
import type { Entry, Message, ServerId } from '../../alpo/index.ts'
import { utf8Encode } from '../../base/bytes.ts'
import { Random } from '../../base/random.ts'
import type { Milliseconds } from '../../raft/index.ts'
import { EventQueue, type Target } from '../event-queue.ts'
import type { Breach } from '../scenario/command.ts'
import { SimNetwork } from '../sim-network.ts'
import type { RunOptions } from '../swarm.ts'
import { AlpoCheckers } from './checkers.ts'
import { AlpoMachine } from './machine.ts'
import { AlpoTrace } from './trace.ts'

/** Told of occasions to strike. */
export interface Director {
  becameLeader(machine: AlpoMachine): void
  accepted(machine: AlpoMachine): void
}

export class AlpoWorld implements Target {
  readonly options: RunOptions
  readonly timeouts: {
    readonly electionTimeoutMinMs: Milliseconds
    readonly electionTimeoutMaxMs: Milliseconds
    readonly heartbeatIntervalMs: Milliseconds
  }
  readonly random: Random
  readonly queue: EventQueue = new EventQueue()
  readonly serverIds: readonly ServerId[]
  readonly servers: readonly AlpoMachine[]
  readonly network: SimNetwork<Message>
  readonly checkers: AlpoCheckers
  readonly trace: AlpoTrace
  director: Director | null = null
  /** The first guarantee that broke, and when. */
  breach: (Breach & { readonly atMs: Milliseconds }) | null = null
  leader: AlpoMachine | null = null
  restarts = 0
  elections = 0
  proposals = 0
  events = 0
  readonly #places: ReadonlyMap<ServerId, number>

  constructor(
    seed: number,
    draw: (random: Random) => RunOptions,
    sink: ((line: string) => void) | null,
  ) {
    this.random = new Random(seed)
    this.options = draw(this.random.fork('options'))
    const { servers, network, raft } = this.options
    const { electionTimeoutMinMs = 150, electionTimeoutMaxMs = 300 } = raft
    const { heartbeatIntervalMs = 50 } = raft
    this.timeouts = { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs }
    this.serverIds = Array.from({ length: servers }, (_, place) => `s${place + 1}`)
    this.#places = new Map(this.serverIds.map((id, place) => [id, place]))
    this.trace = new AlpoTrace(() => this.queue.time, sink)
    this.network = new SimNetwork<Message>(
      servers,
      network,
      this.random.fork('network'),
      servers,
      (to, message, delayMs) => this.servers[to]?.deliver(message, delayMs),
    )
    this.servers = this.serverIds.map(
      (id, place) => new AlpoMachine(this, id, place, this.random.fork(id)),
    )
    this.checkers = new AlpoCheckers(this.servers, ({ invariant, detail }) =>
      this.fail(invariant, detail),
    )
  }

  get now(): Milliseconds {
    return this.queue.time
  }

  /** Lets everything happen that is due by then, unless a guarantee breaks. */
  run(until: Milliseconds): void {
    const { queue } = this
    while (this.breach === null && queue.nextTime <= until) {
      queue.next()
      this.events += 1
      ;(queue.target as Target).happen(queue.what, queue.payload)
    }
    if (this.breach === null) queue.time = until
  }

  /** An action of the world's own. */
  happen(_what: number, payload: unknown): void {
    ;(payload as () => void)()
  }

  later(delayMs: Milliseconds, action: () => void): void {
    this.queue.push(this.now + delayMs, this, 0, action)
  }

  fail(invariant: string, detail: string): void {
    if (this.breach !== null) return
    this.breach = { invariant, detail, atMs: this.now }
    this.trace.say(-1, `${invariant} is broken: ${detail}`)
  }

  /** A command that no other is equal to. */
  propose(machine: AlpoMachine): void {
    this.proposals += 1
    machine.propose(this.proposals, utf8Encode(`c${this.proposals}`))
  }

  send(from: AlpoMachine, message: Message): void {
    this.checkers.sent(message)
    const to = this.#places.get(message.to) as number
    const fate = this.network.send(from.place, to, message)
    this.trace.message(from.place, message, `→${message.to}`, fate === 'sent' ? '' : ` [${fate}]`)
  }

  applied({ id, place }: AlpoMachine, entry: Entry): void {
    this.checkers.applied(id, entry)
    this.trace.say(place, `commits ${entry.id}@${entry.term}`)
  }

  led(machine: AlpoMachine): void {
    this.elections += 1
    this.leader = machine
    this.director?.becameLeader(machine)
  }

  accepted(machine: AlpoMachine): void {
    this.director?.accepted(machine)
  }
}
