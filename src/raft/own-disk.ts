/**
 * The server's own disk, which acknowledges as a follower would (§10.2.1): what it has made durable
 * is counted like any other server's match, and a vote for oneself only once it is there (§3.8).
 */
import { assert } from '../base/assert.ts'
import { advanceCommitIndex } from './commitment.ts'
import { countOwnVote } from './election.ts'
import type { Saved } from './input.ts'
import type { RaftState } from './state.ts'

/** Our own disk acknowledges (§10.2.1). */
export function handleSaved(raft: RaftState, saved: Saved): void {
  const { outbox, log } = raft
  assert(saved.saveId > outbox.lastSavedId, 'saves become durable in their order')
  assert(saved.saveId <= outbox.lastSaveId, 'what is durable was to be saved')
  outbox.lastSavedId = saved.saveId
  outbox.diskHeardAt = raft.now
  assert(saved.currentTerm >= raft.durableTerm, 'the durable term only grows')
  raft.durableTerm = saved.currentTerm
  // Of another epoch: the log was cut since, and what stands there now is in a later save.
  if (saved.epoch === log.epoch) {
    const isDropped = saved.lastIndex < log.baseIndex
    const isThere = isDropped || log.matches(saved.lastIndex, saved.lastTerm)
    assert(isThere, 'what is durable is in the log')
    raft.durableIndex = Math.max(raft.durableIndex, saved.lastIndex)
  }
  countOwnVote(raft)
  if (raft.role.kind === 'leader') advanceCommitIndex(raft)
}
