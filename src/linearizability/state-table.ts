/** The states that a search has met, as small numbers: equal states have equal numbers. */
import type { ConfigurationCache } from './configuration-cache.ts'

/**
 * What a state and the text of its key cost, in bytes; an estimate, charged to the cache's budget.
 */
const bytesPerState = 128
const bytesPerCharacter = 2

export class StateTable<State> {
  readonly #keyOf: (state: State) => unknown
  readonly #cache: ConfigurationCache
  readonly #states: State[]
  readonly #numbers: Map<unknown, number>

  constructor(keyOf: (state: State) => unknown, cache: ConfigurationCache) {
    this.#keyOf = keyOf
    this.#cache = cache
    this.#states = []
    this.#numbers = new Map()
  }

  numberOf(state: State): number {
    const key = this.#keyOf(state)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const text = typeof key === 'string' ? key.length * bytesPerCharacter : 0
    this.#cache.charge(bytesPerState + text)
    this.#states.push(state)
    this.#numbers.set(key, this.#states.length - 1)
    return this.#states.length - 1
  }

  state(number: number): State {
    return this.#states[number] as State
  }
}
