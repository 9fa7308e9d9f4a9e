/**
 * Connections between servers that were not let in, as an operator should read of them: what it
 * means, and what to do. A server is named once, with the newest reason, until it has been let in.
 */
import type { TcpRefusal } from '../transport/index.ts'

/** Names are made up by whoever connects; no more than so many are remembered. */
const linesMax = 64

/** This very server is known by another data directory than it has. */
export function isAboutUs({ by, code }: Pick<TcpRefusal, 'by' | 'code'>): boolean {
  return by === 'peer' ? code === 'DATA_LOST' : code === 'OTHER_INCARNATION'
}

export class Refusals {
  readonly #id: string
  readonly #address: string
  readonly #lines = new Map<string, string>()

  constructor(id: string, address: string) {
    this.#id = id
    this.#address = address
  }

  get lines(): readonly string[] {
    return [...this.#lines.values()]
  }

  /** The line, where it is news. `waiting`: what the server waits for, where it does. */
  refused(refusal: TcpRefusal, waiting: string | null): string | null {
    const line = this.#lineOf(refusal, waiting)
    if (this.#lines.get(refusal.peer) === line) return null
    this.#lines.delete(refusal.peer)
    this.#lines.set(refusal.peer, line)
    const [oldest] = this.#lines.keys()
    if (this.#lines.size > linesMax && oldest !== undefined) this.#lines.delete(oldest)
    return line
  }

  /** The server has been let in, or has let us in. */
  settled(peer: string): void {
    this.#lines.delete(peer)
  }

  #lineOf(refusal: TcpRefusal, waiting: string | null): string {
    const { by, peer, code, text } = refusal
    if (isAboutUs(refusal)) {
      const rejoin = joinAgain(this.#id, this.#address)
      return (
        `server ${peer} knows server ${this.#id} by another data directory than this one: what ` +
        `it had promised is lost here, and it neither votes nor acknowledges; ${rejoin}`
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
}

/** How a server that has lost its data becomes whole. */
function joinAgain(id: string, address: string): string {
  return (
    `remove it from the cluster (kontiki member remove ${id}), start it on an empty directory to ` +
    `join, and add it again (kontiki member add ${id}=${address})`
  )
}
