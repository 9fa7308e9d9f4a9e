/**
 * Every world within a scope, breadth first, so that a breach is reached on a shortest way. Servers
 * are alike, and each lists the others in the same order round the circle; so it is enough to look
 * at the worlds in which server 1 is the first to stand for election.
 */

import { breachIn } from './guarantees.ts'
import type { Scope } from './scope.ts'
import { Visited } from './visited.ts'
import type { Action, Breach, World } from './world.ts'
import { Worlds } from './world.ts'

export interface Exploration {
  /** Distinct worlds that were met. */
  readonly states: number
  /** Transitions that were taken, those that changed nothing included. */
  readonly transitions: number
  /** The most actions that a shortest way to a world takes. */
  readonly depth: number
  /** Distinct states of single servers, and messages, of which the worlds are made. */
  readonly localStates: number
  readonly messages: number
  /** Every world of the scope was met. */
  readonly isExhausted: boolean
  readonly breach: FoundBreach | null
}

export interface FoundBreach extends Breach {
  /** What happens, one line each, on a shortest way to the breach. */
  readonly way: readonly string[]
}

/** Called now and then with the numbers of states and depth so far. */
export type Progress = (states: number, depth: number) => void

export function explore(scope: Scope, progress: Progress = () => {}): Exploration {
  const search = new Search(scope, progress)
  return search.run()
}

interface Frontier {
  readonly numbers: number[]
  readonly worlds: World[]
}

class Search {
  readonly #scope: Scope
  readonly #worlds: Worlds
  readonly #visited = new Visited()
  readonly #progress: Progress
  #transitions = 0
  #depth = 0
  #breach: FoundBreach | null = null

  constructor(scope: Scope, progress: Progress) {
    this.#scope = scope
    this.#worlds = new Worlds(scope)
    this.#progress = progress
  }

  run(): Exploration {
    const initial = this.#worlds.initial()
    this.#visited.add(initial, 0, null)
    let frontier: Frontier = { numbers: [0], worlds: [initial] }
    while (frontier.worlds.length > 0 && this.#breach === null && !this.#isFull()) {
      frontier = this.#expand(frontier)
      if (frontier.worlds.length > 0) this.#depth += 1
    }
    return {
      states: this.#visited.size,
      transitions: this.#transitions,
      depth: this.#depth,
      localStates: this.#worlds.localStates,
      messages: this.#worlds.distinctMessages,
      isExhausted: frontier.worlds.length === 0 && this.#breach === null,
      breach: this.#breach,
    }
  }

  #isFull(): boolean {
    return this.#visited.size >= this.#scope.statesMax
  }

  #expand({ numbers, worlds }: Frontier): Frontier {
    const frontier: Frontier = { numbers: [], worlds: [] }
    for (const [i, world] of worlds.entries()) {
      const from = numbers[i] as number
      for (const action of this.#actions(world, from)) {
        this.#take(world, from, action, frontier)
        if (this.#breach !== null) return frontier
      }
      if (this.#isFull()) break
    }
    return frontier
  }

  /** At the beginning all servers are alike: the first to act is server 1. */
  #actions(world: World, number: number): Action[] {
    const actions = this.#worlds.actions(world)
    return number === 0 ? actions.filter(({ at }) => at === 0) : actions
  }

  #take(world: World, from: number, action: Action, frontier: Frontier): void {
    this.#transitions += 1
    if (this.#transitions % 500_000 === 0) this.#progress(this.#visited.size, this.#depth)
    const next = this.#step(world, from, action)
    if (next === null || next === world) return
    const number = this.#visited.add(next, from, action)
    if (number === null) return
    const breach = breachIn(this.#worlds, world, next)
    if (breach !== null) {
      this.#breach = { ...breach, way: this.#tell(this.#visited.wayTo(number)) }
      return
    }
    frontier.numbers.push(number)
    frontier.worlds.push(next)
  }

  /** An assertion that fails in the core is a breach like any other. */
  #step(world: World, from: number, action: Action): World | null {
    try {
      return this.#worlds.next(world, action)
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      const way = this.#tell([...this.#visited.wayTo(from), action])
      this.#breach = { invariant: 'Assertion of the core', detail, way }
      return null
    }
  }

  #tell(way: readonly Action[]): string[] {
    return way.map(({ at, what }) => {
      const server = this.#worlds.voters[at] as string
      switch (what.kind) {
        case 'receive':
          return `deliver  ${this.#worlds.messageText(what.messageId)}`
        case 'propose':
          return `propose  ${server} "${what.command}"`
        default:
          return `${what.kind}  ${server}`
      }
    })
  }
}
