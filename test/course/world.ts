/**
 * Course servers in one world of our own making: a clock that moves when it is told to, and a
 * network that delivers at once what is not cut off. Everything happens in a fixed order.
 */
import { Random } from '../../src/base/random.ts'
import { type CourseOptions, CourseServer, defaultCourseOptions } from '../../src/course/index.ts'
import type { WarningKind } from '../../src/course/warning.ts'
import type { Clock } from '../../src/ports/index.ts'
import type { ServerId } from '../../src/raft/index.ts'
import { MemoryStorage } from '../../src/storage/index.ts'
import { decodeDatagram, encodeCommand } from '../../src/wire/index.ts'

export interface Sent {
  readonly from: ServerId
  readonly to: ServerId
  readonly bytes: Uint8Array
}

export interface Inhabitant {
  readonly server: CourseServer
  /** The lines of its log file. */
  readonly lines: string[]
  readonly said: string[]
  /** The warnings, save for those of candidacies, which belong to life. */
  readonly warned: WarningKind[]
  readonly errors: Error[]
}

class WorldClock implements Clock {
  readonly #world: World
  deadline = Number.POSITIVE_INFINITY
  wake: () => void = () => {}

  constructor(world: World) {
    this.#world = world
  }

  now(): number {
    return this.#world.now
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

export class World {
  now = 0
  readonly sent: Sent[] = []
  /** What was sent to clients. */
  readonly answers: Sent[] = []
  readonly inhabitants = new Map<ServerId, Inhabitant>()
  /** Servers that hear and are heard by nobody. */
  readonly cutOff = new Set<ServerId>()
  readonly #soon: (() => void)[] = []
  readonly #clocks: WorldClock[] = []

  clock(): WorldClock {
    const clock = new WorldClock(this)
    this.#clocks.push(clock)
    return clock
  }

  soon(callback: () => void): void {
    this.#soon.push(callback)
  }

  /** Adds a server that starts for the first time; the others of `servers` may be mere names. */
  add(
    id: ServerId,
    servers: readonly ServerId[],
    options: Partial<CourseOptions> = {},
  ): Inhabitant {
    const clock = this.clock()
    const lines: string[] = []
    const said: string[] = []
    const warned: WarningKind[] = []
    const errors: Error[] = []
    const server = new CourseServer({
      id,
      servers,
      options: { ...defaultCourseOptions, ...options },
      random: new Random(id),
      clock,
      pacer: this.clock(),
      storage: new MemoryStorage((callback) => clock.soon(callback)),
      transport: { send: (to, bytes) => this.#send(id, to, bytes) },
      sendToClient: (client, bytes) => this.answers.push({ from: id, to: client, bytes }),
      logFile: { line: (text) => lines.push(text) },
      say: (text) => said.push(text),
      warn: (kind, text) => (kind === 'candidacy' ? said.push(text) : warned.push(kind)),
      fatal: (error) => errors.push(error),
    })
    const inhabitant = { server, lines, said, warned, errors }
    this.inhabitants.set(id, inhabitant)
    server.start()
    return inhabitant
  }

  #send(from: ServerId, to: ServerId, bytes: Uint8Array): void {
    this.sent.push({ from, to, bytes })
    if (this.cutOff.has(from)) return
    this.soon(() => {
      if (!this.cutOff.has(to)) this.inhabitants.get(to)?.server.receive(bytes, from)
    })
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
      const [first] = this.#clocks
        .filter(({ deadline }) => deadline <= end)
        .sort((one, other) => one.deadline - other.deadline)
      if (first === undefined) break
      this.now = Math.max(this.now, first.deadline)
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

  /** The one server that leads and is not Failed. */
  leader(): Inhabitant {
    const leaders = [...this.inhabitants.values()].filter(
      ({ server }) => !server.isFailed && server.state.role.kind === 'leader',
    )
    leaders.sort((one, other) => other.server.state.currentTerm - one.server.state.currentTerm)
    const [leader] = leaders
    if (leader === undefined) throw new Error('nobody leads')
    return leader
  }

  /** Lets time pass until one leads and every running server that is not cut off knows it. */
  elect(): Inhabitant {
    this.runUntil(() => {
      const running = [...this.inhabitants.values()].filter(
        ({ server }) => !server.isFailed && !this.cutOff.has(server.id),
      )
      const leaders = new Set(running.map(({ server }) => server.leaderId))
      const leads = ({ server }: Inhabitant): boolean => server.state.role.kind === 'leader'
      return leaders.size === 1 && running.some(leads)
    }, 'everybody follows one leader')
    return this.leader()
  }
}

/** A client's datagram. */
export function commandDatagram(command: string, hops = 0): Uint8Array {
  return encodeCommand(new TextEncoder().encode(command), hops)
}

export const three: readonly ServerId[] = ['a:1', 'b:2', 'c:3']

/** Three servers of which one leads. */
export function threeServers(): { world: World; leader: Inhabitant; followers: Inhabitant[] } {
  const world = new World()
  for (const id of three) world.add(id, three)
  const leader = world.elect()
  const followers = [...world.inhabitants.values()].filter((one) => one !== leader)
  return { world, leader, followers }
}

/** The commands among the datagrams, with where they went. */
export function commandsIn(
  sent: readonly Sent[],
): { from: ServerId; to: ServerId; text: string; hops: number }[] {
  return sent.flatMap(({ from, to, bytes }) => {
    const decoded = decodeDatagram(bytes, from, to)
    if (decoded.kind !== 'command') return []
    return [{ from, to, text: new TextDecoder().decode(decoded.command), hops: decoded.hops }]
  })
}

export function commandsOf(inhabitant: Inhabitant): string[] {
  return inhabitant.lines.map((line) => line.split(',')[2] as string)
}
