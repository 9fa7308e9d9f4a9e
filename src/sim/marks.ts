/**
 * Coverage marks: what a run came across. A summary says how many of all of them were hit, so that
 * a simulator that has stopped reaching something does not look like one that finds no bugs.
 */

/** Every mark there is. */
export const markNames = [
  // Elections.
  'leader elected',
  'election timed out',
  'candidate gave way to a leader',
  'leader deposed by a later term',
  'leader gave up without a quorum',
  'vote refused',
  'vote granted again',
  // The log.
  'log cut',
  'several entries in one message',
  'several messages on their way to one peer',
  'window full',
  'append refused',
  'conflicting term skipped',
  'entry of an earlier term committed by a later one',
  'entry committed before its leader had saved it',
  'save completed whose entries were cut meanwhile',
  'several saves at once',
  'log moved on to another segment',
  // Snapshots.
  'snapshot taken',
  'log trimmed but for a window',
  'restart from a snapshot',
  'snapshot sent in several chunks',
  'chunk sent again',
  'snapshot installed',
  'snapshot made needless by entries',
  'log with a tail replaced by a snapshot',
  'snapshot file damaged while it was read',
  // Promises.
  'proposal committed',
  'proposal cut off',
  'proposal lost',
  'proposal refused by a follower',
  'proposal refused as too large',
  'proposal refused by an overloaded leader',
  'proposal refused for want of room on disk',
  // Clients with sessions.
  'session opened',
  'session closed',
  'session kept alive',
  'session had expired',
  'session lost with a command in it',
  'session had too much unanswered',
  'retry answered from the stored response',
  'retry after its response was discarded',
  'command sent several times and carried out once',
  'command without effect',
  'outcome stayed unknown',
  'answer came too late',
  'request given up with its leader',
  'request refused by a busy service',
  'another entry took the place of a request',
  'read answered by the leader',
  'read answered by a lease',
  'read answered by a follower',
  'read waited for the no-op',
  'waiting read given up',
  'stale read was fresh',
  'stale read was stale',
  'connection broke',
  'connection hung half-open',
  'history too hard to check',
  'leadership transferred',
  'transfer refused',
  // Membership.
  'change begun',
  'change refused',
  'change refused before the new leader had committed anything',
  'change refused while another is under way',
  'change refused since a new voter is not caught up',
  'change refused since it would lose the quorum',
  'joint configuration committed',
  'configuration taken back',
  'joint configuration left by another leader',
  'learner caught up',
  'leader left its cluster',
  'removed server told',
  'message refused for its incarnation',
  'emptied server heard though nobody counts on it',
  'emptied server votes again',
  // Restarts.
  'restart cut off a torn tail',
  'restart failed for want of space',
  'restart failed',
  'restart ended in the middle',
  'storage stopped the server',
  'disk found full',
  'space found on a disk that was full',
  'leader handed over for want of space',
  'damaged log given up',
  'damage found at restart',
  'damage cost an acknowledged tail',
  'damage did no harm',
  // The world.
  'message lost',
  'message repeated',
  'message took a detour',
  'message met a cut link',
  'message held back',
  'request carried fewer entries',
  'message met a paused server',
  'message met a server that was down',
  'foreign server taken for a forgetful one',
  'sectors lost',
  'sector torn',
] as const

export type Mark = (typeof markNames)[number]

export class Marks {
  readonly #counts = new Map<Mark, number>()

  hit(mark: Mark): void {
    this.#counts.set(mark, (this.#counts.get(mark) ?? 0) + 1)
  }

  count(mark: Mark): number {
    return this.#counts.get(mark) ?? 0
  }

  /** Adds what another run has hit. */
  add(other: Marks): void {
    for (const mark of markNames) {
      const count = other.count(mark)
      if (count > 0) this.#counts.set(mark, this.count(mark) + count)
    }
  }

  get hitNames(): Mark[] {
    return markNames.filter((mark) => this.count(mark) > 0)
  }

  get missedNames(): Mark[] {
    return markNames.filter((mark) => this.count(mark) === 0)
  }
}
