/**
 * Replicas in one small world: a network that delivers at once what is not cut off, and clocks that
 * each go their own way. Time passes when a test says so; everything happens in a fixed order.
 */
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import { Random } from '../../src/base/random.ts'
import type { Clock } from '../../src/ports/index.ts'
import {
  configuration,
  makeConfiguration,
  type RaftOptions,
  type ServerId,
} from '../../src/raft/index.ts'
import {
  type GivenServiceOptions,
  type GivenSnapshotOptions,
  Replica,
  type ReplicaEvents,
} from '../../src/server/index.ts'
import { MemoryStorage } from '../../src/storage/index.ts'
import type { ClientRequestMessage, ClientResponseMessage } from '../../src/wire/index.ts'
import { clientQueryRequest, clientRequest, registerClientRequest } from '../../src/wire/index.ts'
import { NoteMachine } from './note-machine.ts'

/** A clock of its own: it starts anywhere, and runs as fast as it likes. */
export class WildClock implements Clock {
  readonly #world: ReplicaWorld
  #base: number
  #since = 0
  #rate: number
  deadline = Number.POSITIVE_INFINITY
  wake: () => void = () => {}

  constructor(world: ReplicaWorld, start: number, rate: number) {
    this.#world = world
    this.#base = start
    this.#rate = rate
  }

  now(): number {
    return this.#base + (this.#world.now - this.#since) * this.#rate
  }

  /** Leaps, and goes on at another rate. */
  set(ms: number, rate: number = this.#rate): void {
    this.#base = this.now() + ms
    this.#since = this.#world.now
    this.#rate = rate
  }

  /** When the alarm goes off, in the world's time. */
  get rings(): number {
    return this.#world.now + Math.max(0, (this.deadline - this.now()) / this.#rate)
  }

  wakeAt(deadline: number, wake: () => void): void {
    this.deadline = deadline
    this.wake = wake
  }

  soon(callback: () => void): void {
    this.#world.soon(callback)
  }

  cancel(): void {
    this.deadline = Number.POSITIVE_INFINITY
  }
}

export interface Inhabitant {
  readonly id: ServerId
  readonly replica: Replica
  readonly machine: NoteMachine
  readonly clock: WildClock
  readonly storage: MemoryStorage
  readonly events: string[]
  readonly errors: Error[]
}

/** Somebody's request, and the answers to it: one at most, or the test fails. */
export interface Asked {
  response: ClientResponseMessage | null
}

export interface WorldSetup {
  readonly ids?: readonly ServerId[]
  readonly service?: GivenServiceOptions
  readonly raft?: Partial<RaftOptions>
  readonly digestEveryEntries?: number
  /** Left out: nobody takes any. */
  readonly snapshots?: GivenSnapshotOptions
  /** Where each clock starts, and how fast it runs. */
  readonly clocks?: readonly (readonly [start: number, rate: number])[]
}

export class ReplicaWorld {
  now = 0
  readonly all: Inhabitant[] = []
  readonly #setup: WorldSetup
  /** Servers that neither hear nor are heard by other servers. Clients reach everybody. */
  readonly cutOff = new Set<ServerId>()
  /** Servers that hear nothing from other servers, though they are heard. */
  readonly deaf = new Set<ServerId>()
  readonly #soon: (() => void)[] = []
  #requestId = 0

  constructor(setup: WorldSetup = {}) {
    const { ids = ['a', 'b', 'c'], clocks = [] } = setup
    this.#setup = setup
    for (const [place, id] of ids.entries()) {
      const [start, rate] = clocks[place] ?? [0, 1]
      const clock = new WildClock(this, start, rate)
      this.all.push(this.#start(id, clock, new MemoryStorage((callback) => clock.soon(callback))))
    }
  }

  /** Its process ends, and another begins with what the storage holds. */
  restart(old: Inhabitant): Inhabitant {
    old.replica.close()
    old.clock.cancel()
    this.settle()
    const reborn = this.#start(old.id, old.clock, old.storage)
    this.all[this.all.indexOf(old)] = reborn
    return reborn
  }

  #start(id: ServerId, clock: WildClock, storage: MemoryStorage): Inhabitant {
    const { ids = ['a', 'b', 'c'], ...setup } = this.#setup
    const machine = new NoteMachine()
    const events: string[] = []
    const errors: Error[] = []
    const handlers: Partial<ReplicaEvents> = {
      roleChanged: (role, term) => events.push(`${role} of ${term}`),
      leaderChanged: (leaderId, term) => events.push(`leader ${leaderId} of ${term}`),
      applied: (entry, outcome) => events.push(`applied ${entry.index} ${outcome.kind}`),
      restored: ({ lastIndex }) => events.push(`restored ${lastIndex}`),
      stopped: (error) => errors.push(error),
    }
    const addresses = new Map(ids.map((member) => [member, `${member}.example:4001`]))
    const replica = new Replica({
      id,
      configuration: makeConfiguration(configuration(ids).voters, null, [], addresses),
      machine,
      clock,
      storage,
      transport: { send: (to, bytes) => this.#send(id, to, bytes) },
      random: new Random(id),
      raft: { verify: true, ...setup.raft },
      ...(setup.service === undefined ? {} : { service: setup.service }),
      ...(setup.digestEveryEntries === undefined
        ? {}
        : { digestEveryEntries: setup.digestEveryEntries }),
      ...(setup.snapshots === undefined
        ? {}
        : { snapshots: { store: storage.snapshots, options: setup.snapshots } }),
      events: handlers,
    })
    replica.start()
    return { id, replica, machine, clock, storage, events, errors }
  }

  soon(callback: () => void): void {
    this.#soon.push(callback)
  }

  #send(from: ServerId, to: ServerId, bytes: Uint8Array): void {
    if (this.cutOff.has(from)) return
    this.soon(() => {
      if (!this.cutOff.has(to) && !this.deaf.has(to)) this.get(to).replica.receive(bytes, from)
    })
  }

