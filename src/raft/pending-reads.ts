/**
 * The reads that wait for a leader's proof that it leads (§6.4): who asked, in which round, and how
 * they are settled. When a round begins and what proves it stands in reads.ts.
 */
import { sendAfterSave, sendNow } from './outbox.ts'
import { readIndexResponse } from './read-message.ts'
import type { RaftState } from './state.ts'
import type { LogIndex, RequestId, ServerId } from './types.ts'

/** A client of this server by its ReadId, or a follower by the id of its ReadIndexRequest. */
export interface Reader {
  /** Null: a client of this server. */
  readonly from: ServerId | null
  readonly id: number
}

/** One round of heartbeats, and all the reads that it serves. */
export interface ReadRound {
  /** What was committed when the round began: the reads' index. */
  readonly index: LogIndex
  readonly readers: readonly Reader[]
  /**
   * The last request to each peer before the round. Only an answer to a later one was given after
   * the reads had come: an earlier one may say what was true before another leader's time.
   */
  readonly after: ReadonlyMap<ServerId, RequestId>
}

export class PendingReads {
  /** In no round yet. */
  waiting: Reader[] = []
  /** Under way, oldest first. What proves one proves those before it. */
  readonly rounds: ReadRound[] = []
  /** All of them. */
  count = 0

  add(reader: Reader): void {
    this.waiting.push(reader)
    this.count += 1
  }

  /** A follower repeats its request until it is answered. */
  isAwaited(from: ServerId, requestId: RequestId): boolean {
    const isIt = (reader: Reader): boolean => reader.from === from && reader.id === requestId
    return this.waiting.some(isIt) || this.rounds.some(({ readers }) => readers.some(isIt))
  }
}

/** The oldest round is proven. */
export function settleOldest(raft: RaftState, reads: PendingReads): void {
  const round = reads.rounds.shift()
  if (round === undefined) return
  reads.count -= round.readers.length
  for (const reader of round.readers) grant(raft, reader, round.index)
}

/** Tells the reader that it may read at `index`. */
export function grant(raft: RaftState, { from, id }: Reader, index: LogIndex): void {
  if (from === null) raft.outbox.answers.push({ kind: 'readable', readId: id, index })
  else sendNow(raft, readIndexResponse(raft.id, from, raft.currentTerm, id, index))
}

/** Leadership is gone: none of them can be answered any more. */
export function abandonReads(
  raft: RaftState,
  reads: PendingReads,
  leaderId: ServerId | null,
): void {
  for (const { readers } of reads.rounds) refuseAll(raft, readers, leaderId)
  refuseAll(raft, reads.waiting, leaderId)
  reads.rounds.length = 0
  reads.waiting = []
  reads.count = 0
}

function refuseAll(raft: RaftState, readers: readonly Reader[], leaderId: ServerId | null): void {
  for (const { from, id } of readers) {
    if (from === null) {
      const refusal = 'leaderLost'
      raft.outbox.answers.push({ kind: 'unreadable', readId: id, refusal, leaderId })
    } else {
      sendAfterSave(raft, readIndexResponse(raft.id, from, raft.currentTerm, id, null))
    }
  }
}
