/**
 * A disk that hangs (§10.2.1 asks of the leader's only that it acknowledges in the end): something
 * was given to it, and for a whole election timeout it has acknowledged nothing at all. One that is
 * slow and goes on acknowledging is not silent, however long the queue before it is.
 */
import type { RaftState } from './state.ts'
import type { Milliseconds } from './types.ts'

/** When the disk counts as silent unless it is heard before; never while it has nothing to do. */
export function diskSilentAt({ outbox, options }: RaftState): Milliseconds {
  const { lastSavedId, lastSaveId, diskHeardAt } = outbox
  if (lastSavedId === lastSaveId) return Number.POSITIVE_INFINITY
  return diskHeardAt + (options.diskSilenceMaxMs ?? options.electionTimeoutMaxMs)
}

/** A server that cannot make its own vote durable need not ask for those of others. */
export function diskIsSilent(raft: RaftState): boolean {
  return raft.now >= diskSilentAt(raft)
}
