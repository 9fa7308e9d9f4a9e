/**
 * Linearizable reads on a follower (§6.4): it asks the leader for an index, and may answer once it
 * has applied that far. One request serves all the reads that wait when it is sent; it is repeated
 * until it is answered, and given up after an election timeout or when the leader changes.
 */
import { sendAfterSave, sendNow } from './outbox.ts'
import type { ReadIndexRequest, ReadIndexResponse } from './read-message.ts'
import { readIndexRequest, readIndexResponse } from './read-message.ts'
import type { ReadIndexQuestion } from './relayed-reads.ts'
import type { Follower } from './role.ts'
import type { RaftState } from './state.ts'
import type { Milliseconds, RequestId } from './types.ts'

/** One under way and one behind it, as with the leader's rounds. */
const questionsMax = 2

/** Called once a batch: asks for the reads that have come. */
export function askLeader(raft: RaftState): void {
  const { role } = raft
  if (role.kind !== 'follower' || role.leaderId === null) return
  const { reads } = role
  if (reads.waiting.length === 0 || reads.questions.length >= questionsMax) return
  const question = { requestId: freshRequestId(raft), reads: reads.waiting, sentAt: raft.now }
  reads.waiting = []
  reads.questions.push(question)
  ask(raft, role, question)
}

/** Time has passed: what was not answered is asked again, what has waited too long is given up. */
export function tickRelayedReads(raft: RaftState): void {
  const { role, now, outbox, options } = raft
  if (role.kind !== 'follower' || role.reads.count === 0) return
  if (now >= role.reads.deadline) role.reads.expire(now, outbox, role.leaderId)
  for (const question of role.reads.questions) {
    if (now >= question.sentAt + options.heartbeatIntervalMs) ask(raft, role, question)
  }
}

/** When `tickRelayedReads` has something to do. */
export function relayDeadline(raft: RaftState): Milliseconds {
  const { role, options } = raft
  if (role.kind !== 'follower' || role.reads.count === 0) return Number.POSITIVE_INFINITY
  const { deadline, questions } = role.reads
  let earliest = deadline
  for (const { sentAt } of questions) {
    earliest = Math.min(earliest, sentAt + options.heartbeatIntervalMs)
  }
  return earliest
}

function ask(raft: RaftState, { leaderId }: Follower, question: ReadIndexQuestion): void {
  if (leaderId === null) return
  question.sentAt = raft.now
  sendNow(raft, readIndexRequest(raft.id, leaderId, raft.currentTerm, question.requestId))
}

/**
 * The first id of a server's life is drawn at random: an answer to a question of an earlier life,
 * asked in the same term, must not be taken for one to a later question.
 */
function freshRequestId(raft: RaftState): RequestId {
  raft.lastReadRequestId ??= raft.random.uint32() * 2 ** 16
  raft.lastReadRequestId += 1
  return raft.lastReadRequestId
}

/** The leader's side: the follower waits like a client of its own. */
export function handleReadIndexRequest(raft: RaftState, request: ReadIndexRequest): void {
  const { role, id, currentTerm, options } = raft
  const { from, term, requestId } = request
  if (role.kind === 'leader' && term === currentTerm) {
    if (role.reads.isAwaited(from, requestId)) return
    if (role.reads.count < options.readsMax) {
      role.reads.add({ from, id: requestId })
      return
    }
  }
  sendAfterSave(raft, readIndexResponse(id, from, currentTerm, requestId, null))
}

/** The follower's side. Of the current term: stale answers were dropped. */
export function handleReadIndexResponse(raft: RaftState, response: ReadIndexResponse): void {
  const { role, outbox } = raft
  if (role.kind !== 'follower') return
  const { requestId, success, index } = response
  if (success) role.reads.answered(requestId, index, outbox)
  else role.reads.refused(requestId, outbox, role.leaderId)
}
