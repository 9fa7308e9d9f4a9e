/**
 * ALPO's disk: a log and nothing else. What is given to it is durable after a while, in its order;
 * until then a killed process leaves it to the operating system, which writes it all the same, and
 * a loss of power takes any part of it from the end.
 */
import type { Entry, Save } from '../../alpo/index.ts'
import type { Random } from '../../base/random.ts'

export class AlpoStore {
  #durable: Entry[]
  #pending: Save[] = []

  constructor(entries: readonly Entry[] = []) {
    this.#durable = [...entries]
  }

  /** What a process finds that starts now. */
  get durable(): readonly Entry[] {
    return this.#durable
  }

  /** To be followed by as many calls of {@link sync}. */
  save(save: Save): void {
    this.#pending.push(save)
  }

  /** The oldest save that is under way is durable. */
  sync(): void {
    const save = this.#pending.shift()
    if (save === undefined) return
    if (save.truncateFrom !== null) this.#durable.length = save.truncateFrom - 1
    this.#durable.push(...save.entries)
  }

  killed(): void {
    while (this.#pending.length > 0) this.sync()
  }

  /** Returns how many saves are lost. */
  lostPower(random: Random): number {
    const kept = random.integer(0, this.#pending.length)
    const lost = this.#pending.length - kept
    for (let i = 0; i < kept; i++) this.sync()
    this.#pending = []
    return lost
  }
}
