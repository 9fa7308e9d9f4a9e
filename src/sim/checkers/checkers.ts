/**
 * All checkers behind one door. Whoever runs a cluster (the simulator, a scenario) tells what
 * happens; the first thing that breaks a guarantee throws an {@link InvariantError}. Every check
 * looks only at what has changed since the last one, so that they can stay on always.
 */
import type { Recovered, SaveBatch } from '../../ports/index.ts'
import type {
  Entry,
  Leader,
  LogIndex,
  Message,
  RaftState,
  ServerId,
  Term,
} from '../../raft/index.ts'
import { CommittedLedger } from './committed-ledger.ts'
import { DiskBooks } from './disk-books.ts'
import { checkDurableBeforeSent } from './durable-before-sent.ts'
import { checkMatchIndex, checkOwnDurableIndex } from './durable-match.ts'
import { ElectionSafety, requireMajority } from './election-safety.ts'
import { InvariantError } from './invariant-error.ts'
import { KnownEntries, place } from './known-entries.ts'
import { checkLeaderAppendOnly } from './leader-append-only.ts'
import { LeaderCompleteness } from './leader-completeness.ts'
import { checkLogMatching } from './log-matching.ts'
import { checkNeverBackwards } from './never-backwards.ts'
import { type LogChange, Seen } from './seen.ts'
import { StateMachineSafety } from './state-machine-safety.ts'
import { VoteLedger } from './vote-ledger.ts'

/** One server as the checkers see it. */
export interface ServerView {
  readonly id: ServerId
  /** Null while the server is down. A new life has a new state. */
  readonly state: RaftState | null
}

export interface CheckersOptions {
  /** Told from where on a server has cut entries off its log. */
  readonly logCut?: (id: ServerId, from: LogIndex) => void
  /** Messages may arrive that no server has sent: then nobody can say who voted for whom. */
  readonly mayForge?: boolean
}

interface Watched {
  readonly view: ServerView
  readonly seen: Seen
  readonly books: DiskBooks
}

