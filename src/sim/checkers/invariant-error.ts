/**
 * What a checker throws. It names the invariant, which a story is told under and failures are
 * counted by, and says in one or two sentences what was seen.
 */

/** Every invariant that is checked; the first five are Figure 3.2's. */
export type Invariant =
  | 'election safety'
  | 'leader append-only'
  | 'log matching'
  | 'leader completeness'
  | 'state machine safety'
  | 'one vote per term'
  | 'committed for good'
  | 'committed on a majority'
  | 'configurations overlap'
  | 'true durable match'
  | 'never backwards'
  | 'nothing sent before it is durable'
  | 'durable is durable'
  | 'snapshots cover what is committed'

export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  readonly code = 'INVARIANT_BROKEN'
  readonly invariant: Invariant
  /** What was seen, in words. */
  readonly detail: string

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
    this.detail = detail
  }
}
