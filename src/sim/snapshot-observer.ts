/**
 * Watches what becomes of snapshots, for the trace and the coverage marks. It changes nothing, and
 * finds no failures: that is for the checkers.
 */
import type { InstallSnapshotRequest, LogIndex, RaftState, Snapshot } from '../raft/index.ts'
import type { Marks } from './marks.ts'
import type { SimServer } from './sim-server.ts'
import type { Trace } from './trace.ts'

/** A server as it was last seen. */
interface Seen {
  state: RaftState
  lastIndex: LogIndex
  snapshotIndex: LogIndex
  isReceiving: boolean
}

export class SnapshotObserver {
  readonly #trace: Trace
  readonly #marks: Marks
  readonly #seen = new Map<SimServer, Seen>()
  /** By link: where the last chunk began. */
  readonly #offsets = new Map<string, number>()

  constructor(trace: Trace, marks: Marks) {
    this.#trace = trace
    this.#marks = marks
  }

  sent({ from, to, offset, snapshot }: InstallSnapshotRequest): void {
    const link = `${from} ${to} ${snapshot.lastIndex}`
    if (offset > 0) this.#marks.hit('snapshot sent in several chunks')
    if (this.#offsets.get(link) === offset) this.#marks.hit('chunk sent again')
    this.#offsets.set(link, offset)
  }

  /** Its state machine has taken on a snapshot: at the start, or in the middle of its life. */
  restored(owner: SimServer, { lastIndex }: Snapshot): void {
    this.#trace.add('fault', owner.place, `restores the state after entry ${lastIndex}`, null)
    const seen = this.#seen.get(owner)
    if (seen === undefined || seen.state !== owner.state) {
      this.#marks.hit('restart from a snapshot')
      return
    }
    this.#marks.hit('snapshot installed')
    if (seen.lastIndex >= lastIndex) this.#marks.hit('log with a tail replaced by a snapshot')
  }

  /** For what shows in the state alone. */
  afterEvent(owner: SimServer): void {
    const { state } = owner
    if (state === null) return
    const { baseIndex, lastIndex } = state.log
    const snapshotIndex = state.snapshot?.lastIndex ?? 0
    const isReceiving = state.receiving !== null
    const seen = this.#seen.get(owner)
    if (seen === undefined) {
      this.#seen.set(owner, { state, lastIndex, snapshotIndex, isReceiving })
      return
    }
    if (seen.state === state) {
      const isNew = snapshotIndex > seen.snapshotIndex
      if (isNew && baseIndex < snapshotIndex) this.#marks.hit('log trimmed but for a window')
      if (isNew) this.#marks.hit('snapshot taken')
      else if (seen.isReceiving && !isReceiving)
        this.#marks.hit('snapshot made needless by entries')
    }
    seen.state = state
    seen.lastIndex = lastIndex
    seen.snapshotIndex = snapshotIndex
    seen.isReceiving = isReceiving
  }
}
