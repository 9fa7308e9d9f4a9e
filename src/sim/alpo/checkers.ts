/**
 * Figure 3.2's guarantees for servers of ALPO, by the same checkers as for Raft, and one vote a
 * term on the wire. What ALPO does not promise at all (a saved term, a matchIndex) is not checked.
 * A breach is reported and not thrown, so that a play can go on and show what comes of it.
 */
import type { AlpoState, Entry, Message, ServerId } from '../../alpo/index.ts'
import { CommittedLedger } from '../checkers/committed-ledger.ts'
import { ElectionSafety } from '../checkers/election-safety.ts'
import { InvariantError } from '../checkers/invariant-error.ts'
import { KnownEntries, place } from '../checkers/known-entries.ts'
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

/** A committed entry that is not in the log of a later leader. */
export interface LostEntry {
  readonly place: string
  /** It was created in another term than the one in which it was counted. */
  readonly isOfEarlierTerm: boolean
}

export class AlpoCheckers {
  readonly #servers = new Map<ServerId, Watched>()
  readonly #report: (error: InvariantError) => void
  readonly #votes = new VoteLedger()
  readonly #known = new KnownEntries()
  readonly #stateMachines = new StateMachineSafety()
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
    this.#check(() => this.#stateMachines.applied(id, seen.applied, asChecked(entry)))
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

  /** The first committed entry that the leader elected last lacks; null where it has all. */
  get lost(): LostEntry | null {
    const last = this.elections.all.at(-1)
    if (last === undefined) return null
    for (let index = 1; index <= this.ledger.lastIndex; index++) {
      const { entry, commitTerm } = this.ledger.at(index)
      if (commitTerm >= last.term) continue
      if (this.#known.isIn(index, entry.term, last.lastIndex, last.lastTerm)) continue
      return { place: place(entry), isOfEarlierTerm: entry.term < commitTerm }
    }
    return null
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
    for (const entry of change.removed) this.#check(() => this.ledger.removed(id, entry, log))
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
        if (!this.ledger.commit(id, entry, state.currentTerm)) return
        this.#requireMajority(id, index, entry.term)
        this.#completeness.committed(state.currentTerm)
      })
    }
    watched.fullyReplicated = state.fullyReplicated
  }

  #requireMajority(id: ServerId, index: number, term: number): void {
    const holders: ServerId[] = []
    for (const [server, { view }] of this.#servers) {
      if (view.saved[index - 1]?.term === term) holders.push(server)
    }
    if (2 * holders.length > this.#servers.size) return
    throw new InvariantError(
      'committed on a majority',
      `${id} takes ${index}@${term} to be committed, which is on the disks of ` +
        `${holders.join(', ') || 'nobody'} alone`,
    )
  }

  #check(check: () => void): void {
    try {
      check()
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error
      this.#report(error)
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
