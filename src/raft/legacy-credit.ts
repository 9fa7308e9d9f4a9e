/**
 * What a bare `Success` proves (the course's Listing 1 has no index in it, and other
 * implementations do not echo our request id). Here is the rule and its proof; nothing else.
 *
 * Let D be the AppendEntries datagrams that this leader has sent to one peer in its term, and let
 * cover(d) = prevLogIndex + number of entries be what a success answer to d would prove: that the
 * peer's log agrees with the leader's through cover(d). Suppose m success answers of this term
 * have arrived, and that each datagram is answered at most once. Then m distinct datagrams were
 * answered with success, though we cannot tell which. Were all of them covering less than the m-th
 * smallest cover of D, there would be m datagrams among at most m - 1: impossible. So at least one
 * covers as much, and the peer's log agrees at least through the m-th smallest cover. Nothing more
 * is certain: they may have been exactly the m smallest.
 *
 * Lost answers only make m smaller, late ones are counted when they come, the order never matters,
 * and answers from other terms carry another term and are not counted. A network that duplicates
 * an answer can deceive this rule; Listing 1 leaves no means against that. Our own servers echo
 * the request id and are never credited by this rule.
 *
 * It stays live under loss: the datagrams that cover less than the leader's last index are finitely
 * many once the leader stops appending, and each further answered datagram adds one to m, so that
 * m outgrows them. The leader therefore keeps sending until the credit has arrived.
 */
import { assert } from '../base/assert.ts'
import type { LogIndex } from './types.ts'

/** Distinct covers that are told apart; past it two neighbours are counted as the lower one. */
const coversMax = 4096

export class LegacyCredit {
  /** Ascending covers above `#certain`, and how many datagrams had each. */
  readonly #covers: LogIndex[] = []
  readonly #counts: number[] = []
  /** Datagrams whose cover is at most `#certain`. */
  #countBelow = 0
  #sent = 0
  #successes = 0
  #certain: LogIndex = 0

  /** The peer's log certainly agrees with the leader's through here. Never decreases. */
  get certain(): LogIndex {
    return this.#certain
  }

  /** An AppendEntries that covers through `cover` goes to the peer. */
  sent(cover: LogIndex): void {
    this.#sent += 1
    if (cover <= this.#certain) {
      this.#countBelow += 1
      return
    }
    const at = this.#placeOf(cover)
    if (this.#covers[at] === cover) {
      this.#counts[at] = (this.#counts[at] as number) + 1
    } else {
      this.#covers.splice(at, 0, cover)
      this.#counts.splice(at, 0, 1)
      if (this.#covers.length > coversMax) this.#mergeLowestGap()
    }
  }

  /** A success answer of this term has arrived; returns what is certain now. */
  succeeded(): LogIndex {
    // More successes than datagrams: some were repeated, and a surplus would be credited to what is
    // sent later.
    if (this.#successes === this.#sent) return this.#certain
    this.#successes += 1
    while (this.#successes > this.#countBelow && this.#covers.length > 0) {
      this.#certain = this.#covers.shift() as LogIndex
      this.#countBelow += this.#counts.shift() as number
    }
    return this.#certain
  }

  /** The place of `cover`, or where it belongs. Covers mostly grow, so it looks from the end. */
  #placeOf(cover: LogIndex): number {
    let at = this.#covers.length
    while (at > 0 && (this.#covers[at - 1] as LogIndex) >= cover) at -= 1
    return at
  }

  /** Counting a datagram as covering less than it did can only lower the m-th smallest. */
  #mergeLowestGap(): void {
    let best = 1
    for (let i = 2; i < this.#covers.length; i++) if (this.#gap(i) < this.#gap(best)) best = i
    this.#counts[best - 1] = (this.#counts[best - 1] as number) + (this.#counts[best] as number)
    this.#covers.splice(best, 1)
    this.#counts.splice(best, 1)
    assert(this.#covers.length === this.#counts.length, 'each cover has its count')
  }

  #gap(i: number): number {
    return (this.#covers[i] as LogIndex) - (this.#covers[i - 1] as LogIndex)
  }
}
