/**
 * What happened on a server of late, for operators who ask why. What happens again and again, as a
 * candidate does that nobody votes for, takes one place and is counted.
 */
import { describeNotice, type Milliseconds, type Notice } from '../raft/index.ts'
import type { RecentEvent } from './status.ts'

/** A screenful; past it the oldest goes. Each is a line of text. */
export const recentEventsMax = 32

interface Happened {
  readonly kind: Notice['kind']
  readonly text: string
  readonly at: Milliseconds
  readonly count: number
}

export class RecentEvents {
  /** By text; a map remembers who came first. */
  readonly #events = new Map<string, Happened>()

  add(notice: Notice, now: Milliseconds): void {
    const text = describeNotice(notice)
    const count = (this.#events.get(text)?.count ?? 0) + 1
    this.#events.delete(text)
    this.#events.set(text, { kind: notice.kind, text, at: now, count })
    if (this.#events.size <= recentEventsMax) return
    for (const oldest of this.#events.keys()) {
      this.#events.delete(oldest)
      return
    }
  }

  list(now: Milliseconds): RecentEvent[] {
    return [...this.#events.values()].map(({ kind, text, at, count }) => {
      return { agoMs: Math.max(0, Math.round(now - at)), kind, text, count }
    })
  }
}
