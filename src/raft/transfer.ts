/**
 * Leadership transfer (§3.10): the leader takes no more proposals, brings its successor's log up to
 * its own, and tells it to stand for election at once. Given up after an election timeout: then the
 * leader goes on, though the successor may still take over.
 */
import { assert } from '../base/assert.ts'
import { campaign } from './campaign.ts'
import { isVoter, votersOf } from './configuration.ts'
import { diskIsSilent } from './disk-silence.ts'
import { isKnownToHaveRoom } from './disk-space.ts'
import type { TransferRefusal } from './effects.ts'
import type { Transfer } from './input.ts'
import { renounceLeases } from './lease.ts'
import { sendNow } from './outbox.ts'
import type { Peer } from './peer.ts'
import { giveUpTransfer } from './pending-transfer.ts'
import { isRefilling } from './refilling.ts'
import type { Leader } from './role.ts'
import { leaderIdOf } from './role.ts'
import type { RaftState } from './state.ts'
import type { TimeoutNowRequest } from './transfer-message.ts'
import { timeoutNowRequest } from './transfer-message.ts'
import type { ServerId } from './types.ts'

/** An operator asks for it, or a leader that is about to stop. */
export function handleTransfer(raft: RaftState, { transferId, to }: Transfer): void {
  const { role, outbox, now, currentTerm, options } = raft
  if (role.kind === 'leader' && to === raft.id && raft.transfer === null) {
    outbox.answers.push({ kind: 'transferred', transferId, leaderId: raft.id, term: currentTerm })
    return
  }
  const successor = role.kind === 'leader' ? successorFor(raft, role, to) : 'notLeader'
  if (typeof successor === 'string') {
    const leaderId = leaderIdOf(raft)
    outbox.answers.push({ kind: 'transferRefused', transferId, refusal: successor, leaderId })
    return
  }
  const deadline = now + options.electionTimeoutMaxMs
  raft.transfer = { transferId, to: successor.id, term: currentTerm, deadline, askedAt: null }
}

/**
 * A leader whose disk is full hands over to a voter that is known to have room, of its own accord.
 * Where that fails, it serves what it can for an election timeout, and tries again.
 */
export function leaveFullDisk(raft: RaftState, leader: Leader): void {
  const { now, currentTerm, options } = raft
  if (!raft.diskIsFull || raft.transfer !== null || now < leader.handOverFrom) return
  const to = mostUpToDate(raft, leader, (peer) => isKnownToHaveRoom(raft, peer))
  if (to === null) return
  const deadline = now + options.electionTimeoutMaxMs
  leader.handOverFrom = deadline + options.electionTimeoutMaxMs
  raft.transfer = { transferId: null, to, term: currentTerm, deadline, askedAt: null }
}

function successorFor(
  raft: RaftState,
  leader: Leader,
  to: ServerId | null,
): { readonly id: ServerId } | TransferRefusal {
  if (raft.transfer !== null) return 'transferring'
  const withRoom = mostUpToDate(raft, leader, (peer) => !peer.diskIsFull)
  const id = to ?? withRoom ?? mostUpToDate(raft, leader, () => true)
  if (id === null || id === raft.id) return 'notVoter'
  if (!isVoter(raft.configuration, id) || !leader.peers.has(id)) return 'notVoter'
  // It would hand over again at once. Where nobody is named, somebody who can lead is enough.
  return to !== null && leader.peers.get(id)?.diskIsFull === true ? 'diskFull' : { id }
}

/** Of these the voter that holds most of the log; among equals the one that was heard last. */
function mostUpToDate(
  raft: RaftState,
  leader: Leader,
  isFit: (peer: Peer) => boolean,
): ServerId | null {
  let best: ServerId | null = null
  let bestIndex = -1
  let bestContactAt = Number.NEGATIVE_INFINITY
  for (const id of votersOf(raft.configuration)) {
    const peer = leader.peers.get(id)
    if (peer === undefined || !isFit(peer)) continue
    const { matchIndex, contactAt } = peer
    if (matchIndex < bestIndex || (matchIndex === bestIndex && contactAt <= bestContactAt)) continue
    best = id
    bestIndex = matchIndex
    bestContactAt = contactAt
  }
  return best
}

/**
 * Called once a batch: the successor is told as soon as it holds all that the leader has, and again
 * at every heartbeat, since messages are lost.
 */
export function advanceTransfer(raft: RaftState): void {
  const { role, transfer, now } = raft
  if (transfer === null || role.kind !== 'leader' || transfer.term !== raft.currentTerm) return
  const { askedAt } = transfer
  if (askedAt !== null && now < askedAt + raft.options.heartbeatIntervalMs) return
  const peer = role.peers.get(transfer.to)
  if (peer === undefined || peer.matchIndex < raft.log.lastIndex) return
  renounceLeases(role)
  transfer.askedAt = now
  sendNow(raft, timeoutNowRequest(raft.id, transfer.to, raft.currentTerm))
}

/** An election timeout is over, and nobody else is known to lead. */
export function expireTransfer(raft: RaftState): void {
  const { transfer } = raft
  if (transfer === null || raft.now < transfer.deadline) return
  giveUpTransfer(raft, 'timedOut', leaderIdOf(raft))
}

/**
 * The leader hands over to this server, which asks for votes without asking first whether it would
 * get them: the others are told that the leader itself wants this election.
 */
export function handleTimeoutNowRequest(raft: RaftState, request: TimeoutNowRequest): void {
  assert(request.term <= raft.currentTerm, 'the term rule has run')
  const { role, configuration } = raft
  if (request.term < raft.currentTerm || role.kind !== 'follower') return
  if (role.leaderId !== null && role.leaderId !== request.from) return
  if (isRefilling(raft) || !isVoter(configuration, raft.id) || diskIsSilent(raft)) return
  campaign(raft, `${request.from} hands over`, true)
}