export class Checkers {
  readonly #servers = new Map<ServerId, Watched>()
  readonly #majority: number
  readonly #known = new KnownEntries()
  readonly #votes = new VoteLedger()
  readonly #stateMachines = new StateMachineSafety()
  readonly ledger: CommittedLedger = new CommittedLedger()
  readonly elections: ElectionSafety = new ElectionSafety()
  readonly #completeness = new LeaderCompleteness(this.#known, this.ledger, this.elections)
  readonly #booksOf = (id: ServerId): DiskBooks => this.#watched(id).books
  readonly #leaderOf = (id: ServerId, term: Term): RaftState | null => {
    const { state } = this.#watched(id).view
    return state?.role.kind === 'leader' && state.currentTerm === term ? state : null
  }

  readonly #options: CheckersOptions

  /** Every server of the cluster, up or not. */
  constructor(views: readonly ServerView[], options: CheckersOptions = {}) {
    this.#options = options
    // Worked out anew: the core's own idea of a majority is among what is checked.
    this.#majority = Math.floor(views.length / 2) + 1
    for (const view of views) {
      const { id } = view
      this.#servers.set(id, { view, seen: new Seen(id), books: new DiskBooks(id) })
    }
  }

  /** The server gives its storage something to make durable. */
  saving(id: ServerId, batches: readonly SaveBatch[]): void {
    this.#watched(id).books.saving(batches)
  }

  /** The storage has acknowledged what it was given; to be told before the server is. */
  saved(id: ServerId): void {
    this.#watched(id).books.saved()
  }

  /** The server has read its disk and begins a life: nothing acknowledged may be missing. */
  restarted(id: ServerId, recovered: Recovered): void {
    const wrong = this.booksDisagree(id, recovered)
    if (wrong !== null) throw new InvariantError('durable is durable', `on ${id}, ${wrong}`)
  }

  /**
   * As {@link restarted} for a disk that may have been damaged: says what is wrong, if anything.
   */
  booksDisagree(id: ServerId, recovered: Recovered): string | null {
    return this.#watched(id).books.restarted(recovered)
  }

  /** The message leaves its sender, whether or not it will arrive. */
  sent(message: Message): void {
    const { from, to, term } = message
    const { books } = this.#watched(from)
    if (message.kind === 'requestVoteRequest') this.#votes.vote(from, term, from)
    if (message.kind === 'requestVoteResponse' && message.voteGranted) {
      this.#votes.vote(from, term, to)
    }
    checkDurableBeforeSent(message, books, this.#leaderOf)
  }

  /** The server applies an entry to its state machine. */
  applied(id: ServerId, entry: Entry): void {
    const { seen, view } = this.#watched(id)
    if (seen.state !== view.state) seen.begin(view.state)
    this.#stateMachines.applied(id, seen.applied, entry)
  }

  /** Something has happened to this server, and nothing to any other. */
  afterEvent(id: ServerId): void {
    const { seen, view, books } = this.#watched(id)
    const { state } = view
    if (seen.state !== state) seen.begin(state)
    if (state === null) return
    checkNeverBackwards(seen, state)
    const leader = state.role.kind === 'leader' ? state.role : null
    const change = seen.look(state.log)
    if (change !== null) this.#logChanged(seen, state, leader, change)
    if (leader !== null && seen.role !== leader) this.#elected(seen, state, leader)
    seen.role = state.role
    if (state.commitIndex > seen.commitIndex) this.#committed(seen, state)
    checkOwnDurableIndex(seen, state, books)
    if (leader !== null) checkMatchIndex(seen, state, leader, this.#booksOf)
    books.settle()
  }

  #logChanged(seen: Seen, state: RaftState, leader: Leader | null, change: LogChange): void {
    checkLeaderAppendOnly(seen, leader === seen.role ? leader : null, change)
    for (const entry of change.removed) this.ledger.removed(seen.id, entry, state.log)
    checkLogMatching(this.#known, seen, state.log, change)
    if (change.removed.length > 0) this.#options.logCut?.(seen.id, change.from)
  }

  #elected(seen: Seen, state: RaftState, leader: Leader): void {
    const lastIndex = leader.firstIndexOfTerm - 1
    const election = {
      term: state.currentTerm,
      leaderId: seen.id,
      lastIndex,
      lastTerm: state.log.termAt(lastIndex),
    }
    seen.matchIndex.clear()
    this.elections.elected(election)
    if (this.#options.mayForge !== true) {
      const votes = 1 + this.#votes.votesOfOthers(seen.id, state.currentTerm)
      requireMajority(election, votes, this.#majority)
    }
    this.#completeness.elected(election)
  }

  /** commitIndex has advanced. */
  #committed(seen: Seen, state: RaftState): void {
    let last: Entry | null = null
    for (let index = seen.commitIndex + 1; index <= state.commitIndex; index++) {
      const entry = state.log.entryAt(index)
      if (this.ledger.commit(seen.id, entry, state.currentTerm)) last = entry
    }
    seen.commitIndex = state.commitIndex
    if (last === null) return
    this.#completeness.committed(state.currentTerm)
    this.#requireMajority(seen.id, last)
  }

  /** Log matching makes the last entry speak for all before it. */
  #requireMajority(id: ServerId, entry: Entry): void {
    const holders: ServerId[] = []
    for (const [server, { books }] of this.#servers) {
      if (books.holds(entry.index, entry.term)) holders.push(server)
    }
    if (holders.length >= this.#majority) return
    throw new InvariantError(
      'committed on a majority',
      `${id} takes ${place(entry)} to be committed, which only ${holders.join(', ') || 'nobody'} ` +
        `has on disk`,
    )
  }

  #watched(id: ServerId): Watched {
    const watched = this.#servers.get(id)
    if (watched === undefined) throw new Error(`${id} is no server of this cluster`)
    return watched
  }
}
