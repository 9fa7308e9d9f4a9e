/**
 * What a command can do with messages that are on their way: deliver, lose, repeat, hold back. The
 * network keeps them; what a server does with one that it is given is the cluster's affair.
 */
import type { Message, ServerId } from '../../raft/index.ts'
import { isEverything, type Selector } from './command.ts'
import type { Carried, Datagram, ManualNetwork } from './manual-network.ts'
import { impossible } from './scenario-error.ts'
import type { Transcript } from './transcript.ts'

/** Rounds after which a network is taken never to become quiet. */
const roundsMax = 10_000

export class Delivery<M extends Carried = Message> {
  /** Nothing comes of a delivery before the turn ends, so that a second round has to wait. */
  isOneRound = false
  readonly #network: ManualNetwork<M>
  readonly #transcript: Transcript<M>
  readonly #ids: readonly ServerId[]
  readonly #receive: (datagram: Datagram<M>) => void
  #delivered: Datagram<M>[] = []
  #rounds = 0

  constructor(
    network: ManualNetwork<M>,
    transcript: Transcript<M>,
    ids: readonly ServerId[],
    receive: (datagram: Datagram<M>) => void,
  ) {
    this.#network = network
    this.#transcript = transcript
    this.#ids = ids
    this.#receive = receive
  }

  /** Since the last {@link countAnew}; so is {@link rounds}. */
  get delivered(): readonly Datagram<M>[] {
    return this.#delivered
  }

  get rounds(): number {
    return this.#rounds
  }

  countAnew(): void {
    this.#delivered = []
    this.#rounds = 0
  }

  /** A round is what is on its way when it begins, each message in a turn of its own. */
  deliver(which: Selector, rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      const due = this.#due(which, round === 0)
      if (due.length === 0) return
      if (round === roundsMax) throw impossible(`the network is not quiet after ${round} rounds`)
      this.#rounds += 1
      for (const datagram of due) {
        this.#network.remove(datagram)
        this.#delivered.push(datagram)
        this.#receive(datagram)
      }
      if (this.isOneRound) return
    }
  }

  drop(which: Selector): void {
    for (const datagram of this.#network.select(which)) {
      this.#network.remove(datagram)
      this.#transcript.message(datagram.message, 'lost')
    }
  }

  /** A second copy goes on its way, or waits to be called for by its name. */
  repeat(which: Selector, name: string | null): void {
    for (const datagram of this.#network.select(which)) {
      this.#network.repeat(datagram, name)
      const remark = name === null ? 'repeated' : `repeated as "${name}"`
      this.#transcript.message(datagram.message, remark)
    }
  }

  hold(which: Selector, name: string | null): void {
    for (const datagram of this.#network.select(which)) {
      this.#network.hold(datagram, name)
      this.#transcript.message(datagram.message, name === null ? 'held' : `held as "${name}"`)
    }
  }

  /** Messages and links that were held are delivered again like any other. */
  release(which: Selector): void {
    if (which.name !== null) this.#network.select(which)
    else this.#network.releaseLinks(which.links, this.#ids)
    this.#network.release(which)
  }

  #due(which: Selector, isFirst: boolean): readonly Datagram<M>[] {
    const selected = isFirst ? this.#network.select(which) : this.#network.matching(which)
    const due = selected.filter(({ from, to }) => !this.#network.isCut(from, to))
    if (isFirst && selected.length > 0 && due.length === 0 && !isEverything(which)) {
      throw impossible('what is on its way there is on a link that is cut')
    }
    return due
  }
}
