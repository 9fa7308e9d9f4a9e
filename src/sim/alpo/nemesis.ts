/**
 * What goes wrong in ALPO's world, and when: the kinds of Raft's simulator that do not concern the
 * bytes on a disk, at the pace and for the time that the seed has drawn.
 */
import { assert } from '../../base/assert.ts'
import type { Random } from '../../base/random.ts'
import type { Milliseconds } from '../../raft/index.ts'
import { type FaultKind, strikes } from '../faults.ts'
import { strikeNetwork } from '../network-strikes.ts'
import type { CrashKind } from '../sim-disk.ts'
import type { AlpoMachine } from './machine.ts'
import type { AlpoWorld, Director } from './world.ts'

/** The kinds that there are here. */
export const alpoFaults: readonly FaultKind[] = [
  'loss',
  'repeats',
  'detours',
  'partitions',
  'oneWayCuts',
  'linkCuts',
  'bridges',
  'clogs',
  'kills',
  'powerFailures',
  'blackouts',
  'pauses',
  'clockDrift',
  'clockJumps',
  'ambushes',
]

/** Those by which a process ends, and with it what ALPO does not save. */
export const endings: readonly FaultKind[] = ['kills', 'powerFailures', 'blackouts']

export class AlpoNemesis implements Director {
  readonly world: AlpoWorld
  readonly random: Random
  #isOver = false

  constructor(world: AlpoWorld) {
    this.world = world
    this.random = world.random.fork('nemesis')
    world.director = this
  }

  /** Begins; every kind strikes first after a while. */
  begin(): void {
    for (const kind of this.world.options.faults) {
      if (strikes(kind)) this.#expect(kind)
    }
  }

  /** Strikes no more, and puts nothing right. */
  stop(): void {
    this.#isOver = true
  }

  later(delayMs: Milliseconds, action: () => void): void {
    this.world.later(delayMs, () => {
      if (!this.#isOver) action()
    })
  }

  note(_kind: FaultKind, server: number, what: string): void {
    this.world.trace.say(server, what)
  }

  /** Any server, and one time in three the one that was last heard to lead. */
  victim(): AlpoMachine {
    const { leader, servers } = this.world
    return leader !== null && this.random.chance(1 / 3) ? leader : this.random.pick(servers)
  }

  becameLeader(machine: AlpoMachine): void {
    this.#ambush(machine)
  }

  accepted(machine: AlpoMachine): void {
    this.#ambush(machine)
  }

  #expect(kind: FaultKind): void {
    const { everyMs, forMs } = this.world.options.strikes[kind]
    this.later(this.#around(everyMs), () => {
      this.#strike(kind, this.#around(forMs))
      this.#expect(kind)
    })
  }

  #around(meanMs: Milliseconds): Milliseconds {
    return -meanMs * Math.log(1 - this.random.float())
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
      case 'kills':
        this.#crash(this.victim(), 'kill')
        break
      case 'powerFailures':
        this.#crash(this.victim(), 'power')
        break
      case 'blackouts':
        for (const machine of this.world.servers) this.#crash(machine, 'power')
        break
      case 'pauses':
        this.#pause(this.victim(), forMs)
        break
      case 'clockJumps':
        this.victim().clock.jump(forMs)
        break
      default:
        assert(!alpoFaults.includes(kind), `${kind} is a kind that strikes here`)
    }
  }

  #crash(machine: AlpoMachine, how: CrashKind): void {
    if (!machine.isUp) return
    machine.crash(how)
    this.later(this.#around(this.world.options.downMs), () => {
      if (!machine.isUp) machine.start()
    })
  }

  #pause(machine: AlpoMachine, forMs: Milliseconds): void {
    if (!machine.isActive) return
    const { lives } = machine
    machine.pause()
    this.later(forMs, () => {
      if (machine.lives === lives) machine.unpause()
    })
  }

  /** Strikes a leader at the moment when it has something to lose. */
  #ambush(machine: AlpoMachine): void {
    const { random } = this
    const { options, timeouts } = this.world
    if (options.ambushChance === 0 || !random.chance(options.ambushChance)) return
    const delayMs = random.float() ** 3 * timeouts.electionTimeoutMinMs
    const forMs = this.#around(2 * options.downMs)
    const mayEnd = options.faults.some((kind) => endings.includes(kind))
    const ways = mayEnd
      ? (['kill', 'power', 'pause', 'cut', 'cut'] as const)
      : (['pause', 'cut', 'cut'] as const)
    const how = random.pick(ways)
    this.later(delayMs, () => {
      if (how === 'pause') this.#pause(machine, forMs)
      else if (how === 'cut') strikeNetwork(this, 'ambushes', forMs, machine)
      else this.#crash(machine, how)
    })
  }
}
