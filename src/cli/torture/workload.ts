/**
 * What clients ask for: operations drawn one by one, each change with a serial number that no other
 * has, so that what becomes of it can be told apart from everything else.
 */
import type { Random } from '../../base/random.ts'
import type { VersionedKvInput } from '../../linearizability/index.ts'
import type { Temper } from './client.ts'
import type { Key, KeyKind, KeyRing } from './key-ring.ts'

export interface Drawn {
  readonly key: Key
  readonly input: VersionedKvInput
}

/** Of the operations of a client that also makes changes. */
const readShare = 0.25

/** What ends a serial number in a journal. */
export const serialEnd = ';'

export class Workload {
  readonly #ring: KeyRing
  #serials = 0

  constructor(ring: KeyRing) {
    this.#ring = ring
  }

  draw(random: Random, temper: Temper): Drawn {
    const key = this.#ring.draw(random, drawKind(random, temper))
    const isGet = temper === 'reader' || random.chance(readShare)
    const input = isGet ? ({ kind: 'get', key: key.name } as const) : this.#drawChange(random, key)
    return { key, input }
  }

  #drawChange(random: Random, key: Key): VersionedKvInput {
    const { name } = key
    switch (key.kind) {
      case 'counter':
      case 'tally':
        return { kind: 'increment', key: name, by: 1 }
      case 'journal':
        return { kind: 'append', key: name, value: this.#serial() }
      case 'register':
        return this.#drawRegisterChange(random, key)
    }
  }

  #drawRegisterChange(
    random: Random,
    { name: key, lastVersion, lastValue }: Key,
  ): VersionedKvInput {
    const expectedVersion = random.chance(0.5) ? lastVersion : null
    switch (random.pick(['put', 'put', 'cas', 'cas', 'append', 'delete'] as const)) {
      case 'put':
        return { kind: 'put', key, value: this.#serial(), expectedVersion }
      case 'cas':
        return { kind: 'cas', key, from: lastValue, to: this.#serial() }
      case 'append':
        return { kind: 'append', key, value: this.#serial() }
      case 'delete':
        return { kind: 'delete', key, expectedVersion }
    }
  }

  #serial(): string {
    this.#serials += 1
    return `${this.#serials}${serialEnd}`
  }
}

/** Only patient clients change a tally: in the end it must be exactly what they were told. */
function drawKind(random: Random, temper: Temper): KeyKind {
  const kind = random.pick(['register', 'register', 'counter', 'journal'] as const)
  if (kind !== 'counter' || temper === 'hasty') return kind
  return temper === 'patient' ? 'tally' : random.pick(['counter', 'tally'])
}

/** The value that an operation gives its key, where that is known beforehand. */
export function valueWritten(input: VersionedKvInput): string | null {
  if (input.kind === 'put') return input.value
  return input.kind === 'cas' ? input.to : null
}
