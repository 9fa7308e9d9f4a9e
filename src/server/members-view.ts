/** Who takes part and how each is doing, as a leader's core has it, in the words of the wire. */
import { assert } from '../base/assert.ts'
import type { Configuration, Leader, Peer, RaftState, ServerId } from '../raft/index.ts'
import { isJoint, serversOf } from '../raft/index.ts'
import type { Member, MemberPart, MembersAnswer } from '../wire/index.ts'

/** Of a leader. */
export function membersView(raft: RaftState): MembersAnswer {
  const { id, role, currentTerm, configuration, configurations, log, commitIndex, options } = raft
  assert(role.kind === 'leader', 'the leader is asked')
  return {
    kind: 'members',
    leaderId: id,
    term: currentTerm,
    index: configurations.newestIndex,
    isSettled: isSettled(raft, role),
    lastLogIndex: log.lastIndex,
    commitIndex,
    electionTimeoutMaxMs: options.electionTimeoutMaxMs,
    members: serversOf(configuration).map((server) => memberView(raft, role, server)),
  }
}

function isSettled({ commitIndex, configuration, configurations }: RaftState, leader: Leader) {
  const decided = Math.max(configurations.newestIndex, leader.firstIndexOfTerm)
  return commitIndex >= decided && !isJoint(configuration)
}

function memberView(raft: RaftState, leader: Leader, id: ServerId): Member {
  const { configuration, durableIndex } = raft
  const address = configuration.addresses.get(id) ?? ''
  const part = partOf(configuration, id)
  const peer = leader.peers.get(id)
  if (peer === undefined) {
    return { id, address, part, matchIndex: durableIndex, silentMs: 0, catchUp: null }
  }
  const { matchIndex, provenContactAt } = peer
  const silentMs = Number.isFinite(provenContactAt) ? raft.now - provenContactAt : null
  return { id, address, part, matchIndex, silentMs, catchUp: catchUpView(raft, peer) }
}

function partOf({ voters, votersOld, learners }: Configuration, id: ServerId): MemberPart {
  if (voters.includes(id)) return votersOld?.includes(id) === false ? 'joining' : 'voter'
  return votersOld?.includes(id) === true || !learners.includes(id) ? 'leaving' : 'learner'
}

function catchUpView({ now, options }: RaftState, { catchUp, install }: Peer): Member['catchUp'] {
  if (catchUp === null) return null
  const { round } = catchUp
  const isCaughtUp = catchUp.isCaughtUp(now, options.electionTimeoutMaxMs)
  const snapshot =
    install === null ? null : { sentBytes: install.offset, totalBytes: install.snapshot.size }
  return { round, isCaughtUp, snapshot }
}
