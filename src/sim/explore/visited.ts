/**
 * Which worlds have been met, and how each was first reached. The whole of a world is its key, so
 * that two that differ are never taken for one: an exhausted scope is exhausted.
 */
import type { LocalAction } from './local.ts'
import type { Action, World } from './world.ts'

/** No action: how the first world came about. */
const none = 0x7fff_ffff

export class Visited {
  readonly #keys = new Set<string>()
  /** By number of the world, in the order of arrival: from which world, and by which action. */
  readonly #from: number[] = []
  readonly #at: number[] = []
  readonly #what: number[] = []

  get size(): number {
    return this.#keys.size
  }

  /** The number of the first world. */
  addFirst(world: World): number {
    this.#keys.add(keyOf(world))
    return this.#arrived(0, 0, none)
  }

  /** The world's number if it is new, otherwise null. */
  add(world: World, from: number, at: number, what: LocalAction): number | null {
    const before = this.#keys.size
    this.#keys.add(keyOf(world))
    return this.#keys.size === before ? null : this.#arrived(from, at, what)
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
}

/** Numbers below 65,536 as one character each; the counts in a world stay far below that. */
function keyOf(world: World): string {
  const codes = [world.commandsLeft, world.crashesLeft, world.heartbeatsLeft]
  for (const server of world.servers) codes.push(server.id & 0xffff, server.id >>> 16)
  codes.push(world.leaders.length)
  for (const { term, server } of world.leaders) codes.push(term, server.charCodeAt(0))
  codes.push(world.committed.length)
  for (const { term, command } of world.committed) codes.push(term, command[0] ?? 0)
  for (const message of world.messages) codes.push(message)
  return String.fromCharCode(...codes)
}
