/**
 * Operations for which no leader need be found: stale queries, which any server answers, and
 * requests for one server alone.
 */
import type { Clock } from '../ports/index.ts'
import type { KontikiErrorCode } from './kontiki-error.ts'
import type { Operation } from './operation.ts'
import type { ServerLink } from './server-link.ts'
import type { Servers } from './servers.ts'

export interface AddressedParts {
  readonly servers: Servers
  readonly preferred: ServerLink | null
  readonly clock: Clock
  /** False where it was not taken. */
  readonly send: (operation: Operation, link: ServerLink) => boolean
  readonly delay: (operation: Operation) => void
  readonly fail: (operation: Operation, code: KontikiErrorCode, problem: string) => void
}

export class Addressed {
  readonly #parts: AddressedParts

  constructor(parts: AddressedParts) {
    this.#parts = parts
  }

  /** Sends it, or has it wait for the connection to a server; or for later, after all of them. */
  route(operation: Operation): void {
    const link = operation.onlyServer ?? this.#choose(operation.asked)
    if (link === null) {
      operation.asked = null
      this.#parts.delay(operation)
      return
    }
    link.waiting.add(operation)
    if (link.isOpen) this.mayTake(link)
    else link.connect()
  }

  /** The connection is there, or has room again. */
  mayTake(link: ServerLink): void {
    if (!link.isOpen) return
    for (let next = link.waiting.first; next !== null; next = link.waiting.first) {
      if (!this.#parts.send(next, link)) return
    }
  }

  /** The server could not answer it; it stands in no list. */
  couldNot(operation: Operation, link: ServerLink): void {
    if (operation.onlyServer !== null) {
      this.#parts.fail(operation, 'UNREACHABLE', `${link.address} did not answer`)
      return
    }
    operation.asked ??= new Set()
    operation.asked.add(link)
    this.route(operation)
  }

  /** The preferred one, else one that is connected, else any; none that was asked or has failed. */
  #choose(asked: ReadonlySet<ServerLink> | null): ServerLink | null {
    const { servers, preferred, clock } = this.#parts
    const now = clock.now()
    const mayAsk = (link: ServerLink): boolean =>
      link.retryAt <= now && (asked === null || !asked.has(link))
    if (preferred !== null && mayAsk(preferred)) return preferred
    const able = servers.all.filter(mayAsk)
    return able.find(({ isOpen }) => isOpen) ?? able[0] ?? null
  }
}
