/**
 * Whether the state machines still agree. Now and then, at the same entries everywhere, servers
 * tell their leader the digest of all that they have applied; what a majority of the voters has is
 * right, and whoever differs is told so and stops, the leader included, before it answers much or
 * sends its state to another. docs/sessions.md says what the digest is.
 */
import {
  hasQuorum,
  type LogIndex,
  leaderIdOf,
  type RaftState,
  type ServerId,
} from '../raft/index.ts'
import type { DigestReport } from '../wire/index.ts'

/** So many reports, at the entries reported last, are kept: who is further behind is not judged. */
const reportsMax = 64

/** Often enough to be soon noticed, and of no weight beside so many entries. */
export const defaultDigestEveryEntries = 1024

/** A server's state is not that of the others. It is of no more use, and its directory neither. */
export class DivergenceError extends Error {
  readonly code = 'DIVERGED'
  override readonly name = 'DivergenceError'
  readonly index: LogIndex

  constructor(id: ServerId, index: LogIndex, own: string, others: string) {
    super(
      `server ${id} has parted from the others: after entry ${index} its digest is ${own}, and ` +
        `that of a majority ${others}; its state machine is not deterministic, or its ` +
        'hardware damages data; it has stopped; keep its directory aside, and let it join again ' +
        'as a new server',
    )
    this.index = index
  }
}

export interface DigestsParts {
  readonly state: RaftState
  readonly everyEntries: number
  readonly send: (to: ServerId, report: DigestReport) => void
  readonly diverged: (error: DivergenceError) => void
}

export class Digests {
  readonly #parts: DigestsParts
  /** What this server had, at the entries that are reported; the oldest first. */
  readonly #own = new Map<LogIndex, number>()
  /** What the others have told it as their leader. */
  readonly #told = new Map<LogIndex, Map<ServerId, number>>()

  constructor(parts: DigestsParts) {
    this.#parts = parts
  }

  applied(index: LogIndex, digest: number): void {
    if (index % this.#parts.everyEntries !== 0) return
    const { state, send } = this.#parts
    keep(this.#own, index, digest)
    const leaderId = leaderIdOf(state)
    if (leaderId === state.id) this.#judge(index)
    else if (leaderId !== null) send(leaderId, { index, digest, isVerdict: false })
  }

  received({ index, digest, isVerdict }: DigestReport, from: ServerId): void {
    const { state } = this.#parts
    const leaderId = leaderIdOf(state)
    if (isVerdict) {
      if (from === leaderId) this.#compare(index, digest)
    } else if (leaderId === state.id && index % this.#parts.everyEntries === 0) {
      const told = this.#told.get(index) ?? new Map<ServerId, number>()
      told.set(from, digest)
      keep(this.#told, index, told)
      this.#judge(index)
    }
  }

  /** As the leader: what a majority has at this entry is right, once it is known. */
  #judge(index: LogIndex): void {
    const { state, send } = this.#parts
    const all = new Map(this.#told.get(index))
    const own = this.#own.get(index)
    if (own !== undefined) all.set(state.id, own)
    for (const digest of new Set(all.values())) {
      const servers = new Set([...all].filter(([, its]) => its === digest).map(([id]) => id))
      if (!hasQuorum(state.configuration, servers)) continue
      for (const [id, its] of all) {
        if (its !== digest && id !== state.id) send(id, { index, digest, isVerdict: true })
      }
      this.#compare(index, digest)
      return
    }
  }

  #compare(index: LogIndex, right: number): void {
    const own = this.#own.get(index)
    if (own === undefined || own === right) return
    const { state, diverged } = this.#parts
    diverged(new DivergenceError(state.id, index, text(own), text(right)))
  }
}

function keep<Value>(map: Map<LogIndex, Value>, index: LogIndex, value: Value): void {
  map.set(index, value)
  for (const oldest of map.keys()) {
    if (map.size <= reportsMax) return
    map.delete(oldest)
  }
}

function text(digest: number): string {
  return digest.toString(16).padStart(8, '0')
}
