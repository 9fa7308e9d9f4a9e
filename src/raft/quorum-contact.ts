/**
 * A leader that hears from no majority for an election timeout steps down, so that its clients look
 * elsewhere (R14; §6.2): it may have been deposed by an election that it cannot see. It counts
 * itself, unless its own disk has not acknowledged anything for long: then it commits nothing that
 * the others could not commit without it, and they would refuse to vote for anybody else while
 * they hear it (stickiness.ts).
 */
import { reachedByQuorum } from './quorum.ts'
import type { Leader } from './role.ts'
import { becomeFollower } from './role.ts'
import type { RaftState } from './state.ts'
import type { Milliseconds, ServerId } from './types.ts'

/**
 * The latest moment at which a majority was certainly in contact: each answered request counts
 * from when it was sent, the leader itself always (R14, §6.2).
 */
export function quorumContactAt(raft: RaftState, leader: Leader): Milliseconds {
  return contactAt(raft, leader, raft.now)
}

function contactAt(raft: RaftState, leader: Leader, ownContactAt: Milliseconds): Milliseconds {
  const valueAt = (id: ServerId): Milliseconds =>
    id === raft.id ? ownContactAt : (leader.peers.get(id)?.contactAt ?? Number.NEGATIVE_INFINITY)
  return reachedByQuorum(raft.configuration, valueAt)
}

/** A disk that stalls for a moment is no reason to step down: elections cost more. */
const diskPatienceTimeouts = 10

/**
 * When a leader that hears from no majority gives up, so that clients look elsewhere (R14). Never,
 * where it is a majority by itself.
 */
export function quorumDeadline(raft: RaftState, leader: Leader): Milliseconds {
  return contactAt(raft, leader, ownContactAt(raft, leader)) + raft.options.electionTimeoutMaxMs
}

/** Its disk is idle, or has not been silent for too long; or there is nobody else. */
function ownContactAt({ outbox, options }: RaftState, { peers }: Leader): Milliseconds {
  const { lastSavedId, lastSaveId, diskHeardAt } = outbox
  if (lastSavedId === lastSaveId || peers.size === 0) return Number.POSITIVE_INFINITY
  return diskHeardAt + (diskPatienceTimeouts - 1) * options.electionTimeoutMaxMs
}

/** The quorum deadline has passed. */
export function loseQuorum(raft: RaftState): void {
  becomeFollower(raft, null, 'no majority answered within an election timeout')
}
