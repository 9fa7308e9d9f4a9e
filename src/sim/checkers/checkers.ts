/**
 * All checkers behind one door. Whoever runs a cluster (the simulator, a scenario) tells what
 * happens; the first thing that breaks a guarantee throws an {@link InvariantError}. Every check
 * looks only at what has changed since the last one, so that they can stay on always.
 */
import type { Recovered, SaveBatch } from '../../ports/index.ts'
import type {
  Configuration,
  Entry,
  Leader,
  LogIndex,
  Message,
  RaftState,
  ServerId,
  Snapshot,
  Term,
} from '../../raft/index.ts'
import { configuration as configurationOf, incarnationOf } from '../../raft/index.ts'
import { CommittedLedger } from './committed-ledger.ts'
import { AppendedConfigurations, Configurations } from './configurations.ts'
import { DiskBooks } from './disk-books.ts'
import { checkDurableBeforeSent } from './durable-before-sent.ts'
import { checkMatchIndex, checkOwnDurableIndex } from './durable-match.ts'
import { ElectionSafety, requireQuorum } from './election-safety.ts'
import { InvariantError } from './invariant-error.ts'
import { KnownEntries, place } from './known-entries.ts'
import { checkLeaderAppendOnly } from './leader-append-only.ts'
import { LeaderCompleteness } from './leader-completeness.ts'
import { checkLogMatching } from './log-matching.ts'
import type { LogView } from './log-view.ts'
import { checkNeverBackwards } from './never-backwards.ts'
import { isQuorum } from './quorums.ts'
import { type LogChange, Seen } from './seen.ts'
import { StateMachineSafety } from './state-machine-safety.ts'
import { VoteLedger } from './vote-ledger.ts'
import { requireCommitted, WholeLog } from './whole-log.ts'

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
  /** What the cluster begins with; by default all servers vote. */
  readonly founding?: Configuration
}

interface Watched {
  readonly view: ServerView
  readonly seen: Seen
  /** Of its present life. */
  configurations: Configurations
  books: DiskBooks
  /** Of data that it has lost since, by their incarnation. */
  readonly pastBooks: Map<number, DiskBooks>
}

