/**
 * AppendEntries, receiver side (Figure 3.1, §3.5): the five steps, in their order. What makes them
 * safe on a network that repeats and reorders is that an entry which matches is never touched.
 */
import { assert } from '../base/assert.ts'
import { appendToLog, isUnreadable, truncateLog } from './adopting.ts'
import { learnCommitIndex } from './commitment.ts'
import { takeRoom } from './disk-space.ts'
import type { AppendEntriesRequest } from './message.ts'
import { appendEntriesAccepted, appendEntriesObsolete, appendEntriesRefused } from './message.ts'
import { notice, sendAfterSave } from './outbox.ts'
import { noteTerm } from './promised.ts'
import { becomeFollower, resetElectionTimer } from './role.ts'
import type { RaftState } from './state.ts'
import type { LogIndex, ServerId, Term } from './types.ts'

/** The term rule has run already, once, in `receive`. */
export function handleAppendEntriesRequest(raft: RaftState, request: AppendEntriesRequest): void {
  assert(request.term <= raft.currentTerm, 'the term rule has run')
  // Step 1. The sender is told the term that deposes it.
  if (request.term < raft.currentTerm) {
    sendAfterSave(raft, appendEntriesObsolete(request, raft.currentTerm))
    return
  }
  if (!followLeader(raft, request.from)) return

  // Step 2.
  const { prevLogIndex, prevLogTerm } = request
  // What was dropped from the log is committed, and so every leader's log agrees with it.
  const isCovered = prevLogIndex < raft.log.baseIndex
  if (!isCovered && !raft.log.matches(prevLogIndex, prevLogTerm)) {
    const last = raft.log.lastIndexNotAbove(prevLogTerm, prevLogIndex)
    const hintIndex = Math.max(last, raft.log.baseIndex)
    const hintTerm = raft.log.termAt(hintIndex)
    refuse(raft, request, hintIndex, hintTerm)
    return
  }
  if (bringsNews(raft, request) && !takeRoom(raft, request.entries)) {
    refuseForWantOfRoom(raft, request)
    return
  }
  if (!storeEntries(raft, request)) return

  // Step 5, clamped to what this request has verified; and so is the answer.
  const verifiedIndex = prevLogIndex + request.entries.length
  learnCommitIndex(raft, request.leaderCommit, verifiedIndex)
  const { currentTerm, diskIsFull } = raft
  sendAfterSave(raft, appendEntriesAccepted(request, currentTerm, verifiedIndex, diskIsFull))
}

function refuse(
  raft: RaftState,
  request: AppendEntriesRequest,
  hintIndex: LogIndex,
  hintTerm: Term,
): void {
  const { currentTerm, diskIsFull } = raft
  const refusal = appendEntriesRefused(request, currentTerm, hintIndex, hintTerm, diskIsFull)
  sendAfterSave(raft, refusal)
}

/** Not all of its entries are there already. */
function bringsNews({ log }: RaftState, { entries }: AppendEntriesRequest): boolean {
  const last = entries.at(-1)
  // Where the last one is there, so is what comes before it (Log Matching).
  return last !== undefined && last.index > log.baseIndex && !log.matches(last.index, last.term)
}

/**
 * There is no room for these entries, so none of them is taken: they are not acknowledged, and the
 * leader is told how far the logs agree. One that does not number its requests would
 * take a refusal for a difference of the logs, and go back to the beginning: it is told nothing.
 */
function refuseForWantOfRoom(raft: RaftState, request: AppendEntriesRequest): void {
  if (request.requestId === 0) return
  const { log } = raft
  let hintIndex = Math.max(request.prevLogIndex, log.baseIndex)
  for (const { index, term } of request.entries) if (log.matches(index, term)) hintIndex = index
  refuse(raft, request, hintIndex, log.termAt(hintIndex))
}

/** The sender leads the current term: candidates give way to it, followers know it by now. */
export function followLeader(raft: RaftState, leaderId: ServerId): boolean {
  const { role } = raft
  const rival =
    role.kind === 'leader' || (role.kind === 'follower' && (role.leaderId ?? leaderId) !== leaderId)
  if (rival) {
    const known = role.kind === 'leader' ? raft.id : role.leaderId
    const what = `claims to lead term ${raft.currentTerm}, which ${known} leads`
    notice(raft, { kind: 'contradiction', from: leaderId, what })
    return false
  }
  if (role.kind === 'candidate' || role.kind === 'preCandidate') {
    becomeFollower(raft, leaderId, `${leaderId} won the election`)
  } else if (role.leaderId === null) {
    becomeFollower(raft, leaderId, `${leaderId} leads`)
  }
  if (role.kind !== 'follower' || role.leaderId === null) noteTerm(raft, leaderId, raft.currentTerm)
  resetElectionTimer(raft)
  raft.leaderContactAt = raft.now
  return true
}

/**
 * Steps 3 and 4. Entries that we have are skipped, and only a conflicting term cuts the log: a
 * late copy of an earlier, shorter request must not take back what a later one has stored and we
 * have acknowledged.
 */
function storeEntries(raft: RaftState, request: AppendEntriesRequest): boolean {
  const { log } = raft
  const conflict = firstConflict(raft, request)
  if (conflict !== null && conflict <= raft.commitIndex) {
    const what = `would replace entry ${conflict}, committed through ${raft.commitIndex}`
    notice(raft, { kind: 'contradiction', from: request.from, what })
    return false
  }
  if (request.entries.some(isUnreadable)) {
    const what = 'sends a configuration that cannot be'
    notice(raft, { kind: 'contradiction', from: request.from, what })
    return false
  }
  if (conflict !== null) truncateLog(raft, conflict)
  for (const entry of request.entries) {
    assert(entry.term <= request.term, 'a leader has no entries of later terms')
    if (entry.index > log.lastIndex) appendToLog(raft, entry)
  }
  return true
}

/** The first entry of ours that has another term than the request's entry at the same index. */
function firstConflict(raft: RaftState, request: AppendEntriesRequest): LogIndex | null {
  let expected = request.prevLogIndex
  for (const entry of request.entries) {
    expected += 1
    assert(entry.index === expected, 'the entries of a request are contiguous')
    if (raft.log.knowsTerm(entry.index) && raft.log.termAt(entry.index) !== entry.term)
      return entry.index
  }
  return null
}
