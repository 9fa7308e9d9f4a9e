/**
 * How far a learner is behind, in rounds (§4.2.1): in each it is sent what the log held when the
 * round began. A round that is shorter than an election timeout says that, were the learner made a
 * voter now, the cluster would not have to wait for it any longer than for an election.
 */
import type { LogIndex, Milliseconds } from './types.ts'

export class CatchUp {
  /** The round that is under way; the first is 1. */
  round: number
  /** The log's last entry when it began. */
  goalIndex: LogIndex
  startedAt: Milliseconds
  /** What the round before it took; endless before the first has ended. */
  lastRoundMs: Milliseconds

  constructor(goalIndex: LogIndex, now: Milliseconds) {
    this.round = 1
    this.goalIndex = goalIndex
    this.startedAt = now
    this.lastRoundMs = Number.POSITIVE_INFINITY
  }

  /** The learner has answered, and holds the log through `matchIndex`. */
  heard(matchIndex: LogIndex, lastIndex: LogIndex, now: Milliseconds): void {
    if (matchIndex < this.goalIndex) return
    this.lastRoundMs = now - this.startedAt
    this.round += 1
    this.goalIndex = lastIndex
    this.startedAt = now
  }

  /**
   * Its last round was short, and the present one is not too long yet: a learner that is silent
   * since, or has fallen behind, is not caught up any more.
   */
  isCaughtUp(now: Milliseconds, electionTimeoutMs: Milliseconds): boolean {
    return this.lastRoundMs < electionTimeoutMs && now - this.startedAt < electionTimeoutMs
  }
}
