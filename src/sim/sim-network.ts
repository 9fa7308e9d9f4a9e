/**
 * The network between the servers: it delays, loses, repeats and reorders as its options say, and
 * single links of it can be cut or clogged. A cut link loses what is sent while it is cut; a
 * clogged one holds it back. Messages are never changed: that much the port promises; and never
 * looked into, so that they can be of any protocol.
 */
import type { Random } from '../base/random.ts'
import type { Message, Milliseconds } from '../raft/index.ts'

export interface NetworkOptions {
  readonly delay: 'even' | 'exponential' | 'twoWays'
  readonly delayMinMs: Milliseconds
  /** Above the minimum. */
  readonly delayMeanMs: Milliseconds
  readonly lossChance: number
  /** That a message is repeated; each copy takes its own time. */
  readonly repeatChance: number
  /** That a message takes a detour of up to `detourMaxMs`, and is overtaken on it. */
  readonly detourChance: number
  readonly detourMaxMs: Milliseconds
  /** See short-requests.ts. */
  readonly shortChance: number
}

/** A link from one server to another, by their places in the list of servers. */
export interface Link {
  readonly from: number
  readonly to: number
}

/** What becomes of a message, for whoever keeps the books. */
export type Fate = 'sent' | 'lost' | 'cut' | 'held'

/** Has `message` arrive at server `to` after a delay. */
export type Deliver<M> = (to: number, message: M, delayMs: Milliseconds) => void

export class SimNetwork<M = Message> {
  readonly #options: NetworkOptions
  readonly #random: Random
  readonly #deliver: Deliver<M>
  readonly #servers: number
  /** How many cuts there are at a link, and how many clogs. */
  readonly #cuts: Uint16Array
  readonly #clogs: Uint16Array
  readonly #held: M[][]
  /** Links that are good for ever: nothing is lost, repeated or late there. */
  readonly #calm: Uint8Array
  /**
   * Servers from this place on speak Listing 1 alone. To and from them nothing is repeated: their
   * answers cannot be told apart, and a repeated one deceives any rule (legacy-credit.ts).
   */
  readonly #firstForeign: number
  repeated = 0
  detours = 0

  constructor(
    servers: number,
    options: NetworkOptions,
    random: Random,
    firstForeign: number,
    deliver: Deliver<M>,
  ) {
    this.#servers = servers
    this.#options = options
    this.#random = random
    this.#deliver = deliver
    const links = servers * servers
    this.#cuts = new Uint16Array(links)
    this.#clogs = new Uint16Array(links)
    this.#calm = new Uint8Array(links)
    this.#firstForeign = firstForeign
    this.#held = Array.from({ length: links }, () => [])
  }

  send(from: number, to: number, message: M): Fate {
    const link = from * this.#servers + to
    if (this.#cuts[link] !== 0) return 'cut'
    if (this.#calm[link] !== 0) {
      this.#deliver(to, message, this.#calmDelay())
      return 'sent'
    }
    const random = this.#random
    const { lossChance, repeatChance } = this.#options
    if (lossChance > 0 && random.chance(lossChance)) return 'lost'
    if (this.#clogs[link] !== 0) {
      this.#held[link]?.push(message)
      return 'held'
    }
    this.#deliver(to, message, this.#delay())
    const mayRepeat = from < this.#firstForeign && to < this.#firstForeign
    if (repeatChance > 0 && mayRepeat && random.chance(repeatChance)) {
      this.repeated += 1
      this.#deliver(to, message, this.#delay())
    }
    return 'sent'
  }

  isCalm(from: number, to: number): boolean {
    return this.#calm[from * this.#servers + to] !== 0
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts[from * this.#servers + to] !== 0
  }

  cut(links: readonly Link[]): void {
    for (const link of links) this.#add(this.#cuts, link, 1)
  }

  mend(links: readonly Link[]): void {
    for (const link of links) this.#add(this.#cuts, link, -1)
  }

  clog(links: readonly Link[]): void {
    for (const link of links) this.#add(this.#clogs, link, 1)
  }

  /** What was held back arrives, each message in its own time. */
  unclog(links: readonly Link[]): void {
    for (const link of links) {
      if (this.#add(this.#clogs, link, -1) > 0) continue
      const held = this.#held[link.from * this.#servers + link.to]
      if (held === undefined) continue
      for (const message of held.splice(0)) this.#deliver(link.to, message, this.#delay())
    }
  }

  /** From now on these links are good, whatever was wrong with them. */
  calm(links: readonly Link[]): void {
    for (const { from, to } of links) {
      const link = from * this.#servers + to
      this.#calm[link] = 1
      this.#cuts[link] = 0
      this.#clogs[link] = 0
      for (const message of this.#held[link]?.splice(0) ?? []) {
        this.#deliver(to, message, this.#calmDelay())
      }
    }
  }

  #add(counts: Uint16Array, { from, to }: Link, change: number): number {
    const link = from * this.#servers + to
    if (this.#calm[link] !== 0) return 0
    const count = (counts[link] as number) + change
    counts[link] = count
    return count
  }

  #calmDelay(): Milliseconds {
    return this.#random.between(0.1, 2)
  }

  #delay(): Milliseconds {
    const random = this.#random
    const { delay, delayMinMs, delayMeanMs, detourChance, detourMaxMs } = this.#options
    let ms = delayMinMs
    if (delay === 'exponential') ms -= delayMeanMs * Math.log(1 - random.float())
    else if (delay === 'even') ms += random.float() * 2 * delayMeanMs
    // Two ways: a short one, and for one message in ten a long one.
    else ms += random.float() * delayMeanMs * (random.chance(0.1) ? 11 : 0.9)
    if (detourChance > 0 && random.chance(detourChance)) {
      this.detours += 1
      ms += random.float() * detourMaxMs
    }
    return ms
  }
}
