/**
 * When an entry is committed (§3.5, §3.6.2), on the leader by counting and on followers by being
 * told; and the handing out of committed entries, in order, each once.
 */
import { assert } from '../base/assert.ts'
import { reachedByQuorum } from './quorum.ts'
import type { RaftState } from './state.ts'
import type { Entry, LogIndex } from './types.ts'

/**
 * raft.tla's AdvanceCommitIndex. The leader counts itself by what its own disk has acknowledged
 * (§10.2.1). An entry of an earlier term is never committed by counting: a majority may hold it
 * and a later leader may still replace it (Figure 3.7); it is committed by one of this term.
 */
export function advanceCommitIndex(raft: RaftState): void {
  const { role } = raft
  assert(role.kind === 'leader', 'only a leader counts')
  const { id: ownId, configuration, durableIndex } = raft
  const index = reachedByQuorum(configuration, (id) =>
    id === ownId ? durableIndex : (role.peers.get(id)?.matchIndex ?? 0),
  )
  if (index <= raft.commitIndex) return
  if (raft.log.termAt(index) !== raft.currentTerm) return
  for (let i = raft.commitIndex + 1; i <= index; i++) {
    role.uncommittedBytes -= raft.log.entryAt(i).command.length
  }
  assert(role.uncommittedBytes >= 0, 'no more is committed than was appended')
  raft.commitIndex = index
}

/**
 * AppendEntries, step 5: what the leader has committed, as far as this message has verified that
 * our log is the leader's. Our own last index says nothing: its tail may be another leader's.
 */
export function learnCommitIndex(
  raft: RaftState,
  leaderCommit: LogIndex,
  verifiedIndex: LogIndex,
): void {
  const index = Math.min(leaderCommit, verifiedIndex)
  assert(index <= raft.log.lastIndex, 'what is verified is in the log')
  if (index > raft.commitIndex) raft.commitIndex = index
}

/** raft.tla has no such action: the entries that became committed, up to the batch's limit. */
export function takeCommitted(raft: RaftState): readonly Entry[] {
  if (raft.lastApplied === raft.commitIndex) return nothing
  const last = Math.min(raft.commitIndex, raft.lastApplied + raft.options.applyEntriesMax)
  const entries = raft.log.slice(raft.lastApplied + 1, last + 1)
  raft.lastApplied = last
  return entries
}

const nothing: readonly Entry[] = []
