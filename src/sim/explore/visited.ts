/**
 * Which worlds have been met, and how each was first reached.
 */
import { Fingerprint, Fingerprints } from './fingerprints.ts'
import type { LocalAction } from './local.ts'
import type { Action, World } from './world.ts'

/** No action: how the first world came about. */
const none = 0x7fff_ffff

export class Visited {
  readonly #fingerprints = new Fingerprints()
  readonly #fingerprint = new Fingerprint()
  /** By number of the world, in the order of arrival: from which world, and by which action. */
  readonly #from: number[] = []
  readonly #at: number[] = []
  readonly #what: number[] = []

  get size(): number {
    return this.#fingerprints.size
  }

  /** How likely it is that two worlds that differ were taken for one, at most. */
  get collisionProbability(): number {
    return this.#fingerprints.collisionProbability
  }

  /** The number of the first world. */
  addFirst(world: World): number {
    this.#isNew(world)
    return this.#arrived(0, 0, none)
  }

  /** The world's number if it is new, otherwise null. */
  add(world: World, from: number, at: number, what: LocalAction): number | null {
    return this.#isNew(world) ? this.#arrived(from, at, what) : null
  }

  /** The actions that lead from the first world to this one; a shortest way. */
  wayTo(number: number): Action[] {
    const way: Action[] = []
    let world = number
    for (;;) {
      const what = this.#what[world] as number
      if (what === none) return way.reverse()
      way.push({ at: this.#at[world] as number, what })
      world = this.#from[world] as number
    }
  }

  #arrived(from: number, at: number, what: number): number {
    this.#from.push(from)
    this.#at.push(at)
    this.#what.push(what)
    return this.#from.length - 1
  }

  #isNew(world: World): boolean {
    const print = this.#fingerprint
    print.start()
    print.mix(world.commandsLeft)
    print.mix(world.crashesLeft)
    print.mix(world.heartbeatsLeft)
    for (const server of world.servers) print.mix(server.id)
    print.mix(world.leaders.length)
    for (const { term, server } of world.leaders) {
      print.mix(term)
      print.mix(server.charCodeAt(0))
    }
    print.mix(world.committed.length)
    for (const { term, command } of world.committed) {
      print.mix(term)
      print.mix(command[0] ?? 0)
    }
    for (const message of world.messages) print.mix(message)
    print.end()
    return this.#fingerprints.add(print.high, print.low)
  }
}
