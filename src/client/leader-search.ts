/**
 * Whom to ask. A hint is followed at once, but in one round no server is asked twice, so that hints
 * in circles end; then the others are asked in turn, and after a round of all of them comes a
 * pause. A server that has just failed is left out as long as there are others, and no hint leads
 * back to it.
 */
import type { Random } from '../base/random.ts'
import type { Clock } from '../ports/index.ts'
import { backoff } from './backoff.ts'
import type { ClientOptions } from './options.ts'
import type { ServerLink } from './server-link.ts'
import type { Servers } from './servers.ts'
import { Alarm, type TimerWheel } from './timer-wheel.ts'
import type { Trace } from './trace.ts'

export interface SearchParts {
  readonly servers: Servers
  readonly first: ServerLink
  readonly clock: Clock
  readonly random: Random
  readonly wheel: TimerWheel
  readonly options: ClientOptions
  readonly trace: Trace | null
  /** There is somebody to ask again, or somebody else. */
  readonly moved: () => void
}

/**
 * So many rounds, about a second of them, are close: an election takes some tenths of one, and who
 * has doubled its pauses meanwhile would look too late, by as long as the election took.
 */
const closeRounds = 40
const closeMostMs = 60

export class LeaderSearch {
  readonly #parts: SearchParts
  #target: ServerLink
  /** It has done what only a leader can, or what we want of one, since it became the target. */
  #isConfirmed = false
  #isHinted = false
  readonly #asked = new Set<ServerLink>()
  /** Rounds in a row that found nobody. */
  #rounds = 0
  /** What was said last, for the next round to begin with. */
  #lastHint: ServerLink | null = null
  readonly #pause: Alarm

  constructor(parts: SearchParts) {
    this.#parts = parts
    this.#target = parts.first
    this.#pause = new Alarm(() => this.#beginRound())
  }

  get target(): ServerLink {
    return this.#target
  }

  /** Nobody is to be asked now. */
  get isPaused(): boolean {
    return this.#pause.isSet
  }

  /** It is asked blindly: one request is enough to see whether it leads. */
  get isGuess(): boolean {
    return !this.#isConfirmed && !this.#isHinted
  }

  /** It did what was asked. */
  answered(server: ServerLink): void {
    if (server !== this.#target || this.#isConfirmed) return
    this.#isConfirmed = true
    this.#rounds = 0
    this.#lastHint = null
    this.#asked.clear()
    this.#parts.wheel.unset(this.#pause)
  }

  /** It is not the leader, and thinks that `hint` is. */
  refused(server: ServerLink, hint: ServerLink | null): void {
    if (hint !== null && hint !== server) this.#lastHint = hint
    if (server !== this.#target || this.isPaused) return
    this.#asked.add(server)
    if (hint !== null && this.#mayAsk(hint)) this.#aim(hint, true)
    else this.#advance()
  }

  /** It cannot be reached, or says nothing. */
  failed(server: ServerLink): void {
    if (server !== this.#target || this.isPaused) return
    this.#isConfirmed = false
    // A connection that ended after it had served may be made again at once.
    if (server.retryAt <= this.#parts.clock.now()) this.#isHinted = false
    else {
      this.#asked.add(server)
      this.#advance()
    }
  }

  #mayAsk(server: ServerLink): boolean {
    return !this.#asked.has(server) && server.retryAt <= this.#parts.clock.now()
  }

  #aim(server: ServerLink, isHinted: boolean): void {
    this.#target = server
    this.#isHinted = isHinted
    this.#isConfirmed = false
    const because = isHinted ? 'hint' : 'turn'
    this.#parts.trace?.({ kind: 'target', server: server.address, because })
  }

  #advance(): void {
    const next = this.#nextInTurn()
    if (next !== null) this.#aim(next, false)
    else this.#endRound()
  }

  #nextInTurn(): ServerLink | null {
    const { all } = this.#parts.servers
    const at = all.indexOf(this.#target)
    for (let i = 1; i <= all.length; i++) {
      const server = all[(at + i) % all.length] as ServerLink
      if (this.#mayAsk(server)) return server
    }
    return null
  }

  #endRound(): void {
    const { servers, clock, random, wheel, options, trace } = this.#parts
    this.#isConfirmed = false
    this.#isHinted = false
    this.#rounds += 1
    const firstRetryAt = Math.min(...servers.all.map(({ retryAt }) => retryAt))
    const isClose = this.#rounds <= closeRounds && options.backoffFirstMs <= closeMostMs
    const mostMs = isClose ? Math.min(closeMostMs, options.backoffMostMs) : options.backoffMostMs
    const limits = { firstMs: options.backoffFirstMs, mostMs }
    const now = clock.now()
    const end = Math.max(now + backoff(random, limits, this.#rounds), firstRetryAt)
    trace?.({ kind: 'pause', ms: end - now })
    wheel.set(this.#pause, end)
  }

  #beginRound(): void {
    this.#asked.clear()
    const hint = this.#lastHint
    this.#lastHint = null
    const next = hint !== null && this.#mayAsk(hint) ? hint : this.#nextInTurn()
    if (next === null) {
      this.#endRound()
      return
    }
    this.#aim(next, next === hint)
    this.#parts.moved()
  }
}
