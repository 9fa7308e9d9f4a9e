/**
 * Whether the state machines still agree. Now and then, at the same entries everywhere, servers
 * tell their leader the digest of all that they have applied; what a majority of the voters has is
 * right, and whoever differs is told so and stops, the leader included. A state that has parted may
 * have been sent to another server before that, as a snapshot: servers whose states have one origin
 * count as one. docs/sessions.md says what the digest is, and what does not show.
 */
import {
  type Configuration,
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

/** What one server has at an entry, and whose state that is. */
interface Voice {
  readonly digest: number
  readonly origin: ServerId
}

export class Digests {
  readonly #parts: DigestsParts
  /** What this server had, at the entries that are reported; the oldest first. */
  readonly #own = new Map<LogIndex, number>()
  /** What the others have told it as their leader. */
  readonly #told = new Map<LogIndex, Map<ServerId, Voice>>()
  #origin: ServerId

  constructor(parts: DigestsParts) {
    this.#parts = parts
    this.#origin = parts.state.id
  }

  /**
   * Whose state this server's is: that of the server whose snapshot it was restored from, until it
   * was found to be right.
   */
  get origin(): ServerId {
    return this.#origin
  }

  /** The state has come from a snapshot: what this server had before says nothing of it. */
  restored(origin: ServerId): void {
    this.#own.clear()
    this.#origin = origin
  }

  applied(index: LogIndex, digest: number): void {
    if (index % this.#parts.everyEntries !== 0) return
    const { state, send } = this.#parts
    keep(this.#own, index, digest)
    const leaderId = leaderIdOf(state)
    const origin = this.#origin === state.id ? null : this.#origin
    if (leaderId === state.id) this.#judge(index)
    else if (leaderId !== null) send(leaderId, { index, digest, isVerdict: false, origin })
  }

  received({ index, digest, isVerdict, origin }: DigestReport, from: ServerId): void {
    const { state } = this.#parts
    const leaderId = leaderIdOf(state)
    if (isVerdict) {
      if (from === leaderId) this.#compare(index, digest)
    } else if (leaderId === state.id && index % this.#parts.everyEntries === 0) {
      const told = this.#told.get(index) ?? new Map<ServerId, Voice>()
      told.set(from, { digest, origin: origin ?? from })
      keep(this.#told, index, told)
      this.#judge(index)
    }
  }

  /** As the leader: who differs from what is right is told so, and whose state is not its own. */
  #judge(index: LogIndex): void {
    const { state, send } = this.#parts
    const all = new Map(this.#told.get(index))
    const own = this.#own.get(index)
    if (own !== undefined) all.set(state.id, { digest: own, origin: this.#origin })
    const right = rightOf(state.configuration, all)
    if (right === null) return
    for (const [id, { digest, origin }] of all) {
      if (id === state.id || (digest === right && origin === id)) continue
      send(id, { index, digest: right, isVerdict: true, origin: null })
    }
    this.#compare(index, right)
  }

  #compare(index: LogIndex, right: number): void {
    const own = this.#own.get(index)
    const { state, diverged } = this.#parts
    if (own === right) this.#origin = state.id
    else if (own !== undefined) {
      diverged(new DivergenceError(state.id, index, text(own), text(right)))
    }
  }
}

/**
 * What a majority has that does not owe it to each other, or what every voter has and nobody
 * contradicts: then there is no other state to be right. Null: that is not known.
 */
function rightOf(configuration: Configuration, all: ReadonlyMap<ServerId, Voice>): number | null {
  const digests = new Set([...all.values()].map(({ digest }) => digest))
  for (const digest of digests) {
    if (hasQuorum(configuration, independentOf(configuration, all, digest))) return digest
  }
  const [only = null] = digests
  const voters = votersOf(configuration)
  return digests.size === 1 && voters.every((id) => all.has(id)) ? only : null
}

/** Of the voters that have this digest, one for each origin. */
function independentOf(
  configuration: Configuration,
  all: ReadonlyMap<ServerId, Voice>,
  digest: number,
): Set<ServerId> {
  const byOrigin = new Map<ServerId, ServerId>()
  for (const id of votersOf(configuration)) {
    const voice = all.get(id)
    if (voice?.digest === digest) byOrigin.set(voice.origin, id)
  }
  return new Set(byOrigin.values())
}

function votersOf({ voters, votersOld }: Configuration): ServerId[] {
  return [...voters, ...(votersOld ?? [])]
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
