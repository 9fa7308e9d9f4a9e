/**
 * Looks for a play that breaks a guarantee: commands drawn at random, over the same driver and core
 * as everywhere, where every message, save and timeout waits for a line that says so. A failure of
 * the big world has a million events; what it comes down to is mostly a play of a dozen lines.
 */
import { Random } from '../../base/random.ts'
import type { ServerId } from '../../raft/index.ts'
import type { Observe } from '../scenario/observer.ts'
import type { Protocol } from '../scenario/protocol.ts'
import { Player } from './play.ts'
import type { Broken } from './shrink.ts'
import { shrink } from './shrink.ts'

export interface HuntOptions {
  readonly servers: number
  /** Servers among them that speak the course's Listing 1 alone. */
  readonly foreign: number
  /** Plays to try at most, and lines in each. */
  readonly playsMax: number
  readonly linesMax: number
  /** The guarantee that is to break; null takes any. */
  readonly invariant: string | null
  readonly observe?: Observe
  readonly protocol: Protocol
}

export const defaultHunt: HuntOptions = {
  servers: 3,
  foreign: 0,
  playsMax: 3000,
  linesMax: 400,
  invariant: null,
  protocol: 'raft',
}

/** The first play that breaks what it should, made as short as it will go; null where none does. */
export function hunt(seed: number, options: HuntOptions): Broken | null {
  const ids = Array.from({ length: options.servers }, (_, i) => String(i + 1))
  const random = new Random(`${seed}/plays`)
  for (let i = 0; i < options.playsMax; i++) {
    const performed = draw(random, ids, options)
    if (performed.breach === null) continue
    if (options.invariant !== null && performed.breach.invariant !== options.invariant) continue
    return shrink({ ids, performed }, options.observe, options)
  }
  return null
}

/** What happens, and how often as compared with the rest. */
interface Verb {
  readonly weight: number
  readonly line: (dice: Dice) => string
}

const restart: Verb = { weight: 6, line: (dice) => `restart ${dice.server()}` }

const verbs: readonly Verb[] = [
  { weight: 40, line: (dice) => `deliver ${dice.link()} #1` },
  { weight: 10, line: (dice) => `deliver ${dice.link()} last` },
  { weight: 12, line: (dice) => `deliver ${dice.link()}` },
  { weight: 12, line: (dice) => `deliver to ${dice.server()}` },
  { weight: 8, line: (dice) => `drop ${dice.link()}` },
  { weight: 6, line: (dice) => `timeout ${dice.server()}` },
  { weight: 10, line: (dice) => `heartbeat ${dice.server()}` },
  { weight: 12, line: (dice) => `propose ${dice.server()} "${dice.command()}"` },
  { weight: 2, line: (dice) => `crash ${dice.server()}` },
  restart,
  { weight: 1, line: (dice) => `disk ${dice.server()} holds` },
  { weight: 1, line: (dice) => `disk ${dice.server()} saves` },
  { weight: 6, line: (dice) => `save ${dice.server()}` },
]

/** Repeats deceive the credit for answers that cannot be told apart; see legacy-credit.ts. */
const repeat: Verb = { weight: 8, line: (dice) => `repeat ${dice.link()} #1` }

function draw(random: Random, ids: readonly ServerId[], options: HuntOptions): Player['performed'] {
  const player = new Player(ids, options.observe, options)
  if (options.foreign > 0) player.line(`foreign ${ids.slice(-options.foreign).join(' ')}`)
  // An entry a message, and one message at a time, show what larger ones hide.
  if (random.chance(0.5)) player.line('options appendEntriesBytesMax=1')
  if (random.chance(0.3)) player.line('options inflightMessagesMax=1')
  const dice = new Dice(random, ids)
  const known = options.foreign > 0 ? verbs : [...verbs, repeat]
  // Whoever restarts in ALPO forgets his vote, and nothing else would ever be the first to break.
  const mayRestart = options.protocol !== 'alpo' || random.chance(0.5)
  const all = mayRestart ? known : known.filter((verb) => verb !== restart)
  const weights = all.map(({ weight }) => (random.chance(0.15) ? 0 : weight * random.float()))
  const lines = random.integer(20, options.linesMax)
  for (let i = 0; i < lines && player.performed.breach === null; i++) {
    const verb = all[pickWeighted(random, weights)]
    if (verb !== undefined) player.line(verb.line(dice))
  }
  return player.performed
}

function pickWeighted(random: Random, weights: readonly number[]): number {
  let left = random.float() * weights.reduce((sum, weight) => sum + weight, 0)
  return weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
}

class Dice {
  readonly #random: Random
  readonly #ids: readonly ServerId[]
  #commands = 0

  constructor(random: Random, ids: readonly ServerId[]) {
    this.#random = random
    this.#ids = ids
  }

  server(): ServerId {
    return this.#random.pick(this.#ids)
  }

  link(): string {
    const from = this.server()
    return `${from}→${this.#random.pick(this.#ids.filter((id) => id !== from))}`
  }

  command(): string {
    this.#commands += 1
    return `c${this.#commands}`
  }
}
