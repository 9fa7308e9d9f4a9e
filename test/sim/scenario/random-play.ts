/**
 * Writes a play at random: commands are tried one by one on a cluster, those that cannot be done
 * are left out, and at the end everything heals and must agree. Used to show that a text of
 * commands says everything that happened, and to look for histories that nobody thought of.
 */
import { Random } from '../../../src/base/random.ts'
import { underAllInvariants } from '../../../src/sim/scenario/observer.ts'
import { parseCommand } from '../../../src/sim/scenario/parse-command.ts'
import { Performance } from '../../../src/sim/scenario/perform.ts'
import { Problem } from '../../../src/sim/scenario/scenario-error.ts'

export interface RandomPlay {
  readonly text: string
  /** What broke while it was written, which must not be; null is as it should be. */
  readonly failure: unknown
}

/** What happens, and how often as compared with the rest. */
const verbs: readonly (readonly [weight: number, verb: (dice: Dice) => string])[] = [
  [120, (dice) => `deliver ${dice.message()}`],
  [60, (dice) => `deliver ${dice.link()}`],
  [90, (dice) => `deliver to ${dice.server()}`],
  [15, (dice) => `drop ${dice.message()}`],
  [3, (dice) => `timeout ${dice.server()}`],
  [25, (dice) => `heartbeat ${dice.server()}`],
  [0.3, (dice) => `quorum-check ${dice.server()}`],
  [0.5, (dice) => `wait ${dice.server()} ${dice.random.integer(1, 200)}ms`],
  [25, (dice) => `propose ${dice.server()} "${dice.command()}"`],
  [
    2,
    (dice) => `propose ${dice.server()} "${dice.command()}" of ${dice.random.integer(1, 90)} bytes`,
  ],
  [0.7, (dice) => `crash ${dice.server()} keeping ${dice.random.integer(0, 2)}`],
  [6, (dice) => `restart ${dice.server()}`],
  [0.5, (dice) => `suspend ${dice.server()}`],
  [6, (dice) => `resume ${dice.server()}`],
  [1, (dice) => `disk ${dice.server()} holds`],
  [3, (dice) => `disk ${dice.server()} saves`],
  [0.1, (dice) => `disk ${dice.server()} fails`],
  [40, (dice) => `save ${dice.server()}`],
  [1, (dice) => `cut ${dice.link()}`],
  [1, (dice) => `partition ${dice.server()}`],
  [4, () => 'heal'],
  [3, (dice) => `hold ${dice.message()}`],
  [3, () => 'release'],
]

/** Repeats messages, which deceives the credit for answers that cannot be told apart. */
const repeat = [15, (dice: Dice) => `repeat ${dice.message()}`] as const

/** Whoever speaks Listing 1 alone could never be sent one. */
const snapshot = [6, (dice: Dice) => `snapshot ${dice.server()}`] as const

class Dice {
  readonly random: Random
  readonly #ids: readonly string[]
  #commands = 0

  constructor(random: Random, ids: readonly string[]) {
    this.random = random
    this.#ids = ids
  }

  server(): string {
    return this.random.pick(this.#ids)
  }

  link(): string {
    const from = this.server()
    const to = this.random.pick(this.#ids.filter((id) => id !== from))
    return `${from}→${to}`
  }

  message(): string {
    // Mostly the oldest, sometimes one that overtakes.
    return `${this.link()} #${this.random.chance(0.75) ? 1 : this.random.integer(2, 4)}`
  }

  command(): string {
    this.#commands += 1
    return `c${this.#commands}`
  }
}

export function writePlay(seed: number, steps: number): RandomPlay {
  const random = new Random(`random play ${seed}`)
  const ids = ['1', '2', '3', '4', '5', '6'].slice(0, random.integer(2, 6))
  const isForeign = random.chance(0.25)
  const dice = new Dice(random, ids)
  const writer = new Writer(ids)
  writer.try(`servers ${ids.join(' ')}`)
  writer.try(`seed "${seed}"`)
  if (isForeign) writer.try(`foreign ${ids[0]}`)
  writer.try(`options ${options(random)}`)
  const choices = isForeign ? verbs : [...verbs, repeat, snapshot]
  for (let step = 0; step < steps && writer.failure === null; step++) {
    const command = pick(random, choices)(dice)
    const isTogether = random.chance(0.05)
    writer.try(isTogether ? `${command} and ${pick(random, choices)(dice)}` : command)
  }
  converge(writer, ids)
  return writer.play
}

function options(random: Random): string {
  return [
    `appendEntriesBytesMax=${random.pick([1, 60, 100, 65536])}`,
    `inflightMessagesMax=${random.pick([1, 2, 64])}`,
    `uncommittedBytesMax=${random.pick([100, 65536])}`,
    `applyEntriesMax=${random.pick([1, 4096])}`,
    `trailingEntriesMax=${random.pick([0, 2, 10_000])}`,
    `snapshotChunkBytesMax=${random.pick([3, 20, 65536])}`,
  ].join(' ')
}

function pick(
  random: Random,
  choices: readonly (readonly [number, (dice: Dice) => string])[],
): (dice: Dice) => string {
  const total = choices.reduce((sum, [weight]) => sum + weight, 0)
  let at = random.between(0, total)
  for (const [weight, verb] of choices) {
    at -= weight
    if (at < 0) return verb
  }
  return choices[0]?.[1] as (dice: Dice) => string
}

/** Everything heals. Within a bounded number of elections one leader must have everybody's log. */
function converge(writer: Writer, ids: readonly string[]): void {
  for (const command of ['heal', 'release', 'disk all saves']) writer.try(command)
  for (const id of ids) {
    writer.try(`restart ${id}`)
    writer.try(`resume ${id}`)
  }
  writer.try('deliver')
  // In the worst case every server stands once in vain before one with the best log does.
  const elections = [...ids, ...ids]
  for (const id of elections) {
    if (writer.try(`timeout ${id}`)) writer.try('deliver')
  }
  for (const id of ids) {
    for (let i = 0; i < 12; i++) if (writer.try(`heartbeat ${id}`)) writer.try('deliver')
  }
  writer.require('expect logs equal')
  writer.require('expect quiet')
}

class Writer {
  #performance = new Performance(underAllInvariants)
  readonly #servers: ReadonlySet<string>
  readonly #lines: string[] = []
  failure: unknown = null

  constructor(ids: readonly string[]) {
    this.#servers = new Set(ids)
  }

  get play(): RandomPlay {
    const output = this.#performance.takeOutput()
    const text = `${['# Written at random.', ...this.#lines, '----', ...output].join('\n')}\n`
    return { text, failure: this.failure }
  }

  /** Does the line if it can be done, and then writes it down. */
  try(line: string): boolean {
    if (this.failure !== null) return false
    try {
      this.#perform(line)
    } catch (error) {
      if (error instanceof Problem && error.code === 'IMPOSSIBLE') {
        // Of two commands in one turn the first may have been done.
        if (line.includes(' and ')) this.#again()
        return false
      }
      this.failure = error
    }
    this.#lines.push(line)
    return this.failure === null
  }

  require(line: string): void {
    if (!this.try(line) && this.failure === null) this.failure = new Error(`impossible: ${line}`)
  }

  #again(): void {
    this.#performance = new Performance(underAllInvariants)
    for (const line of this.#lines) this.#perform(line)
  }

  #perform(line: string): void {
    const servers = line.startsWith('servers') ? new Set<string>() : this.#servers
    this.#performance.perform(line.split(' and ').map((part) => parseCommand(part, servers)))
  }
}
