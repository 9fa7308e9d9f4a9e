/**
 * What each server's disk certainly holds, told not by the server but by what its storage was given
 * and has acknowledged. A restart must bring back at least that, and nothing that was never given.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { Recovered, SaveBatch } from '../../ports/index.ts'
import type { Entry, LogIndex, ServerId, Snapshot, Term } from '../../raft/index.ts'
import { CommittedLedger } from './committed-ledger.ts'
import { InvariantError } from './invariant-error.ts'
import { requireCommitted } from './whole-log.ts'

export class DiskBooks {
  readonly id: ServerId
  currentTerm: Term = 0
  votedFor: ServerId | null = null
  /** The last entry that a durable snapshot covers, by what the storage has acknowledged. */
  snapshotIndex: LogIndex = 0
  readonly #ledger: CommittedLedger
  /** From the first, also what a snapshot stands for. */
  readonly #entries: Entry[] = []
  /** Whom the disk has held a vote for, by term. */
  readonly #votes = new Map<Term, ServerId>()
  /** What it held when its log was given up. */
  readonly #lost = new Set<string>()
  #refillTerm: Term = 0
  /**
   * Given to the storage, not acknowledged: after a crash all, a prefix or nothing of it is there.
   */
  #underWay: readonly SaveBatch[] = []
  /** What this event made durable and cut off again, batch by batch: acknowledged all the same. */
  #cutOff: Entry[] = []

  constructor(id: ServerId, ledger: CommittedLedger = new CommittedLedger()) {
    this.id = id
    this.#ledger = ledger
  }

  get lastIndex(): LogIndex {
    return this.#entries.length
  }

  /** The storage is asked to make these durable. */
  saving(batches: readonly SaveBatch[]): void {
    this.#underWay = batches
  }

  /** The storage has acknowledged what it was asked. */
  saved(): void {
    for (const batch of this.#underWay) this.#save(batch)
    this.#underWay = []
  }

  /** Whether the disk holds this entry, or held it within this event. */
  holds(index: LogIndex, term: Term): boolean {
    if (index === 0) return true
    if (this.#entries[index - 1]?.term === term) return true
    return this.#cutOff.some((entry) => entry.index === index && entry.term === term)
  }

  /** The same, or it held it when its log was given up: until it is filled it votes for nobody. */
  counts(index: LogIndex, term: Term): boolean {
    return this.holds(index, term) || this.#lost.has(`${index}@${term}`)
  }

  /**
   * Whether what the disk holds keeps the server from voting for anybody but `candidate` in `term`:
   * by its vote, or because it is past that term.
   */
  bindsVote(term: Term, candidate: ServerId): boolean {
    return term < this.currentTerm || this.#votes.get(term) === candidate
  }

  /**
   * After a restart with a log that was given up: nothing is there any more, and what was there
   * counts for others as if it were, since it binds the server's votes (src/raft/refilling.ts).
   */
  beginsAnew({ refillTerm = 0, currentTerm, entries, snapshot }: Recovered): boolean {
    if (refillTerm <= this.#refillTerm) return false
    const isEmpty = entries.length === 0 && (snapshot ?? null) === null
    if (!isEmpty || currentTerm !== refillTerm || refillTerm <= this.currentTerm) {
      const what = `${this.id} begins anew in term ${refillTerm}, after ${this.currentTerm}`
      throw new InvariantError('durable is durable', what)
    }
    this.#refillTerm = refillTerm
    this.#underWay = []
    this.settle()
    for (const entry of this.#entries.splice(0)) this.#lost.add(`${entry.index}@${entry.term}`)
    this.snapshotIndex = 0
    this.currentTerm = currentTerm
    this.votedFor = null
    return true
  }

  /** The event is over: what it says has been said. */
  settle(): void {
    if (this.#cutOff.length > 0) this.#cutOff = []
  }

  /**
   * After a restart: adopts what the disk turned out to hold. Returns null, or what is wrong with
   * it, and then changes nothing: it must be what was acknowledged, and after it the first so many
   * batches that were not.
   */
  restarted(recovered: Recovered): string | null {
    const wrong = this.#differenceTo(recovered)
    const batches = this.#underWay
    this.#underWay = []
    this.settle()
    if (wrong === null) {
      this.#adopt(recovered)
      return null
    }
    const { currentTerm, votedFor, snapshotIndex } = this
    const entries = [...this.#entries]
    for (const batch of batches) {
      this.#save(batch)
      if (this.#differenceTo(recovered) !== null) continue
      this.#adopt(recovered)
      this.settle()
      return null
    }
    this.currentTerm = currentTerm
    this.votedFor = votedFor
    this.snapshotIndex = snapshotIndex
    this.#entries.length = 0
    for (const entry of entries) this.#entries.push(entry)
    this.settle()
    return wrong
  }

  #save(batch: SaveBatch): void {
    const { currentTerm, votedFor } = batch
    if (currentTerm < this.currentTerm) {
      throw new InvariantError(
        'never backwards',
        `the disk of ${this.id} goes back from term ${this.currentTerm} to ${currentTerm}`,
      )
    }
    const vote = this.#votes.get(currentTerm)
    if (vote !== undefined && vote !== votedFor) {
      throw new InvariantError(
        'one vote per term',
        `in term ${currentTerm}, ${this.id} saved a vote for ${vote}, and then for ${votedFor}`,
      )
    }
    if (votedFor !== null && vote === undefined) this.#votes.set(currentTerm, votedFor)
    this.currentTerm = currentTerm
    this.votedFor = votedFor
    if (batch.snapshot != null) this.#replace(batch.snapshot)
    if (batch.truncateFrom !== null) {
      for (const entry of this.#entries.splice(batch.truncateFrom - 1)) this.#cutOff.push(entry)
    }
    for (const entry of batch.entries) {
      if (entry.index !== this.#entries.length + 1) {
        throw new InvariantError(
          'durable is durable',
          `${this.id} saves entry ${entry.index} behind entry ${this.#entries.length}`,
        )
      }
      this.#entries.push(entry)
    }
  }

  /** A snapshot stands for what is committed through its last entry. */
  #replace({ lastIndex }: Snapshot): void {
    for (const entry of this.#entries.splice(0)) this.#cutOff.push(entry)
    this.#cover(lastIndex)
  }

  #cover(lastIndex: LogIndex): void {
    for (let index = 1; index <= lastIndex; index++) {
      this.#entries.push(this.#ledger.at(index).entry)
    }
    this.snapshotIndex = Math.max(this.snapshotIndex, lastIndex)
  }

  /** What came back, which is no less than what was durable. */
  #adopt({ currentTerm, votedFor, entries, snapshot }: Recovered): void {
    this.currentTerm = currentTerm
    this.votedFor = votedFor
    if (snapshot == null) return
    this.#entries.length = 0
    this.#cover(snapshot.lastIndex)
    for (const entry of entries) this.#entries.push(entry)
  }

  #differenceTo(recovered: Recovered): string | null {
    const { entries } = recovered
    const snapshot = recovered.snapshot ?? null
    const covered = snapshot?.lastIndex ?? 0
    if (covered < this.snapshotIndex) {
      const durable = this.snapshotIndex
      return `a snapshot through ${durable} was durable, and through ${covered} came back`
    }
    if (snapshot !== null) {
      requireCommitted(this.id, covered, snapshot.lastTerm, this.#ledger)
    }
    // Later than the log, or in conflict with it: then it stands for all of it.
    const isLater = snapshot !== null && this.#entries[covered - 1]?.term !== snapshot.lastTerm
    const wrong = this.#hardStateDiffers(recovered, isLater ? snapshot.lastTerm : 0)
    if (wrong !== null) return wrong
    const rest = isLater ? [] : this.#entries.slice(covered)
    if (entries.length !== rest.length) {
      const where = covered === 0 ? '' : ` after ${covered}`
      return `${rest.length} entries${where} were durable, and ${entries.length} came back`
    }
    for (const [i, entry] of entries.entries()) {
      if (!isSame(entry, rest[i] as Entry)) return `entry ${covered + i + 1} came back changed`
    }
    return null
  }

  /** `raisedTo`: a snapshot of this term was durable before the term was. */
  #hardStateDiffers({ currentTerm, votedFor }: Recovered, raisedTo: Term): string | null {
    if (currentTerm === this.currentTerm && votedFor === this.votedFor) return null
    if (currentTerm === raisedTo && raisedTo > this.currentTerm && votedFor === null) return null
    const vote = `with a vote for ${this.votedFor ?? 'nobody'}`
    return (
      `term ${this.currentTerm} ${vote} was durable, and term ${currentTerm} with a vote for ` +
      `${votedFor ?? 'nobody'} came back`
    )
  }
}

function isSame(a: Entry, b: Entry): boolean {
  if (a === b) return true
  if (a.index !== b.index || a.term !== b.term || a.kind !== b.kind) return false
  return bytesEqual(a.command, b.command)
}
