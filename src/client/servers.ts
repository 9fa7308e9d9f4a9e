/**
 * The servers that a client knows: those it was given, and those it has been told of since, as when
 * one was added or has moved.
 */
import { assert } from '../base/assert.ts'
import type { Milliseconds, ServerId } from '../raft/index.ts'
import type { LeaderHint } from '../wire/index.ts'
import { learnedServersMax } from './options.ts'
import { type LinkParts, ServerLink } from './server-link.ts'

/** A server as the client is given it: by its address, and perhaps its name. */
export interface GivenServer {
  readonly address: string
  /** With it, a hint at that name leads to this address, whatever the server calls its own. */
  readonly id?: ServerId | null
}

export class Servers {
  readonly #parts: LinkParts
  readonly #given: readonly ServerLink[]
  /** The longest unused first. */
  #learned: ServerLink[] = []

  constructor(parts: LinkParts, given: readonly GivenServer[]) {
    assert(given.length > 0, 'a client knows a server')
    this.#parts = parts
    this.#given = given.map(({ address, id }) => new ServerLink(parts, address, id ?? null))
  }

  get all(): readonly ServerLink[] {
    return this.#learned.length === 0 ? this.#given : [...this.#given, ...this.#learned]
  }

  byAddress(address: string): ServerLink | null {
    return this.all.find((link) => link.address === address) ?? null
  }

  /** The server at an address that somebody names; one that was not known is added. */
  at(address: string): ServerLink {
    return this.byAddress(address) ?? this.#learn(address)
  }

  /**
   * The server that a hint means. A name that the client was given goes to the address it was given
   * with it, which may lead through a proxy; unless that fails and the hint knows another.
   */
  resolve(hint: LeaderHint | null, now: Milliseconds): ServerLink | null {
    if (hint === null) return null
    const named = this.#given.find(({ id }) => id === hint.id) ?? null
    if (named !== null && (named.retryAt <= now || hint.address === '')) return named
    return hint.address === '' ? null : this.at(hint.address)
  }

  #learn(address: string): ServerLink {
    if (this.#learned.length >= learnedServersMax) {
      const unused = this.#learned.find((link) => link.inFlight.size + link.waiting.size === 0)
      // Where all are in use there is one more of them, for as long.
      if (unused !== undefined) {
        unused.close()
        this.#learned = this.#learned.filter((link) => link !== unused)
      }
    }
    const link = new ServerLink(this.#parts, address, null)
    this.#learned.push(link)
    return link
  }
}
