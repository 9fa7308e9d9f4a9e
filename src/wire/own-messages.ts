/**
 * What our servers say to each other beyond Listing 1: pre-votes, read indexes, transfers. The
 * generated code's fields from and to the core's messages; checked where all messages are.
 */
import { unreachable } from '../base/assert.ts'
import {
  type Message,
  type PreVoteRequest,
  type PreVoteResponse,
  preVoteRequest,
  preVoteResponse,
  type ReadIndexRequest,
  type ReadIndexResponse,
  readIndexRequest,
  type ServerId,
  type TimeoutNowRequest,
  timeoutNowRequest,
} from '../raft/index.ts'
import type * as generated from './generated/raft.js'
import { numberOf } from './number-field.ts'

export type OwnMessage =
  | PreVoteRequest
  | PreVoteResponse
  | ReadIndexRequest
  | ReadIndexResponse
  | TimeoutNowRequest

export function toOwn(message: OwnMessage): generated.Raft.$Properties {
  const { term: Term } = message
  switch (message.kind) {
    case 'preVoteRequest': {
      const { lastLogIndex: LastLogIndex, lastLogTerm: LastLogTerm, requestId } = message
      return { PreVoteRequest: { Term, LastLogIndex, LastLogTerm, RequestId: requestId } }
    }
    case 'preVoteResponse': {
      const { voteGranted: VoteGranted, requestId: RequestId } = message
      return { PreVoteResponse: { Term, VoteGranted, RequestId } }
    }
    case 'readIndexRequest':
      return { ReadIndexRequest: { Term, RequestId: message.requestId } }
    case 'readIndexResponse': {
      const { success: Success, index: Index, requestId: RequestId } = message
      return { ReadIndexResponse: { Term, Success, Index, RequestId } }
    }
    case 'timeoutNowRequest':
      return { TimeoutNowRequest: { Term } }
    default:
      return unreachable(message)
  }
}

/** Null where it is none of these. */
export function fromOwn(raft: generated.Raft, from: ServerId, to: ServerId): Message | null {
  if (raft.PreVoteRequest) {
    const { Term, LastLogIndex, LastLogTerm, RequestId } = raft.PreVoteRequest
    const [lastLogIndex, lastLogTerm] = [numberOf(LastLogIndex), numberOf(LastLogTerm)]
    const requestId = numberOf(RequestId)
    return preVoteRequest(from, to, numberOf(Term), lastLogIndex, lastLogTerm, requestId)
  }
  if (raft.PreVoteResponse) {
    const { Term, VoteGranted, RequestId } = raft.PreVoteResponse
    // The answered request stands the other way round.
    const answered = { from: to, to: from, requestId: numberOf(RequestId) }
    return preVoteResponse(answered, numberOf(Term), VoteGranted ?? false)
  }
  if (raft.ReadIndexRequest) {
    const { Term, RequestId } = raft.ReadIndexRequest
    return readIndexRequest(from, to, numberOf(Term), numberOf(RequestId))
  }
  if (raft.ReadIndexResponse) return fromReadIndexResponse(raft.ReadIndexResponse, from, to)
  if (raft.TimeoutNowRequest)
    return timeoutNowRequest(from, to, numberOf(raft.TimeoutNowRequest.Term))
  return null
}

function fromReadIndexResponse(
  response: generated.ReadIndexResponse.$Properties,
  from: ServerId,
  to: ServerId,
): ReadIndexResponse {
  return {
    kind: 'readIndexResponse',
    from,
    to,
    term: numberOf(response.Term),
    requestId: numberOf(response.RequestId),
    success: response.Success ?? false,
    index: numberOf(response.Index),
  }
}
