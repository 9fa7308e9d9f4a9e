/**
 * A play as a list of lines that can be left out: what cannot be done any more, because what it was
 * about is gone, is passed over. So any part of a play is a play, which is what shrinking needs.
 */
import type { ServerId } from '../../raft/index.ts'
import { InvariantError } from '../checkers/index.ts'
import { type Observe, underAllInvariants } from '../scenario/observer.ts'
import { parseCommand } from '../scenario/parse-command.ts'
import { Performance } from '../scenario/perform.ts'
import { Problem } from '../scenario/scenario-error.ts'

/** Which guarantee broke, and what was seen. */
export interface Breach {
  readonly invariant: string
  readonly detail: string
}

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
  #breach: Breach | null = null

  constructor(ids: readonly ServerId[], observe: Observe = underAllInvariants) {
    this.#ids = new Set()
    this.#performance = new Performance(observe)
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
    this.#lines.push(text)
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
): Performed {
  const player = new Player(ids, observe)
  for (const line of lines) player.line(line)
  return player.performed
}
