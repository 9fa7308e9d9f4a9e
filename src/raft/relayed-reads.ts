/**
 * Reads that a follower has taken in and for which it asks its leader (§6.4): who waits, in which
 * request. How a request is asked and answered stands in reading-follower.ts.
 */
import type { ReadRefusal } from './effects.ts'
import type { ReadId } from './input.ts'
import type { Outbox } from './outbox.ts'
import type { LogIndex, Milliseconds, RequestId, ServerId } from './types.ts'

interface RelayedRead {
  readonly readId: ReadId
  /** When it is given up: the leader that was asked is probably none any more. */
  readonly deadline: Milliseconds
}

/** One question to the leader, for all the reads that had come by then. */
export interface ReadIndexQuestion {
  readonly requestId: RequestId
  reads: readonly RelayedRead[]
  sentAt: Milliseconds
}

export class RelayedReads {
  /** Not asked for yet. */
  waiting: RelayedRead[] = []
  /** Under way, oldest first. */
  questions: ReadIndexQuestion[] = []
  count = 0

  add(readId: ReadId, deadline: Milliseconds): void {
    this.waiting.push({ readId, deadline })
    this.count += 1
  }

  /** The oldest read's deadline; reads are given up in the order in which they came. */
  get deadline(): Milliseconds {
    const oldest = this.questions[0]?.reads[0] ?? this.waiting[0]
    return oldest?.deadline ?? Number.POSITIVE_INFINITY
  }

  /** The index of `requestId` is valid for all that was asked before it, too. */
  answered(requestId: RequestId, index: LogIndex, outbox: Outbox): void {
    const isCovered = (question: ReadIndexQuestion): boolean => question.requestId <= requestId
    if (!this.questions.some((question) => question.requestId === requestId)) return
    for (const { reads } of this.questions.filter(isCovered)) {
      this.count -= reads.length
      for (const { readId } of reads) outbox.answers.push({ kind: 'readable', readId, index })
    }
    this.questions = this.questions.filter((question) => !isCovered(question))
  }

  /** The leader says no to what `requestId` asks. */
  refused(requestId: RequestId, outbox: Outbox, leaderId: ServerId | null): void {
    const question = this.questions.find((asked) => asked.requestId === requestId)
    if (question === undefined) return
    this.questions = this.questions.filter((asked) => asked !== question)
    this.#refuse(question.reads, outbox, leaderId)
  }

  /** Gives up what has waited for too long. */
  expire(now: Milliseconds, outbox: Outbox, leaderId: ServerId | null): void {
    const hasTime = ({ deadline }: RelayedRead): boolean => deadline > now
    for (const question of this.questions) {
      this.#refuse(
        question.reads.filter((read) => !hasTime(read)),
        outbox,
        leaderId,
      )
      question.reads = question.reads.filter(hasTime)
    }
    this.questions = this.questions.filter(({ reads }) => reads.length > 0)
    this.#refuse(
      this.waiting.filter((read) => !hasTime(read)),
      outbox,
      leaderId,
    )
    this.waiting = this.waiting.filter(hasTime)
  }

  /** Nobody is there any more who was asked. */
  abandon(outbox: Outbox, leaderId: ServerId | null): void {
    for (const { reads } of this.questions) this.#refuse(reads, outbox, leaderId)
    this.#refuse(this.waiting, outbox, leaderId)
    this.questions = []
    this.waiting = []
  }

  #refuse(reads: readonly RelayedRead[], outbox: Outbox, leaderId: ServerId | null): void {
    this.count -= reads.length
    const refusal: ReadRefusal = 'leaderLost'
    for (const { readId } of reads) {
      outbox.answers.push({ kind: 'unreadable', readId, refusal, leaderId })
    }
  }
}