export class Checkers {
  readonly #servers = new Map<ServerId, Watched>()
  readonly #bootstrap: Configuration
  readonly #known = new KnownEntries()
  readonly #votes = new VoteLedger()
  readonly #stateMachines = new StateMachineSafety()
  readonly ledger: CommittedLedger = new CommittedLedger()
  readonly appended: AppendedConfigurations = new AppendedConfigurations()
  readonly elections: ElectionSafety = new ElectionSafety()
  readonly #completeness = new LeaderCompleteness(this.#known, this.ledger, this.elections)
  readonly #booksOf = (id: ServerId, incarnation: number | null): DiskBooks => {
    const { books, pastBooks } = this.#watched(id)
    return pastBooks.get(incarnation ?? 0) ?? books
  }

  readonly #leaderLogOf = (id: ServerId, term: Term): LogView | null => {
    const { state } = this.#watched(id).view
    const leads = state?.role.kind === 'leader' && state.currentTerm === term
    return leads ? new WholeLog(id, state.log, this.ledger) : null
  }
  readonly #options: CheckersOptions

  /** Every server of the cluster, up or not. */
  constructor(views: readonly ServerView[], options: CheckersOptions = {}) {
    this.#options = options
    this.#bootstrap = options.founding ?? configurationOf(views.map(({ id }) => id))
    for (const view of views) {
      const { id } = view
      const configurations = new Configurations(id, this.#bootstrap)
      this.#servers.set(id, {
        view,
        seen: new Seen(id),
        configurations,
        books: new DiskBooks(id, this.ledger),
        pastBooks: new Map(),
      })
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

  /** As {@link restarted} for a disk that may be damaged: what is wrong, if anything. */
  booksDisagree(id: ServerId, recovered: Recovered): string | null {
    return this.#watched(id).books.restarted(recovered)
  }

  /** The data that it had, of this incarnation, are gone; it goes on with an empty directory. */
  emptied(id: ServerId, incarnation: number): void {
    const watched = this.#watched(id)
    watched.pastBooks.set(incarnation, watched.books)
    watched.books = new DiskBooks(id, this.ledger)
    this.#votes.emptied(id)
  }

  /** The server has given up its log since it was last seen, and says so: it may begin anew. */
  readonly beginsAnew = (id: ServerId, recovered: Recovered): boolean =>
    this.#watched(id).books.beginsAnew(recovered)

  /** The message leaves its sender, whether or not it will arrive. */
  sent(message: Message): void {
    const { from, to, term } = message
    const { books } = this.#watched(from)
    if (message.kind === 'requestVoteRequest') this.#votes.vote(from, term, from)
    if (message.kind === 'requestVoteResponse' && message.voteGranted) {
      this.#votes.vote(from, term, to)
    }
    checkDurableBeforeSent(message, books, this.#leaderLogOf)
  }

  /** The server applies an entry to its state machine. */
  applied(id: ServerId, entry: Entry, machineDigest: number | null = null): void {
    const { seen, view } = this.#watched(id)
    if (seen.state !== view.state) this.#begin(id)
    this.#stateMachines.applied(id, seen.applied, entry, machineDigest)
  }

  /** The server's state machine has taken on a snapshot's state. */
  restored(id: ServerId, { lastIndex, lastTerm }: Snapshot, machineDigest: number): void {
    const { seen, view } = this.#watched(id)
    if (seen.state !== view.state) this.#begin(id)
    requireCommitted(id, lastIndex, lastTerm, this.ledger)
    this.#stateMachines.restored(id, seen.applied, lastIndex, machineDigest)
  }

  /** The storage has said that a snapshot through this entry is durable. */
  snapshotDurable(id: ServerId, lastIndex: LogIndex): void {
    const { books } = this.#watched(id)
    books.snapshotIndex = Math.max(books.snapshotIndex, lastIndex)
  }

  /** Something has happened to this server, and nothing to any other. */
  afterEvent(id: ServerId): void {
    const { seen, view, books } = this.#watched(id)
    const { state } = view
    if (seen.state !== state) this.#begin(id)
    if (state === null) return
    checkNeverBackwards(seen, state)
    const leader = state.role.kind === 'leader' ? state.role : null
    const log = new WholeLog(id, state.log, this.ledger)
    checkSnapshot(seen, state, this.ledger)
    const change = seen.look(log, state.log.baseIndex)
    const added = change === null ? nothing : this.#logChanged(seen, log, leader, change)
    if (leader !== null && seen.role !== leader) this.#elected(seen, state, log, leader)
    seen.role = state.role
    if (state.commitIndex > seen.commitIndex) this.#committed(seen, state, log)
    for (const entry of added) this.#newConfiguration(id, entry, state, leader)
    checkOwnDurableIndex(seen, state, log, books)
    if (leader !== null) checkMatchIndex(seen, state, leader, log, this.#booksOf)
    books.settle()
  }

  #newConfiguration(id: ServerId, entry: Entry, state: RaftState, leader: Leader | null): void {
    const isOwn = leader !== null && entry.term === state.currentTerm
    if (!isOwn) return
    this.appended.add(entry)
    this.#watched(id).configurations.appended(entry, leader, this.ledger)
  }

  /** What is committed of the configurations, by what anybody knows. */
  committedConfiguration(): Configuration {
    return this.appended.committed(this.ledger) ?? this.#bootstrap
  }

  /** That, and whatever may yet be: it was once appended, and not overtaken for certain. */
  possibleConfigurations(): readonly Configuration[] {
    return [this.committedConfiguration(), ...this.appended.open(this.ledger)]
  }

  #begin(id: ServerId): void {
    const watched = this.#watched(id)
    watched.seen.begin(watched.view.state)
    watched.configurations = new Configurations(id, this.#bootstrap)
  }

  /** Returns the configurations that are new in the log. */
  #logChanged(
    seen: Seen,
    log: LogView,
    leader: Leader | null,
    change: LogChange,
  ): readonly Entry[] {
    checkLeaderAppendOnly(seen, leader === seen.role ? leader : null, change)
    for (const entry of change.removed) this.ledger.removed(seen.id, entry, log, change.from)
    checkLogMatching(this.#known, seen, log, change)
    if (change.removed.length > 0) this.#options.logCut?.(seen.id, change.from)
    return this.#watched(seen.id).configurations.logChanged(log, change.from)
  }

  #elected(seen: Seen, state: RaftState, log: LogView, leader: Leader): void {
    const lastIndex = leader.firstIndexOfTerm - 1
    const election = {
      term: state.currentTerm,
      leaderId: seen.id,
      lastIndex,
      lastTerm: log.termAt(lastIndex),
    }
    seen.matchIndex.clear()
    this.elections.elected(election)
    if (this.#options.mayForge !== true) {
      const voters = this.#votes.votersFor(seen.id, state.currentTerm)
      const { configurations } = this.#watched(seen.id)
      requireQuorum(election, voters, configurations.asOf(lastIndex))
    }
    this.#completeness.elected(election)
  }

  /** commitIndex has advanced. */
  #committed(seen: Seen, state: RaftState, log: LogView): void {
    let last: Entry | null = null
    for (let index = seen.commitIndex + 1; index <= state.commitIndex; index++) {
      const entry = log.entryAt(index)
      if (this.ledger.commit(seen.id, entry, state.currentTerm)) last = entry
    }
    seen.commitIndex = state.commitIndex
    if (last === null) return
    this.#completeness.committed(state.currentTerm)
    this.#requireMajority(seen.id, last)
  }

  /**
   * Log matching makes the last entry speak for all before it. It was committed under the newest
   * configuration that its leader had then, which may stand before the entry or behind it.
   */
  #requireMajority(id: ServerId, entry: Entry): void {
    const { configurations } = this.#watched(id)
    const before = configurations.asOf(entry.index)
    if (isQuorum(before, this.#holders(entry, before))) return
    const holders = this.#holders(entry, configurations.newest)
    if (isQuorum(configurations.newest, holders)) return
    throw new InvariantError(
      'committed on a majority',
      `${id} takes ${place(entry)} to be committed, which only ` +
        `${[...holders].join(', ') || 'nobody'} has on disk`,
    )
  }

  /** Whose disks hold it: those that the configuration means, or what they were. */
  #holders({ index, term }: Entry, configuration: Configuration): Set<ServerId> {
    const holds = (id: ServerId): boolean =>
      this.#booksOf(id, incarnationOf(configuration, id)).counts(index, term)
    return new Set([...this.#servers.keys()].filter(holds))
  }

  #watched(id: ServerId): Watched {
    const watched = this.#servers.get(id)
    if (watched === undefined) throw new Error(`${id} is no server of this cluster`)
    return watched
  }
}

/** A snapshot that is new covers only what is committed, and more than the one before. */
function checkSnapshot(seen: Seen, { snapshot }: RaftState, ledger: CommittedLedger): void {
  const lastIndex = snapshot?.lastIndex ?? 0
  if (snapshot === null || lastIndex === seen.snapshotIndex) return
  if (lastIndex < seen.snapshotIndex) {
    const what = `the snapshot of ${seen.id} went from ${seen.snapshotIndex} to ${lastIndex}`
    throw new InvariantError('never backwards', what)
  }
  seen.snapshotIndex = lastIndex
  requireCommitted(seen.id, lastIndex, snapshot.lastTerm, ledger)
}

const nothing: readonly Entry[] = []
