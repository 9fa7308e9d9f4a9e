/**
 * What the checkers remember of one server from event to event, so that after each only what has
 * changed is looked at.
 */
import type { Entry, LogIndex, Peer, RaftState, Role, ServerId, Term } from '../../raft/index.ts'
import type { LogView } from './log-view.ts'
import type { AppliedState } from './state-machine-safety.ts'

/** How a log differs from what it was: cut and appended to, from `from` on. */
export interface LogChange {
  readonly from: LogIndex
  /** What stood there before. */
  readonly removed: readonly Entry[]
}

export class Seen {
  readonly id: ServerId
  /** The life that is being watched; null before the first and while it is down. */
  state: RaftState | null = null
  role: Role | null = null
  currentTerm: Term = 0
  commitIndex: LogIndex = 0
  snapshotIndex: LogIndex = 0
  lastApplied: LogIndex = 0
  durableIndex: LogIndex = 0
  /** The greatest matchIndex seen for each peer of the present leadership. */
  readonly matchIndex: Map<Peer, LogIndex> = new Map()
  applied: AppliedState = { lastApplied: 0, hash: 0 }
  #epoch = 0
  /** The log as last seen; entries are shared with it. */
  readonly #log: Entry[] = []

  constructor(id: ServerId) {
    this.id = id
  }

  /** A new life begins: nothing that was seen of the last one binds it but what was durable. */
  begin(state: RaftState | null): void {
    this.state = state
    this.role = null
    this.currentTerm = 0
    this.commitIndex = 0
    this.snapshotIndex = 0
    this.lastApplied = 0
    this.durableIndex = 0
    this.matchIndex.clear()
    this.applied = { lastApplied: 0, hash: 0 }
    this.#epoch = 0
    this.#log.length = 0
  }

  /**
   * What has become of the log since the last look; null where nothing has. Through `coveredIndex`
   * a snapshot stands for entries, which are other objects then: index and term name them (log
   * matching).
   */
  look(log: LogView, coveredIndex: LogIndex = 0): LogChange | null {
    const before = this.#log
    if (log.epoch === this.#epoch && log.lastIndex === before.length) return null
    this.#epoch = log.epoch
    // A suffix was replaced; what stands before it is the same.
    let from = Math.min(before.length, log.lastIndex)
    while (from > 0 && !isSame(before[from - 1] as Entry, log.entryAt(from), coveredIndex)) {
      from -= 1
    }
    const removed = from === before.length ? nothing : before.splice(from)
    for (let index = from + 1; index <= log.lastIndex; index++) before.push(log.entryAt(index))
    return { from: from + 1, removed }
  }

  /** The log as last seen. */
  get log(): readonly Entry[] {
    return this.#log
  }
}

function isSame(before: Entry, now: Entry, coveredIndex: LogIndex): boolean {
  return before === now || (now.index <= coveredIndex && before.term === now.term)
}

const nothing: readonly Entry[] = []
