/**
 * Whether a server that comes back is the one that has been here before, with all that it had then.
 * Its name and its incarnation stay when its data directory is put back from an older copy, or runs
 * twice. What tells such a one is what others remember of it: how often it had been started, and
 * what it had promised. They remember as long as they run themselves.
 */
import { missingOf, type Promised, type ServerId } from '../raft/index.ts'
import type { Life, TcpIdentity } from '../transport/index.ts'
import type { Objection } from './cluster-identity.ts'

/** Names are made up by whoever connects; no more than so many are remembered. */
const serversMax = 1024

interface Seen {
  readonly incarnation: number
  readonly life: Life
}

export class Lives {
  readonly #seen = new Map<ServerId, Seen>()
  readonly #promisedBy: (id: ServerId) => Promised | null

  constructor(promisedBy: (id: ServerId) => Promised | null) {
    this.#promisedBy = promisedBy
  }

  /** Why it is not let in; null where nothing speaks against it, and then it is remembered. */
  admit(peer: TcpIdentity): Objection | null {
    const { serverId, incarnation, life } = peer
    if (life.start === 0) return null
    const seen = this.#seen.get(serverId)
    const before = seen?.incarnation === incarnation ? seen.life : null
    // What it has promised since its start is not missing: it is still the same.
    const isSame = before?.start === life.start && before.startId === life.startId
    if (isSame) return null
    const objection = copied(serverId, life, before) ?? this.#outdated(peer)
    if (objection === null) this.#remember(serverId, { incarnation, life })
    return objection
  }

  #outdated({ serverId, incarnation, life }: TcpIdentity): Objection | null {
    const promised = this.#promisedBy(serverId)
    if (promised === null || promised.incarnation !== incarnation) return null
    const missing = missingOf(promised, life)
    return missing === null ? null : ['DATA_OLD', `${serverId} has promised ${missing}`]
  }

  #remember(serverId: ServerId, seen: Seen): void {
    this.#seen.delete(serverId)
    this.#seen.set(serverId, seen)
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > serversMax && oldest !== undefined) this.#seen.delete(oldest)
  }
}

function copied(id: ServerId, { start }: Life, before: Life | null): Objection | null {
  if (before === null || start > before.start) return null
  const times = start === before.start ? 'twice' : `after start ${before.start}`
  return [
    'OTHER_COPY',
    `${id} has been started with two copies of one data directory: start ${start} ${times}`,
  ]
}
