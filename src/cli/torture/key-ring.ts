/**
 * The keys that clients use at this moment. A key is left for a new one after so many operations,
 * or so many of unknown outcome: the checker treats each key by itself, and its search grows with
 * what it does not know.
 */
import type { Random } from '../../base/random.ts'
import type { VersionedKvOutput } from '../../linearizability/index.ts'

/**
 * What is done with a key. `register`: everything but increments. `counter`: increments. `tally`:
 * increments by clients that wait until they are answered. `journal`: appends of serial numbers.
 */
export type KeyKind = 'register' | 'counter' | 'tally' | 'journal'

export interface Key {
  readonly name: string
  readonly kind: KeyKind
  operations: number
  unknowns: number
  /** What it held when somebody was last told; guesses for conditions. */
  lastVersion: number
  lastValue: string | null
}

/** Keys of a kind in use at a time: few, so that clients meet on them. */
const inUse: Readonly<Record<KeyKind, number>> = { register: 2, counter: 1, tally: 1, journal: 1 }

/** Makes some hundred keys a minute of them; the checker takes a key of that size in no time. */
const operationsMax = 200

/** Beside those that are under way when it is left: at most one of each client's lanes. */
const unknownsMax = 4

export class KeyRing {
  readonly #inUse: Readonly<Record<KeyKind, Key[]>>
  readonly #all: Key[] = []

  constructor() {
    this.#inUse = { register: [], counter: [], tally: [], journal: [] }
    for (const kind of Object.keys(inUse) as KeyKind[]) {
      for (let i = 0; i < inUse[kind]; i++) this.#inUse[kind].push(this.#newKey(kind))
    }
  }

  /** Every key there has been. */
  get all(): readonly Key[] {
    return this.#all
  }

  /** A key to do one operation with. */
  draw(random: Random, kind: KeyKind): Key {
    const keys = this.#inUse[kind]
    const place = random.integer(0, keys.length - 1)
    let key = keys[place] as Key
    if (key.operations >= operationsMax || key.unknowns >= unknownsMax) {
      key = this.#newKey(kind)
      keys[place] = key
    }
    key.operations += 1
    return key
  }

  #newKey(kind: KeyKind): Key {
    const name = `${kind}-${this.#all.length + 1}`
    const key = { name, kind, operations: 0, unknowns: 0, lastVersion: 0, lastValue: null }
    this.#all.push(key)
    return key
  }
}

/** Remembers what an answer says of the key; `wrote`: the value that it was given, if any. */
export function learn(key: Key, output: VersionedKvOutput, wrote: string | null): void {
  switch (output.kind) {
    case 'value':
      key.lastVersion = output.version ?? 0
      key.lastValue = output.value
      break
    case 'changed':
      key.lastVersion = output.version ?? 0
      if (wrote !== null) key.lastValue = wrote
      break
    case 'deleted':
      key.lastVersion = 0
      key.lastValue = null
      break
    case 'conflict':
      key.lastVersion = output.version ?? 0
      break
  }
}
