/**
 * Messages as other servers would send them to the server on the bench, with what a test does not
 * care about filled in.
 */
import type {
  AppendEntriesRequest,
  AppendEntriesResponse,
  Entry,
  PreVoteResponse,
  RequestVoteRequest,
  RequestVoteResponse,
} from '../../src/raft/index.ts'
import {
  appendEntriesAccepted,
  appendEntriesRefused,
  appendEntriesRequest,
  requestVoteRequest,
} from '../../src/raft/index.ts'
import { entriesOf } from './harness.ts'

/** An index and the term there. */
export type Place = readonly [index: number, term: number]

interface Addressed {
  readonly term: number
  readonly to?: string
  readonly requestId?: number
}

export function requestVote(
  from: string,
  fields: Addressed & { readonly last?: Place },
): RequestVoteRequest {
  const { to = 's1', term, last = [0, 0], requestId = 1 } = fields
  return requestVoteRequest(from, to, term, last[0], last[1], requestId)
}

export function vote(
  from: string,
  fields: Addressed & { readonly voteGranted?: boolean },
): RequestVoteResponse {
  const { to = 's1', term, voteGranted = true, requestId = 1 } = fields
  return { kind: 'requestVoteResponse', from, to, term, voteGranted, requestId }
}

/** The answer to a pre-vote: yes, unless it says otherwise. */
export function preVote(
  from: string,
  fields: Addressed & { readonly voteGranted?: boolean },
): PreVoteResponse {
  const { to = 's1', term, voteGranted = true, requestId = 1 } = fields
  return { kind: 'preVoteResponse', from, to, term, voteGranted, requestId }
}

/** `entries` as such, or as their terms. */
export function appendEntries(
  from: string,
  fields: Addressed & {
    readonly prev?: Place
    readonly entries?: readonly (Entry | number)[]
    readonly leaderCommit?: number
  },
): AppendEntriesRequest {
  const { to = 's1', term, prev = [0, 0], leaderCommit = 0, requestId = 1 } = fields
  const entries = (fields.entries ?? []).map((given, i) =>
    typeof given === 'number' ? (entriesOf([given], prev[0] + 1 + i)[0] as Entry) : given,
  )
  return appendEntriesRequest(from, to, term, prev[0], prev[1], entries, leaderCommit, requestId)
}

/** The follower agrees, in the request's term, through all that the request covers. */
export function accepted(request: AppendEntriesRequest): AppendEntriesResponse {
  return appendEntriesAccepted(request, request.term, coverOf(request))
}

/** What the follower `from` answers to those of the requests that are to it, when all is well. */
export function acceptedBy(
  from: string,
  requests: readonly AppendEntriesRequest[],
): AppendEntriesResponse[] {
  return requests.filter(({ to }) => to === from).map(accepted)
}

/** The follower refuses, in the request's term, and says where to look. */
export function refused(request: AppendEntriesRequest, hint: Place): AppendEntriesResponse {
  return appendEntriesRefused(request, request.term, hint[0], hint[1])
}

/** The same answer as another implementation gives it: without our request id and hints. */
export function bare(response: AppendEntriesResponse): AppendEntriesResponse {
  return { ...response, requestId: 0, matchIndex: 0, hintIndex: 0, hintTerm: 0 }
}

/** What a success would prove. */
export function coverOf(request: AppendEntriesRequest): number {
  return request.prevLogIndex + request.entries.length
}
