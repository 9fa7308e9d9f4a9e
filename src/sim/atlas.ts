/**
 * The fault atlas: what may be done to whom, so that every run could still have gone well. All the
 * rules are here.
 *
 * 1. Crashes, pauses, clocks, the network, failing, slow, hung and full disks, and the loss and
 *    tearing of what was not synced may strike every server, and all of them at once. Raft promises
 *    nothing about progress then, and everything about safety.
 * 2. Whatever makes a disk forget what it has acknowledged (a lost disk, a lying one, a bit that
 *    flips) breaks the premise of stable storage (Figure 3.1). It strikes the frail servers only, a
 *    minority that is drawn before the run, so that of everything one good copy survives.
 * 3. A server that has forgotten may not come back under its name, or it could vote twice. So a
 *    lost disk stays down; and a damaged one comes back only if its storage finds nothing wrong
 *    with it and it holds all that it had acknowledged; or, where bits have flipped and nothing
 *    else, if its storage finds that and begins anew, to be filled by the others. Otherwise it is
 *    doomed: down for good. With an empty directory, under another incarnation, it may come: it
 *    counts for nobody.
 * 4. When everything is to be healed, the quorum that is healed is drawn from the servers that have
 *    never been damaged (healthy-core.ts).
 * 5. Where the configuration changes, only founders are frail, and nobody asks for a group of
 *    voters of which a majority is.
 */
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'

export class Atlas {
  readonly #frail: Set<number>
  readonly #damaged = new Set<number>()
  readonly #liars = new Set<number>()

  /** `founders`: how many of the servers vote from the beginning; they are the first. */
  constructor(founders: number, random: Random) {
    const majority = Math.floor(founders / 2) + 1
    const places = Array.from({ length: founders }, (_, place) => place)
    const frailMax = founders - majority
    this.#frail = new Set(random.shuffle(places).slice(0, random.integer(0, frailMax)))
  }

  /** Servers whose disks may forget. */
  get frail(): readonly number[] {
    return [...this.#frail].sort((a, b) => a - b)
  }

  /** The disk of `place` is about to forget something, or to say what is not true. */
  damage(place: number): void {
    assert(this.#frail.has(place), 'only frail servers are damaged')
    this.#damaged.add(place)
  }

  isDamaged(place: number): boolean {
    return this.#damaged.has(place)
  }

  /** The disk of `place` is about to lie: what it says of anything cannot be relied on. */
  lies(place: number): void {
    this.#liars.add(place)
  }

  mayBeRefilled(place: number): boolean {
    return this.#damaged.has(place) && !this.#liars.has(place)
  }
}
