/**
 * raft.tla's Receive: the term rule, for every message and in every role, once (§3.3). Then the
 * handler, which sees a term that is at most ours; a stale answer concerns nobody any more.
 */
import { assert, broken, unreachable } from '../base/assert.ts'
import { isMember } from './configuration.ts'
import {
  handleRequestVoteRequest,
  handleRequestVoteResponse,
  refuseDisruption,
} from './election.ts'
import { handleAppendEntriesRequest } from './following.ts'
import { handleInstallSnapshotResponse } from './installing.ts'
import { isAnswer, type Message } from './message.ts'
import { handlePreVoteRequest, handlePreVoteResponse } from './pre-vote.ts'
import { handleReadIndexRequest, handleReadIndexResponse } from './reading-follower.ts'
import { handleInstallSnapshotRequest } from './receiving.ts'
import { handleAppendEntriesResponse } from './replication.ts'
import { becomeFollower, setTerm } from './role.ts'
import type { RaftState } from './state.ts'
import { isDisruptive } from './stickiness.ts'
import { handleTimeoutNowRequest } from './transfer.ts'

/**
 * The sender need not be in our configuration. We may be the one that has not heard: a new server
 * is led before it knows by whom, and votes for candidates that it does not know (§4.1). But we
 * asked only those whom we know; an answer from anybody else comes from a server that was removed
 * since, and must not depose anybody by its term.
 */
export function receive(raft: RaftState, message: Message): void {
  const { from, to } = message
  if (to !== raft.id) broken(`a message to ${to} has come to ${raft.id}`)
  assert(from !== raft.id, 'no server writes to itself')
  if (isAnswer(message) && !isAwaited(raft, message)) return
  if (message.kind === 'requestVoteRequest' && isDisruptive(raft, message)) {
    refuseDisruption(raft, message)
    return
  }
  // The term of a pre-vote is one that has not begun.
  if (message.term > raft.currentTerm && message.kind !== 'preVoteRequest') {
    updateTerm(raft, message)
  }
  handle(raft, message)
}

function handle(raft: RaftState, message: Message): void {
  const isStale = message.term < raft.currentTerm
  switch (message.kind) {
    case 'requestVoteRequest':
      handleRequestVoteRequest(raft, message)
      break
    case 'appendEntriesRequest':
      handleAppendEntriesRequest(raft, message)
      break
    case 'requestVoteResponse':
      if (!isStale) handleRequestVoteResponse(raft, message)
      break
    case 'appendEntriesResponse':
      if (!isStale) handleAppendEntriesResponse(raft, message)
      break
    case 'installSnapshotRequest':
      handleInstallSnapshotRequest(raft, message)
      break
    case 'installSnapshotResponse':
      if (!isStale) handleInstallSnapshotResponse(raft, message)
      break
    case 'preVoteRequest':
      handlePreVoteRequest(raft, message)
      break
    case 'preVoteResponse':
      handlePreVoteResponse(raft, message)
      break
    case 'readIndexRequest':
      handleReadIndexRequest(raft, message)
      break
    case 'readIndexResponse':
      if (!isStale) handleReadIndexResponse(raft, message)
      break
    case 'timeoutNowRequest':
      handleTimeoutNowRequest(raft, message)
      break
    default:
      unreachable(message)
  }
}

/** From somebody whom we asked; of one that has left already its term does not matter any more. */
function isAwaited({ configuration, role, currentTerm }: RaftState, answer: Message): boolean {
  if (isMember(configuration, answer.from)) return true
  return role.kind === 'leader' && role.peers.has(answer.from) && answer.term <= currentTerm
}

/** raft.tla's UpdateTerm: any message with a later term makes a follower of that term (§3.3). */
function updateTerm(raft: RaftState, message: Message): void {
  setTerm(raft, message.term)
  becomeFollower(raft, null, `${message.from} is in term ${message.term}`)
}
