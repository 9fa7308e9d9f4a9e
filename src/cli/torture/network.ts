/**
 * The links between servers, and between clients and servers, as they are at this moment: what all
 * the breakages in force make of each, asked by the proxies for every piece that passes. A server
 * sends to another on the connections that it makes itself, and hears on those that others make.
 */

/** Who made a connection: a server by its name, or null for a client. */
export type Caller = string | null

export interface LinkState {
  /** Nothing comes through from the caller to the callee. */
  readonly inwardIsCut: boolean
  /** Nothing comes through from the callee to the caller. */
  readonly outwardIsCut: boolean
  /** So long later does everything come, in each direction. */
  readonly delayMs: number
}

const whole: LinkState = { inwardIsCut: false, outwardIsCut: false, delayMs: 0 }

/** What is wrong with a link; null where nothing is. */
export type Breakage = (caller: Caller, callee: string) => Partial<LinkState> | null

export class Network {
  readonly #breakages = new Set<Breakage>()
  readonly #changed: () => void

  /** `changed` is called after every change. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  add(breakage: Breakage): void {
    this.#breakages.add(breakage)
    this.#changed()
  }

  remove(breakage: Breakage): void {
    this.#breakages.delete(breakage)
    this.#changed()
  }

  stateOf(caller: Caller, callee: string): LinkState {
    let state = whole
    for (const breakage of this.#breakages) {
      const found = breakage(caller, callee)
      if (found === null) continue
      state = {
        inwardIsCut: state.inwardIsCut || found.inwardIsCut === true,
        outwardIsCut: state.outwardIsCut || found.outwardIsCut === true,
        delayMs: Math.max(state.delayMs, found.delayMs ?? 0),
      }
    }
    return state
  }
}

const cut: Partial<LinkState> = { inwardIsCut: true, outwardIsCut: true }

/** Nothing passes between servers inside and outside; clients reach both. */
export function partition(inside: ReadonlySet<string>): Breakage {
  return (caller, callee) =>
    caller !== null && inside.has(caller) !== inside.has(callee) ? cut : null
}

/** What other servers send to `server` does not arrive; what it sends does. */
export function deafness(server: string): Breakage {
  return (caller, callee) => (caller !== null && callee === server ? { inwardIsCut: true } : null)
}

/** What `server` sends to the others does not arrive; what they send does. */
export function muteness(server: string): Breakage {
  return (caller) => (caller === server ? { inwardIsCut: true } : null)
}

/** Clients and `server` lose each other. */
export function seclusion(server: string): Breakage {
  return (caller, callee) => (caller === null && callee === server ? cut : null)
}

/** What clients ask `server` arrives, and its answers do not. */
export function unansweredness(server: string): Breakage {
  return (caller, callee) => (caller === null && callee === server ? { outwardIsCut: true } : null)
}

/** Every link. */
export function slowness(delayMs: number): Breakage {
  return () => ({ delayMs })
}
