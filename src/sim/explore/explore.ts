/**
 * Every world within a scope, breadth first, so that a breach is reached on a shortest way. Servers
 * are alike, and each lists the others in the same order round the circle; so it is enough to look
 * at the worlds in which server 1 is the first to stand for election.
 */

import { breachIn } from './guarantees.ts'
import { commandOf, crashAction, heartbeatAction, proposeAction, timeoutAction } from './local.ts'
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
  /** How likely it is that one was missed, because it had another's fingerprint; at most. */
  readonly missProbability: number
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
  #depth = 0
  #breach: FoundBreach | null = null

  constructor(scope: Scope, progress: Progress) {
    this.#scope = scope
    this.#worlds = new Worlds(scope)
    this.#progress = progress
  }

  run(): Exploration {
    const initial = this.#worlds.initial()
    let frontier: Frontier = { numbers: [this.#visited.addFirst(initial)], worlds: [initial] }
    while (frontier.worlds.length > 0 && this.#breach === null && !this.#isFull()) {
      frontier = this.#expand(frontier)
      if (frontier.worlds.length > 0) this.#depth += 1
    }
    return {
      states: this.#visited.size,
      transitions: this.#worlds.transitions,
      depth: this.#depth,
      localStates: this.#worlds.localStates,
      messages: this.#worlds.messages.size,
      isExhausted: frontier.worlds.length === 0 && this.#breach === null,
      missProbability: this.#visited.collisionProbability,
      breach: this.#breach,
    }
  }

  #isFull(): boolean {
    return this.#visited.size >= this.#scope.statesMax
  }

  #expand({ numbers, worlds }: Frontier): Frontier {
    const frontier: Frontier = { numbers: [], worlds: [] }
    for (const [i, world] of worlds.entries()) {
      if (i % 10_000 === 0) this.#progress(this.#visited.size, this.#depth)
      const from = numbers[i] as number
      // At the beginning all servers are alike: the first to act is server 1.
      const actors = from === 0 ? 1 : world.servers.length
      for (let at = 0; at < actors; at++) this.#act(world, from, at, frontier)
      if (this.#breach !== null || this.#isFull()) return frontier
    }
    return frontier
  }

  #act(world: World, from: number, at: number, frontier: Frontier): void {
    try {
      this.#worlds.successors(world, at, (_, what, next) => {
        const number = this.#visited.add(next, from, at, what)
        if (number === null) return
        frontier.numbers.push(number)
        frontier.worlds.push(next)
        const breach = this.#breach ?? breachIn(this.#worlds, world, next)
        if (breach === null || this.#breach !== null) return
        this.#breach = { ...breach, way: this.#tell(this.#visited.wayTo(number)) }
      })
    } catch (error) {
      // An assertion that fails in the core is a breach like any other; what failed is the action
      // that comes after the last that was recorded.
      const detail = error instanceof Error ? error.message : String(error)
      const way = this.#tell(this.#visited.wayTo(from))
      way.push(`then something at server ${this.#worlds.voters[at]}`)
      this.#breach ??= { invariant: 'Assertion of the core', detail, way }
    }
  }

  #tell(way: readonly Action[]): string[] {
    return way.map(({ at, what }) => {
      const server = this.#worlds.voters[at] as string
      if (what === timeoutAction) return `timeout  ${server}`
      if (what === heartbeatAction) return `heartbeat  ${server}`
      if (what === crashAction) return `crash and restart  ${server}`
      if (what <= proposeAction) return `propose  ${server} "${commandOf(what)}"`
      return `deliver  ${this.#worlds.messages.text(what)}`
    })
  }
}
