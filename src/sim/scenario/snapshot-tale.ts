/** What a play tells of the snapshots of one server: taken, restored, and what of the log went. */
import type { LogIndex, RaftState, Snapshot } from '../../raft/index.ts'

export class SnapshotTale {
  /** The life that it is told of. */
  #state: RaftState | null = null
  #snapshotIndex: LogIndex = 0
  #baseIndex: LogIndex = 0
  #restored: Snapshot | null = null

  /** A life begins, with what the disk holds: that is told otherwise. */
  begin(state: RaftState): void {
    this.#state = state
    this.#restored = null
    this.#look(state)
  }

  /** The state machine takes on a snapshot, before anything else is applied. */
  restored(snapshot: Snapshot): void {
    if (this.#state !== null) this.#restored = snapshot
  }

  /** To be told before what was applied. */
  takeRestored(): string | null {
    const restored = this.#restored
    this.#restored = null
    if (restored === null || this.#state === null) return null
    this.#look(this.#state)
    return `restores the state after ${placeOf(restored)}`
  }

  /** To be told after it. */
  takeOwn(state: RaftState): string[] {
    const { snapshot, log } = state
    const told: string[] = []
    if (snapshot !== null && snapshot.lastIndex > this.#snapshotIndex) {
      told.push(`has taken a snapshot through ${placeOf(snapshot)}, of ${snapshot.size} bytes`)
    }
    if (log.baseIndex > this.#baseIndex) told.push(`drops its log through ${log.baseIndex}`)
    this.#look(state)
    return told
  }

  #look({ snapshot, log }: RaftState): void {
    this.#snapshotIndex = snapshot?.lastIndex ?? 0
    this.#baseIndex = log.baseIndex
  }
}

/** `5@2`, the last entry that it covers. */
function placeOf({ lastIndex, lastTerm }: Snapshot): string {
  return `${lastIndex}@${lastTerm}`
}
