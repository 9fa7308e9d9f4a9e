/**
 * A follower as another implementation of the course's wire would be: Figure 3.1 to the letter,
 * written without any of our code, and an answer that says `Success` and nothing else.
 */
import type { AppendEntriesRequest, AppendEntriesResponse, Entry } from '../../src/raft/index.ts'
import { entriesOf } from './harness.ts'

export class ForeignFollower {
  readonly id: string
  readonly log: Entry[]
  answers: AppendEntriesResponse[] = []

  constructor(id: string, log: readonly number[]) {
    this.id = id
    this.log = entriesOf(log)
  }

  receive(request: AppendEntriesRequest): void {
    const { prevLogIndex, prevLogTerm, entries, from, to, term } = request
    const before = prevLogIndex === 0 ? 0 : this.log[prevLogIndex - 1]?.term
    const success = before === prevLogTerm
    if (success) {
      for (const entry of entries) {
        const own = this.log[entry.index - 1]
        if (own !== undefined && own.term !== entry.term) this.log.length = entry.index - 1
        if (own === undefined || own.term !== entry.term) this.log.push(entry)
      }
    }
    this.answers.push({
      kind: 'appendEntriesResponse',
      from: to,
      to: from,
      term,
      success,
      requestId: 0,
      matchIndex: 0,
      hintIndex: 0,
      hintTerm: 0,
      diskIsFull: false,
    })
  }

  /** How far its log and the leader's are the same. */
  agreesThrough(leaderLog: readonly Entry[]): number {
    return agreement(this.log, leaderLog)
  }
}

/** The length of the common prefix, by terms: with Log Matching that is by content. */
export function agreement(a: readonly Entry[], b: readonly Entry[]): number {
  let length = 0
  while (length < a.length && a[length]?.term === b[length]?.term) length++
  return length
}
