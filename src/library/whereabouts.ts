/**
 * Where the other servers are found. Addresses are data that may change while names stay: what was
 * given at the start counts more than what the log says from before; what the log says anew counts
 * more than that; and so does a server that says it is somewhere else than it was.
 */
import type { ServerId } from '../raft/index.ts'

export class Whereabouts {
  readonly #own: ServerId
  readonly #moved: (id: ServerId, address: string) => void
  readonly #addresses: Map<ServerId, string>
  /** As of the newest configuration. */
  #configured: ReadonlyMap<ServerId, string> = new Map()
  /** What servers have last said of themselves. */
  readonly #declared = new Map<ServerId, string>()

  /** `moved` is called for each other server that is found elsewhere from then on. */
  constructor(
    own: ServerId,
    given: ReadonlyMap<ServerId, string>,
    moved: (id: ServerId, address: string) => void,
  ) {
    this.#own = own
    this.#moved = moved
    this.#addresses = new Map(given)
  }

  /** '' where it is not known. */
  addressOf(id: ServerId): string {
    return this.#addresses.get(id) ?? ''
  }

  /** A configuration holds from now on; of the first one, only what was not given is news. */
  configured(addresses: ReadonlyMap<ServerId, string>): void {
    const before = this.#configured
    this.#configured = addresses
    for (const [id, address] of addresses) {
      const isNews = before.size > 0 && before.get(id) !== address
      if (isNews || !this.#addresses.has(id)) this.#set(id, address)
    }
  }

  /** A server says where it is. */
  declared(id: ServerId, address: string): void {
    if (address === '') return
    const before = this.#declared.get(id)
    this.#declared.set(id, address)
    const hasMoved = before !== undefined && before !== address
    if (hasMoved || !this.#addresses.has(id)) this.#set(id, address)
  }

  #set(id: ServerId, address: string): void {
    if (id === this.#own || address === '' || this.#addresses.get(id) === address) return
    this.#addresses.set(id, address)
    this.#moved(id, address)
  }
}
