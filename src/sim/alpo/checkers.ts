/**
 * Figure 3.2's guarantees for servers of ALPO, by the same checkers as for Raft, and one vote a
 * term on the wire. What ALPO does not promise at all (a saved term, a matchIndex) is not checked.
 * A breach is reported and not thrown, so that a play can go on and show what comes of it.
 */
import type { AlpoState, Entry, Message, ServerId } from '../../alpo/index.ts'
import { CommittedLedger } from '../checkers/committed-ledger.ts'
import { ElectionSafety } from '../checkers/election-safety.ts'
import { InvariantError } from '../checkers/invariant-error.ts'
import { KnownEntries } from '../checkers/known-entries.ts'
import { checkLeaderAppendOnly } from '../checkers/leader-append-only.ts'
import { LeaderCompleteness } from '../checkers/leader-completeness.ts'
import { checkLogMatching } from '../checkers/log-matching.ts'
import type { LogView } from '../checkers/log-view.ts'
import { Seen } from '../checkers/seen.ts'
import { StateMachineSafety } from '../checkers/state-machine-safety.ts'
import { VoteLedger } from '../checkers/vote-ledger.ts'
import { asChecked, viewOf } from './log-view.ts'

/** One server as these checkers see it. */
export interface AlpoView {
  readonly id: ServerId
  /** Null while it is down; a new life has a new state. */
  readonly state: AlpoState | null
  /** What its disk holds. */
  readonly saved: readonly Entry[]
}

interface Watched {
  readonly view: AlpoView
  readonly seen: Seen
  state: AlpoState | null
  role: AlpoState['role'] | null
  currentTerm: number
  fullyReplicated: number
}

export class AlpoCheckers {
  readonly #servers = new Map<ServerId, Watched>()
  readonly #report: (error: InvariantError) => void
  readonly #votes = new VoteLedger()
  readonly #known = new KnownEntries()
  readonly #stateMachines = new StateMachineSafety()
  /** Ids of entries that somebody has applied. */
  readonly #applied = new Set<number>()
  /** Ids at which somebody has counted an entry of a term before his own. */
  readonly #countedLate = new Set<number>()
  /** Where two servers have applied different entries. */
  #conflictAt: number | null = null
  readonly ledger: CommittedLedger = new CommittedLedger()
  readonly elections: ElectionSafety = new ElectionSafety()
  readonly #completeness = new LeaderCompleteness(this.#known, this.ledger, this.elections)

  constructor(views: readonly AlpoView[], report: (error: InvariantError) => void) {
    this.#report = report
    for (const view of views) {
      const seen = new Seen(view.id)
      const fresh = { state: null, role: null, currentTerm: 0, fullyReplicated: 0 }
      this.#servers.set(view.id, { view, seen, ...fresh })
    }
  }

  /** The message leaves its sender, whether or not it will arrive. */
  sent(message: Message): void {
    const { kind, from, to, senderTerm } = message
    if (kind === 'requestVote') {
      this.#check(() => this.#votes.vote(from, senderTerm, from))
    } else if (kind === 'requestVoteAnswer' && message.granted) {
      this.#check(() => this.#votes.vote(from, senderTerm, to))
    }
  }

  /** The server applies an entry to its state machine. */
  applied(id: ServerId, entry: Entry): void {
    const watched = this.#watched(id)
    this.#begin(watched)
    const { seen } = watched
    const isSame = this.#check(() =>
      this.#stateMachines.applied(id, seen.applied, asChecked(entry)),
    )
    if (!isSame) this.#conflictAt ??= entry.id
    const counter = watched.state
    if (counter !== null && entry.term < counter.currentTerm) this.#countedLate.add(entry.id)
    if (!this.#applied.has(entry.id)) this.#check(() => this.#requireMajority(id, entry))
    this.#applied.add(entry.id)
  }