  get(id: ServerId): Inhabitant {
    const found = this.all.find((inhabitant) => inhabitant.id === id)
    if (found === undefined) throw new Error(`nobody is called ${id}`)
    return found
  }

  /** Everything that is to happen without time going on. */
  settle(): void {
    for (let next = this.#soon.shift(); next !== undefined; next = this.#soon.shift()) next()
  }

  /** Lets so many milliseconds pass. */
  run(ms: number): void {
    const end = this.now + ms
    this.settle()
    for (;;) {
      const [first] = this.all
        .map(({ clock }) => clock)
        .filter((clock) => clock.rings <= end)
        .sort((one, other) => one.rings - other.rings)
      if (first === undefined) break
      this.now = Math.max(this.now, first.rings)
      first.cancel()
      first.wake()
      this.settle()
    }
    this.now = end
  }

  /** Lets time pass until it is so, and fails where it does not come to be. */
  runUntil(isSo: () => boolean, what: string, deadlineMs = 10_000): void {
    const end = this.now + deadlineMs
    while (!isSo()) {
      if (this.now >= end) throw new Error(`${what}: not so after ${deadlineMs} ms`)
      this.run(5)
    }
  }

  /** The only leader among those who are not cut off, once its no-op is applied. */
  elect(): Inhabitant {
    const leaders = () =>
      this.all.filter(({ id, replica }) => {
        const { role } = replica.state
        if (this.cutOff.has(id) || replica.isStopped || role.kind !== 'leader') return false
        return replica.lastApplied >= role.firstIndexOfTerm
      })
    this.runUntil(() => leaders().length === 1, 'one leads')
    return leaders()[0] as Inhabitant
  }

  /** The leader, and the others in their order. */
  electAmong(): [leader: Inhabitant, ...others: Inhabitant[]] {
    const leader = this.elect()
    return [leader, ...this.all.filter((other) => other !== leader)]
  }

  nextRequestId(): number {
    this.#requestId += 1
    return this.#requestId
  }

  /** Asks; time does not pass. */
  ask({ replica }: Inhabitant, request: ClientRequestMessage): Asked {
    const asked: Asked = { response: null }
    replica.handleClient(request, (response) => {
      if (asked.response !== null) throw new Error(`answered twice: ${response.kind}`)
      if (response.requestId !== request.requestId) throw new Error('answers something else')
      asked.response = response
    })
    return asked
  }

  register(at: Inhabitant): number {
    const { response } = this.askNow(at, registerClientRequest(this.nextRequestId()))
    if (response?.kind !== 'registerClientResponse' || response.status !== 'ok') {
      throw new Error(`no session: ${response?.status}`)
    }
    return response.clientId
  }

  /** A command of a session; without one where `clientId` is 0. */
  request(
    at: Inhabitant,
    text: string,
    clientId = 0,
    sequenceNum = 0,
    lowestUnanswered: number = Math.min(1, sequenceNum),
  ): Asked {
    const command = utf8Encode(text)
    const id = this.nextRequestId()
    return this.ask(at, clientRequest(id, clientId, sequenceNum, lowestUnanswered, command))
  }

  query(
    at: Inhabitant,
    text = '',
    consistency: 'linearizable' | 'lease' | 'stale' = 'linearizable',
  ): Asked {
    return this.ask(at, clientQueryRequest(this.nextRequestId(), consistency, utf8Encode(text)))
  }

  /** Asks, and lets happen what happens without time going on. */
  askNow(at: Inhabitant, request: ClientRequestMessage): Asked {
    const asked = this.ask(at, request)
    this.settle()
    return asked
  }
}

/** Status, text of the response or the explanation; null where there is no answer. */
export function said({ response }: Asked): string | null {
  if (response === null) return null
  if ('response' in response && response.status === 'ok') {
    return `ok ${utf8Decode(response.response)}`.trimEnd()
  }
  const hint = 'leaderHint' in response ? response.leaderHint : null
  const to = hint === null ? '' : ` -> ${hint.id} ${hint.address}`
  return `${response.status}${response.message === '' ? '' : ` (${response.message})`}${to}`
}
