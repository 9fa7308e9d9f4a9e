/**
 * What the answers of a history give away about the places of commands in a log. An answered append
 * names its index, and a read names the first commands outright; a linearization that puts another
 * command there, or that command elsewhere, leads nowhere. Without this, a dozen appends that were
 * never answered would have to be tried in every order before a contradiction is met.
 */
import { HistoryError, type Operation } from '../history.ts'
import type { CommandIndexes, CommandLogInput, CommandLogOutput } from './command-log.ts'

export class CommandPlaces {
  /** The place of a command, 1 for the first, where some answer tells it. */
  readonly #placeOf: Map<string, number>
  readonly #commandAt: Map<number, string>
  /** Commands of unanswered appends that no read lists. */
  readonly #unseen: Set<string>
  readonly #isUnseenNeedless: boolean

  /** Throws {@link HistoryError} `COMMAND_NOT_UNIQUE` where two appends have one command. */
  constructor(
    operations: readonly Operation<CommandLogInput, CommandLogOutput>[],
    indexes: CommandIndexes,
  ) {
    this.#placeOf = new Map()
    this.#commandAt = new Map()
    this.#unseen = unansweredCommands(operations)
    let hasDigest = false
    for (const { input, output } of operations) {
      if (output === undefined) continue
      if (input.kind === 'append') {
        if (output.kind === 'index' && indexes === 'dense') this.#learn(input.command, output.index)
      } else if (output.kind === 'all' || output.kind === 'prefix') {
        for (const [i, command] of output.commands.entries()) {
          this.#unseen.delete(command)
          this.#learn(command, i + 1)
        }
      } else if (output.kind === 'digest') hasDigest = true
    }
    // What a digest covers cannot be told; every unanswered command may be in it.
    if (hasDigest) this.#unseen.clear()
    // With dense indexes an unseen command may be needed to fill a place between others.
    this.#isUnseenNeedless = indexes === 'growing'
  }

  /** True where no answer says anything of this unanswered command: one such is like another. */
  isUnseen(command: string): boolean {
    return this.#unseen.has(command)
  }

  /** True where it makes no difference whether this unanswered command was ever appended. */
  isNeedless(command: string): boolean {
    return this.#isUnseenNeedless && this.#unseen.has(command)
  }

  /** False where the answers say that this command is elsewhere, or this place another's. */
  allows(command: string, place: number): boolean {
    const knownPlace = this.#placeOf.get(command)
    if (knownPlace !== undefined) return knownPlace === place
    return !this.#commandAt.has(place)
  }

  #learn(command: string, place: number): void {
    // Of two answers that contradict each other any may be believed: no order satisfies both.
    this.#placeOf.set(command, place)
    this.#commandAt.set(place, command)
  }
}

function unansweredCommands(
  operations: readonly Operation<CommandLogInput, CommandLogOutput>[],
): Set<string> {
  const all = new Set<string>()
  const unansweredOnes = new Set<string>()
  for (const { input, output } of operations) {
    if (input.kind !== 'append') continue
    if (all.has(input.command)) {
      const message = `two appends have the command ${JSON.stringify(input.command)}`
      throw new HistoryError('COMMAND_NOT_UNIQUE', message)
    }
    all.add(input.command)
    if (output === undefined) unansweredOnes.add(input.command)
  }
  return unansweredOnes
}
