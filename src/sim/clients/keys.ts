/**
 * The keys that clients share, each used in one of three ways, and what is asked of them next. A
 * key whose history becomes hard to check is left for a new one: every operation of which nobody
 * knows whether it happened doubles the orders that are possible.
 */
import type { Random } from '../../base/random.ts'
import type { WriteInput } from './operation.ts'

const uses = ['register', 'counter', 'text'] as const

export interface Key {
  readonly name: string
  readonly use: (typeof uses)[number]
  asked: number
  unknown: number
}

/** What one client has seen of a key last. */
export interface Sight {
  readonly value: string | null
  readonly version: number
}

/** Operations on one key. */
const askedMax = 100
/** Of them, those whose outcome nobody knows. */
const unknownMax = 5

export class Keys {
  readonly #random: Random
  readonly #keys: Key[]
  #made = 0

  constructor(count: number, random: Random) {
    this.#random = random
    this.#keys = Array.from({ length: count }, () => this.#make())
  }

  pick(): Key {
    const place = this.#random.integer(0, this.#keys.length - 1)
    let key = this.#keys[place] as Key
    if (key.asked >= askedMax || key.unknown >= unknownMax) {
      key = this.#make()
      this.#keys[place] = key
    }
    key.asked += 1
    return key
  }

  #make(): Key {
    this.#made += 1
    const use = this.#random.pick(uses)
    return { name: `${use}${this.#made}`, use, asked: 0, unknown: 0 }
  }
}

/** A write of this serial number; `seen`: what its client believes of the key. */
export function drawWrite(
  random: Random,
  { name: key, use }: Key,
  serial: number,
  seen: Sight | null,
  paddingMax: number,
): WriteInput {
  if (random.chance(0.05)) return { kind: 'delete', key, expectedVersion: null }
  if (use === 'counter') return { kind: 'increment', key, by: random.integer(1, 3) }
  const value = `${serial},${'.'.repeat(padding(random, paddingMax))}`
  if (use === 'text') return { kind: 'append', key, value: `${serial},` }
  if (seen !== null && random.chance(0.4)) {
    return { kind: 'cas', key, from: seen.value, to: value }
  }
  const expectedVersion = seen !== null && random.chance(0.4) ? seen.version : null
  if (random.chance(0.1)) return { kind: 'delete', key, expectedVersion }
  return { kind: 'put', key, value, expectedVersion }
}

/** Now and then a command that is too large, to be refused. */
function padding(random: Random, paddingMax: number): number {
  return random.chance(0.002) ? 5000 : random.integer(0, paddingMax)
}
