/**
 * What goes wrong, and when: each kind of fault that strikes does so at random times, for a random
 * while, within the bounds of the atlas. Once stopped, it strikes no more, and puts nothing right.
 */
import { unreachable } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { Milliseconds } from '../raft/index.ts'
import { strikeClients } from './client-strikes.ts'
import type { Director } from './director.ts'
import { strikeDisk } from './disk-strikes.ts'
import { strikeData } from './emptied-strikes.ts'
import { type FaultKind, strikes } from './faults.ts'
import { strikeMembership, strikeTransfer } from './membership-strikes.ts'
import { strikeNetwork } from './network-strikes.ts'
import type { CrashKind } from './sim-disk.ts'
import type { SimServer } from './sim-server.ts'
import type { World } from './world.ts'

export class Nemesis implements Director {
  readonly world: World
  readonly random: Random
  readonly #counts = new Map<FaultKind, number>()
  #isOver = false

  constructor(world: World) {
    this.world = world
    this.random = world.random.fork('nemesis')
    world.director = this
  }

  /** How often each kind has struck. */
  count(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Begins; every kind strikes first after a while. */
  begin(): void {
    for (const kind of this.world.options.faults) {
      if (strikes(kind)) this.#expect(kind)
    }
  }

  stop(): void {
    this.#isOver = true
  }

  /** It happens, unless it is over by then. */
  later(delayMs: Milliseconds, action: () => void): void {
    this.world.later(delayMs, () => {
      if (!this.#isOver) action()
    })
  }

  /** A while of this mean. */
  around(meanMs: Milliseconds): Milliseconds {
    return -meanMs * Math.log(1 - this.random.float())
  }

  /** Any server, and one time in three the one that was last heard to lead. */
  victim(): SimServer {
    const { leader, servers } = this.world
    return leader !== null && this.random.chance(1 / 3) ? leader : this.random.pick(servers)
  }

  note(kind: FaultKind, server: number, what: string): void {
    this.#counts.set(kind, this.count(kind) + 1)
    this.world.trace.add('fault', server, what, null)
  }

  wentDown(server: SimServer): void {
    this.startLater(server)
  }

  becameLeader(): void {
    this.#ambush(this.world.leader)
  }

  accepted(server: SimServer): void {
    this.#ambush(server)
  }

  #expect(kind: FaultKind): void {
    const { everyMs } = this.world.options.strikes[kind]
    this.later(this.around(everyMs), () => {
      this.#strike(kind, this.around(this.world.options.strikes[kind].forMs))
      this.#expect(kind)
    })
  }

  #strike(kind: FaultKind, forMs: Milliseconds): void {
    switch (kind) {
      case 'partitions':
      case 'oneWayCuts':
      case 'linkCuts':
      case 'bridges':
      case 'clogs':
        strikeNetwork(this, kind, forMs)
        break
      case 'slowDisks':
      case 'hungDisks':
      case 'failingDisks':
      case 'fullDisks':
      case 'lyingDisks':
      case 'bitFlips':
      case 'lostDisks':
        strikeDisk(this, kind, forMs)
        break
      case 'emptiedDisks':
        strikeData(this)
        break
      case 'churn':
        strikeMembership(this)
        break
      case 'transfers':
        strikeTransfer(this)
        break
      case 'resets':
      case 'clientCuts':
        strikeClients(this, kind, forMs)
        break
      case 'kills':
        this.crash(this.victim(), 'kill', kind)
        break
      case 'powerFailures':
        this.crash(this.victim(), 'power', kind)
        break
      case 'blackouts':
        for (const server of this.world.servers) this.crash(server, 'power', kind)
        break
      case 'pauses':
        this.pause(this.victim(), forMs, kind)
        break
      case 'clockJumps': {
        const server = this.victim()
        this.note(kind, server.place, `its clock jumps by ${forMs.toFixed(0)} ms`)
        server.clock.jump(forMs)
        break
      }
      case 'loss':
      case 'repeats':
      case 'detours':
      case 'shortRequests':
      case 'clockDrift':
      case 'tornWrites':
      case 'interruptedStarts':
      case 'ambushes':
        break
      default:
        unreachable(kind)
    }
  }

  crash(server: SimServer, how: CrashKind, kind: FaultKind): void {
    if (server.life === null) return
    this.note(kind, server.place, 'is struck')
    server.crash(how)
    this.startLater(server)
  }

  pause(server: SimServer, forMs: Milliseconds, kind: FaultKind): void {
    if (!server.isActive) return
    this.note(kind, server.place, `is paused for ${forMs.toFixed(0)} ms`)
    server.pause()
    const { life } = server
    this.later(forMs, () => {
      if (server.life === life) server.unpause()
    })
  }

  /** Somebody sees to it that its process is started. */
  startLater(server: SimServer): void {
    if (server.isDoomed) return
    this.later(this.around(this.world.options.downMs), () => this.#start(server))
  }

  #start(server: SimServer): void {
    if (server.life !== null || server.isDoomed) return
    const isInterrupted =
      this.world.options.faults.includes('interruptedStarts') && this.random.chance(0.3)
    if (isInterrupted) server.disk.operationsToLive = this.random.integer(1, 3)
    const outcome = server.start()
    server.disk.operationsToLive = Number.POSITIVE_INFINITY
    if (outcome === 'started' || outcome === 'doomed') return
    if (outcome === 'ended') {
      this.note('interruptedStarts', server.place, 'its process ends in the middle of its start')
      server.crash(this.random.pick(['kill', 'power']))
    }
    this.startLater(server)
  }

  /** Strikes a leader, or cuts it off, at the moment when it has something to lose. */
  #ambush(server: SimServer | null): void {
    const { options, random } = { options: this.world.options, random: this.random }
    if (options.ambushChance === 0 || !random.chance(options.ambushChance)) return
    const { electionTimeoutMinMs } = options.raft
    const delayMs = random.float() ** 3 * (electionTimeoutMinMs ?? 0)
    const victim = random.chance(0.8) && server !== null ? server : this.victim()
    const forMs = this.around(2 * options.downMs)
    const how = random.pick(['kill', 'power', 'pause', 'cut', 'cut'] as const)
    this.later(delayMs, () => {
      if (how === 'pause') this.pause(victim, forMs, 'ambushes')
      else if (how === 'cut') strikeNetwork(this, 'ambushes', forMs, victim)
      else this.crash(victim, how, 'ambushes')
    })
  }
}