  /** Something has happened to this server, and nothing to any other. */
  afterEvent(id: ServerId): void {
    const watched = this.#watched(id)
    this.#begin(watched)
    const { state } = watched
    if (state === null) return
    this.#check(() => neverBackwards(watched, state))
    const log = viewOf(state.log)
    this.#look(watched, state, log)
    if (state.role.kind === 'leader' && state.role !== watched.role) this.#elected(state)
    watched.role = state.role
    this.#committed(watched, state, log)
  }

  /** What was committed and then lost is of an earlier term than the one it was counted in. */
  get hasLostOldEntry(): boolean {
    if (this.#conflictAt !== null) return this.#countedLate.has(this.#conflictAt)
    return this.#isLostOld()
  }

  /** Of the first committed entry that the leader elected last lacks. */
  #isLostOld(): boolean {
    const last = this.elections.all.at(-1)
    if (last === undefined) return false
    for (let index = 1; index <= this.ledger.lastIndex; index++) {
      const { entry, commitTerm } = this.ledger.at(index)
      if (commitTerm >= last.term) continue
      if (this.#known.isIn(index, entry.term, last.lastIndex, last.lastTerm)) continue
      return entry.term < commitTerm
    }
    return false
  }

  #begin(watched: Watched): void {
    const { view, seen } = watched
    if (watched.state === view.state) return
    seen.begin(null)
    watched.state = view.state
    watched.role = null
    watched.currentTerm = 0
    watched.fullyReplicated = 0
  }

  #look(watched: Watched, state: AlpoState, log: LogView): void {
    const { seen, role } = watched
    const change = seen.look(log)
    if (change === null) return
    const leader = state.role.kind === 'leader' && state.role === role ? role : null
    const { id } = seen
    const { currentTerm } = state
    this.#check(() => checkLeaderAppendOnly({ id, currentTerm }, leader, change))
    for (const entry of change.removed)
      this.#check(() => this.ledger.removed(id, entry, log, change.from))
    this.#check(() => checkLogMatching(this.#known, seen, log, change))
  }

  #elected({ serverId, currentTerm, log }: AlpoState): void {
    const { lastId: lastIndex, lastTerm } = log
    const election = { term: currentTerm, leaderId: serverId, lastIndex, lastTerm }
    this.#check(() => this.elections.elected(election))
    this.#check(() => this.#completeness.elected(election))
  }

  #committed(watched: Watched, state: AlpoState, log: LogView): void {
    const { id } = watched.seen
    for (let index = watched.fullyReplicated + 1; index <= state.fullyReplicated; index++) {
      // What was committed may have been given up within the same event; then it is gone.
      if (!log.has(index)) break
      const entry = log.entryAt(index)
      this.#check(() => {
        if (this.ledger.commit(id, entry, state.currentTerm)) {
          this.#completeness.committed(state.currentTerm)
        }
      })
    }
    watched.fullyReplicated = state.fullyReplicated
  }

  /** When it is applied for the first time: later a leader may have taken it from one of them. */
  #requireMajority(id: ServerId, { id: entryId, term }: Entry): void {
    const holders: ServerId[] = []
    for (const [server, { view }] of this.#servers) {
      if (view.saved[entryId - 1]?.term === term) holders.push(server)
    }
    if (2 * holders.length > this.#servers.size) return
    throw new InvariantError(
      'committed on a majority',
      `${id} takes ${entryId}@${term} to be committed, which is on the disks of ` +
        `${holders.join(', ') || 'nobody'} alone`,
    )
  }

  /** Whether it holds. */
  #check(check: () => void): boolean {
    try {
      check()
      return true
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error
      this.#report(error)
      return false
    }
  }

  #watched(id: ServerId): Watched {
    const watched = this.#servers.get(id)
    if (watched === undefined) throw new Error(`${id} is no server of this cluster`)
    return watched
  }
}

/** In one life. From one to the next the term falls back by design. */
function neverBackwards(watched: Watched, state: AlpoState): void {
  for (const what of ['currentTerm', 'fullyReplicated'] as const) {
    if (state[what] >= watched[what]) continue
    throw new InvariantError(
      'never backwards',
      `${what} of ${watched.seen.id} went from ${watched[what]} to ${state[what]}`,
    )
  }
  watched.currentTerm = state.currentTerm
}
