/**
 * Watches what passes between a server and the world, for the trace and the coverage marks. It
 * changes nothing, and finds no failures: that is for the checkers.
 */
import type { SaveBatch } from '../ports/index.ts'
import type { Entry, LogIndex, Message, Notice, RaftState } from '../raft/index.ts'
import type { Marks } from './marks.ts'
import type { Fate } from './sim-network.ts'
import type { SimServer } from './sim-server.ts'
import { SnapshotObserver } from './snapshot-observer.ts'
import type { Trace } from './trace.ts'

export class Observer {
  readonly #trace: Trace
  readonly #marks: Marks
  /** Who led when it was last heard of. */
  readonly #leading = new Set<SimServer>()
  /** Who was granted a vote, by voter and term: to tell when one is granted again. */
  readonly #granted = new Set<string>()
  /** By any server. */
  #appliedTo: LogIndex = 0
  readonly snapshots: SnapshotObserver
  elections = 0
  messages = 0

  constructor(trace: Trace, marks: Marks) {
    this.#trace = trace
    this.#marks = marks
    this.snapshots = new SnapshotObserver(trace, marks)
  }

  sent(owner: SimServer, message: Message, fate: Fate): void {
    this.messages += 1
    this.#trace.add('send', owner.place, message, fate)
    if (fate === 'lost') this.#marks.hit('message lost')
    else if (fate === 'cut') this.#marks.hit('message met a cut link')
    else if (fate === 'held') this.#marks.hit('message held back')
    const { state } = owner
    if (state === null) return
    switch (message.kind) {
      case 'requestVoteRequest':
        break
      case 'requestVoteResponse':
        this.#voted(message.voteGranted, message)
        break
      case 'appendEntriesRequest':
        if (message.entries.length > 1) this.#marks.hit('several entries in one message')
        if (message.entries.length > 0) this.#window(state, message.to)
        break
      case 'installSnapshotRequest':
        this.snapshots.sent(message)
        break
      case 'installSnapshotResponse':
        break
      case 'appendEntriesResponse':
        if (!message.success) this.#refused(state, message.hintIndex)
        break
    }
  }

  noticed(owner: SimServer, notice: Notice): void {
    this.#trace.add('notice', owner.place, notice, null)
    if (notice.kind === 'diskSpace') this.#space(notice.isFull)
    if (notice.kind !== 'roleChanged') return
    const wasLeader = this.#leading.delete(owner)
    const { role, why } = notice
    if (role === 'leader') {
      this.elections += 1
      this.#leading.add(owner)
      this.#marks.hit('leader elected')
    } else if (role === 'candidate') {
      if (why === 'the election timed out') this.#marks.hit('election timed out')
    } else if (why.startsWith('no majority')) {
      this.#marks.hit('leader gave up without a quorum')
    } else if (why.endsWith('won the election')) {
      this.#marks.hit('candidate gave way to a leader')
    } else if (wasLeader) {
      this.#marks.hit('leader deposed by a later term')
      const { transfer, diskIsFull } = owner.state ?? { transfer: null, diskIsFull: false }
      if (diskIsFull && transfer?.transferId === null) {
        this.#marks.hit('leader handed over for want of space')
      }
    }
  }

  saving(owner: SimServer, batches: readonly SaveBatch[]): void {
    this.#trace.add('save', owner.place, batches, null)
    if (batches.length > 1) this.#marks.hit('several saves at once')
  }

  saved(owner: SimServer, batches: readonly SaveBatch[]): void {
    this.#trace.add('saved', owner.place, batches, null)
    const { state } = owner
    const last = batches[batches.length - 1]?.entries.at(-1)
    if (state === null || last === undefined) return
    if (!state.log.matches(last.index, last.term)) {
      this.#marks.hit('save completed whose entries were cut meanwhile')
    }
    if (segmentsOn(owner) > 2) this.#marks.hit('log moved on to another segment')
  }

  applied(owner: SimServer, entry: Entry): void {
    this.#trace.add('apply', owner.place, entry, null)
    const isFirst = entry.index > this.#appliedTo
    this.#appliedTo = Math.max(this.#appliedTo, entry.index)
    const { state } = owner
    if (!isFirst || state === null) return
    if (entry.term < state.currentTerm) {
      this.#marks.hit('entry of an earlier term committed by a later one')
    }
    if (state.role.kind === 'leader' && entry.index > state.durableIndex) {
      this.#marks.hit('entry committed before its leader had saved it')
    }
  }

  ended(owner: SimServer): void {
    this.#leading.delete(owner)
  }

  #space(isFull: boolean): void {
    this.#marks.hit(isFull ? 'disk found full' : 'space found on a disk that was full')
  }

  #voted(voteGranted: boolean, { from, to, term }: Message): void {
    if (!voteGranted) {
      this.#marks.hit('vote refused')
      return
    }
    const vote = `${from} ${to} ${term}`
    if (this.#granted.has(vote)) this.#marks.hit('vote granted again')
    this.#granted.add(vote)
  }

  #window({ role, options }: RaftState, to: string): void {
    if (role.kind !== 'leader') return
    const inflight = role.peers.get(to)?.inflightMessages ?? 0
    if (inflight > 1) this.#marks.hit('several messages on their way to one peer')
    if (inflight >= options.inflightMessagesMax && inflight > 1) this.#marks.hit('window full')
  }

  #refused({ log }: RaftState, hintIndex: number): void {
    this.#marks.hit('append refused')
    if (hintIndex === 0 || hintIndex + 2 > log.lastIndex) return
    if (!log.knowsTerm(hintIndex + 1)) return
    if (log.termAt(hintIndex + 1) === log.termAt(hintIndex + 2)) {
      this.#marks.hit('conflicting term skipped')
    }
  }
}

function segmentsOn({ disk }: SimServer): number {
  let count = 0
  for (const name of disk.files.keys()) if (name.startsWith('segment-')) count += 1
  return count
}
