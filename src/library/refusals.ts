/**
 * Connections between servers that were not let in, as an operator should read of them: what it
 * means, and what to do. A server is named once, with the newest reason, until it has been let in.
 */
import type { TcpRefusal } from '../transport/index.ts'

/** Names are made up by whoever connects; no more than so many are remembered. */
const linesMax = 64

/** This very server has lost what it had promised. */
export function isLossOfOurs({ by, code }: Pick<TcpRefusal, 'by' | 'code'>): boolean {
  if (by === 'us') return code === 'OTHER_INCARNATION'
  return code === 'DATA_LOST' || code === 'DATA_OLD'
}

export class Refusals {
  readonly #id: string
  readonly #address: string
  readonly #told = new Map<string, { readonly by: TcpRefusal['by']; readonly line: string }>()

  constructor(id: string, address: string) {
    this.#id = id
    this.#address = address
  }

  get lines(): readonly string[] {
    return [...this.#told.values()].map(({ line }) => line)
  }

  /** The line, where it is news. `waiting`: what the server waits for, where it does. */
  refused(refusal: TcpRefusal, waiting: string | null): string | null {
    const line = this.#lineOf(refusal, waiting)
    const { by, peer } = refusal
    const before = this.#told.get(peer)
    this.#told.delete(peer)
    this.#told.set(peer, { by, line })
    if (before?.line === line) return null
    const [oldest] = this.#told.keys()
    if (this.#told.size > linesMax && oldest !== undefined) this.#told.delete(oldest)
    return line
  }

  /** The server has been let in by us, or has let us in; it may still refuse the other way. */
  settled(peer: string, by: TcpRefusal['by']): void {
    if (this.#told.get(peer)?.by === by) this.#told.delete(peer)
  }

  #lineOf(refusal: TcpRefusal, waiting: string | null): string {
    const { by, peer, code, text } = refusal
    if (code === 'NAME_TAKEN') return this.#lineOfName(refusal)
    if (code === 'OTHER_COPY') return this.#lineOfCopy(refusal)
    if (isLossOfOurs(refusal)) return this.#lineOfOurLoss(refusal)
    if (by === 'us' && code === 'DATA_OLD') {
      return (
        `server ${peer} has been put back from an older copy of its data directory, and is not ` +
        `let in: ${text}; ${joinAgain(peer, 'ADDRESS')}`
      )
    }
    const lost = by === 'us' ? code === 'DATA_LOST' : code === 'OTHER_INCARNATION'
    if (lost) {
      return (
        `server ${peer} has another data directory than the one that it has promised with, and ` +
        `is not let in; ${joinAgain(peer, 'ADDRESS')}`
      )
    }
    const turned = by === 'us' ? `server ${peer} is not let in` : `server ${peer} is not spoken to`
    return waiting === null ? `${turned}: ${text}` : `${turned}: ${text} (${waiting})`
  }

  #lineOfOurLoss({ peer, code, text }: TcpRefusal): string {
    const rejoin = joinAgain(this.#id, this.#address)
    if (code === 'DATA_OLD') {
      return (
        `server ${peer} knows that this data directory was put back from an older copy: ${text}; ` +
        `it hears nobody any more, and neither votes nor acknowledges; ${rejoin}`
      )
    }
    return (
      `server ${peer} knows server ${this.#id} by another data directory than this one: what ` +
      `it had promised is lost here, and it neither votes nor acknowledges; ${rejoin}`
    )
  }

  /** The one that runs is whole: nobody must be told to remove it. */
  #lineOfName({ by, peer, text, remote }: TcpRefusal): string {
    if (by === 'us') {
      return `${text}; the one of that name at ${remote} is not let in: stop it, or rename it`
    }
    return (
      `server ${peer} does not let this one in: ${text}; stop this one, or start it under a name ` +
      'of its own'
    )
  }

  #lineOfCopy({ by, peer, text, remote }: TcpRefusal): string {
    const [id, address] = by === 'us' ? [peer, 'ADDRESS'] : [this.#id, this.#address]
    const what =
      by === 'us'
        ? `server ${peer} at ${remote} is not let in: ${text}`
        : `server ${peer} does not let this one in: ${text}`
    return (
      `${what}; one copy alone may run: stop this one; where no other runs, it was put back ` +
      `from an older copy: ${joinAgain(id, address)}`
    )
  }
}

/** How a server that has lost its data becomes whole. */
export function joinAgain(id: string, address: string): string {
  return (
    `remove it from the cluster (kontiki member remove ${id}), start it on an empty directory to ` +
    `join, and add it again (kontiki member add ${id}=${address})`
  )
}
