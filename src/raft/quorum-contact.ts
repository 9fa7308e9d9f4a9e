/**
 * A leader that hears from no majority for an election timeout steps down, so that its clients look
 * elsewhere (R14; §6.2): it may have been deposed by an election that it cannot see. So does
 * one whose own disk has been silent for as long: it can no longer keep its log short, or read a
 * snapshot for a follower that needs one, and while they hear it the others vote for nobody else.
 */
import { diskSilentAt } from './disk-silence.ts'
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

/**
 * When a leader that hears from no majority gives up, so that clients look elsewhere (R14). Never,
 * where it is a majority by itself.
 */
export function quorumDeadline(raft: RaftState, leader: Leader): Milliseconds {
  const { electionTimeoutMaxMs } = raft.options
  const quorumIsLostAt = contactAt(raft, leader, Number.POSITIVE_INFINITY) + electionTimeoutMaxMs
  return Math.min(quorumIsLostAt, diskDeadline(raft, leader))
}

/** When its disk has been silent for too long. Where there is nobody else it is waited for. */
function diskDeadline(raft: RaftState, { peers }: Leader): Milliseconds {
  if (peers.size === 0) return Number.POSITIVE_INFINITY
  let deadline = diskSilentAt(raft)
  const { diskSilenceMaxMs, electionTimeoutMaxMs } = raft.options
  for (const { install } of peers.values()) {
    // What it does not read, it does not save either.
    if (install?.stage !== 'reading') continue
    deadline = Math.min(deadline, install.askedAt + (diskSilenceMaxMs ?? electionTimeoutMaxMs))
  }
  return deadline
}

/** The quorum deadline has passed. */
export function loseQuorum(raft: RaftState): void {
  const { role, now } = raft
  const isSilent = role.kind === 'leader' && now >= diskDeadline(raft, role)
  const why = isSilent
    ? 'its own disk is silent'
    : 'no majority answered within an election timeout'
  becomeFollower(raft, null, why)
}
