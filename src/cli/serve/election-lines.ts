/**
 * Elections as lines of a log. A server that is alone with its wish for a leader begins one after
 * the other, and so says the first few, and then one now and again with the number of all.
 */
import type { ServerEvents } from '../../library/index.ts'

type RoleEvent = ServerEvents['role']

/** A usual election is said in full: two lines, or four where votes were split. */
const saidInFull = 4

const againAfterMs = 10_000

export class ElectionLines {
  /** Candidacies since a leader was last known. */
  #count = 0
  #firstAt = 0
  #saidAt = 0

  /** A leader is known: the next election is news. */
  leaderIsKnown(): void {
    this.#count = 0
  }

  /** The line; null where it says nothing new. */
  line({ role, term, why }: RoleEvent, nowMs: number): string | null {
    const line = `becomes ${role} in term ${term}: ${why}`
    if (role === 'leader') this.leaderIsKnown()
    if (role === 'leader' || role === 'follower') return line
    this.#count += 1
    if (this.#count === 1) this.#firstAt = nowMs
    if (this.#count <= saidInFull) {
      this.#saidAt = nowMs
      return line
    }
    if (nowMs - this.#saidAt < againAfterMs) return null
    this.#saidAt = nowMs
    const seconds = Math.round((nowMs - this.#firstAt) / 1000)
    return `${line} (no leader for ${seconds} s, ${this.#count} candidacies)`
  }
}
