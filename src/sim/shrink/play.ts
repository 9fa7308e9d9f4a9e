/**
 * A play as a list of lines that can be left out: what cannot be done any more, because what it was
 * about is gone, is passed over. So any part of a play is a play, which is what shrinking needs.
 */
import type { ServerId } from '../../raft/index.ts'
import { InvariantError } from '../checkers/index.ts'
import type { Breach } from '../scenario/command.ts'
import { type Observe, underAllInvariants } from '../scenario/observer.ts'
import { parseCommand } from '../scenario/parse-command.ts'
import { Performance } from '../scenario/perform.ts'
import type { Protocol } from '../scenario/protocol.ts'
import { Problem } from '../scenario/scenario-error.ts'

/** In which protocol a play is performed, and the guarantee that is to break; null takes any. */
export interface Sought {
  readonly protocol: Protocol
  readonly invariant: string | null
}

const inRaft: Sought = { protocol: 'raft', invariant: null }

/** The lines that were done, and what broke in the last of them. */
export interface Performed {
  readonly lines: readonly string[]
  readonly breach: Breach | null
}

/** Plays scenarios line by line; stops at the first breach. */
export class Player {
  readonly #ids: Set<ServerId>
  readonly #performance: Performance
  readonly #lines: string[] = []
  readonly #sought: Sought
  #breach: Breach | null = null

  constructor(
    ids: readonly ServerId[],
    observe: Observe = underAllInvariants,
    sought: Sought = inRaft,
  ) {
    this.#ids = new Set()
    this.#performance = new Performance(observe, sought.protocol)
    this.#sought = sought
    this.line(`servers ${ids.join(' ')}`)
    for (const id of ids) this.#ids.add(id)
  }

  get performed(): Performed {
    return { lines: this.#lines, breach: this.#breach }
  }

  /** Does what the line says, if it can be done now. */
  line(text: string): void {
    if (this.#breach !== null) return
    try {
      this.#performance.perform([parseCommand(text, this.#ids)])
    } catch (error) {
      if (error instanceof Problem && error.code !== 'INVARIANT') return
      this.#breach = breachOf(error)
    }
    this.#breach ??= this.#found()
    this.#lines.push(text)
  }

  #found(): Breach | null {
    const { invariant } = this.#sought
    const { breaches } = this.#performance
    return breaches.find((breach) => (invariant ?? breach.invariant) === breach.invariant) ?? null
  }
}

function breachOf(error: unknown): Breach {
  if (error instanceof InvariantError) return { invariant: error.invariant, detail: error.detail }
  const detail = error instanceof Error ? error.message : String(error)
  return { invariant: 'assertion', detail }
}

/** Plays these lines among these servers. */
export function play(
  ids: readonly ServerId[],
  lines: readonly string[],
  observe?: Observe,
  sought?: Sought,
): Performed {
  const player = new Player(ids, observe, sought)
  for (const line of lines) player.line(line)
  return player.performed
}
