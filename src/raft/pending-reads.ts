/**
 * The reads that wait for a leader's proof that it leads (§6.4): who asked, in which round, and how
 * they are settled. When a round begins and what proves it stands in reads.ts.
 */
import type { ReadRefusal } from './effects.ts'
import type { ReadId } from './input.ts'
import type { Outbox } from './outbox.ts'
import type { LogIndex, RequestId, ServerId } from './types.ts'

/** One round of heartbeats, and all the reads that it serves. */
export interface ReadRound {
  /** What was committed when the round began: the reads' index. */
  readonly index: LogIndex
  readonly reads: readonly ReadId[]
  /**
   * The last request to each peer before the round. Only an answer to a later one was given after
   * the reads had come: an earlier one may say what was true before another leader's time.
   */
  readonly after: ReadonlyMap<ServerId, RequestId>
}

export class PendingReads {
  /** In no round yet. */
  waiting: ReadId[] = []
  /** Under way, oldest first. What proves one proves those before it. */
  readonly rounds: ReadRound[] = []
  /** All of them. */
  count = 0

  add(readId: ReadId): void {
    this.waiting.push(readId)
    this.count += 1
  }

  /** The oldest round is proven. */
  settleOldest(outbox: Outbox): void {
    const round = this.rounds.shift()
    if (round === undefined) return
    this.count -= round.reads.length
    for (const readId of round.reads) {
      outbox.answers.push({ kind: 'readable', readId, index: round.index })
    }
  }

  /** None of them can be answered any more. */
  abandon(outbox: Outbox, refusal: ReadRefusal, leaderId: ServerId | null): void {
    for (const { reads } of this.rounds) refuse(outbox, reads, refusal, leaderId)
    refuse(outbox, this.waiting, refusal, leaderId)
    this.rounds.length = 0
    this.waiting = []
    this.count = 0
  }
}

function refuse(
  outbox: Outbox,
  reads: readonly ReadId[],
  refusal: ReadRefusal,
  leaderId: ServerId | null,
): void {
  for (const readId of reads) outbox.answers.push({ kind: 'unreadable', readId, refusal, leaderId })
}
