/**
 * Which worlds have been met, and how each was first reached. The whole of a world is its key, so
 * that two that differ are never taken for one: an exhausted scope is exhausted.
 */
import type { Action, World } from './world.ts'

/** How a world was first reached. */
interface Arrival {
  readonly from: number
  readonly action: Action | null
}

export class Visited {
  readonly #keys = new Set<string>()
  /** By number of the world, in the order of arrival. */
  readonly #from: number[] = []
  readonly #actions: (Action | null)[] = []

  get size(): number {
    return this.#keys.size
  }

  /** The world's number if it is new, otherwise null. */
  add(world: World, from: number, action: Action | null): number | null {
    const before = this.#keys.size
    this.#keys.add(keyOf(world))
    if (this.#keys.size === before) return null
    this.#from.push(from)
    this.#actions.push(action)
    return before
  }

  /** The actions that lead from the first world to this one; a shortest way. */
  wayTo(number: number): Action[] {
    const way: Action[] = []
    for (let at = this.#arrival(number); at.action !== null; at = this.#arrival(at.from)) {
      way.push(at.action)
    }
    return way.reverse()
  }

  #arrival(number: number): Arrival {
    return { from: this.#from[number] ?? 0, action: this.#actions[number] ?? null }
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
  for (const message of world.messages) codes.push(message & 0xffff, message >>> 16)
  return String.fromCharCode(...codes)
}
