// Wrong versions of our own code, each a mistake that a real implementation made or that a reader
// of the dissertation could make. `replace` must stand exactly once in `file`, or the run fails: a
// list that no longer applies proves nothing. `bug` says what is wrong and what it endangers.
import { mutantsOfDisks } from './disks.mjs'
import { mutantsOfLeadership } from './leadership.mjs'
import { mutantsOfMembership } from './members.mjs'
import { mutantsOfReads } from './reads.mjs'
import { mutantsOfSessions } from './sessions.mjs'
import { mutantsOfSnapshots } from './snapshots.mjs'

/**
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} [file]
 * @property {string} [replace]
 * @property {string} [by]
 * @property {{ file: string, replace: string, by: string }[]} [edits] where one place is not enough
 * @property {string} bug
 * @property {object} [wishes] what the simulator is to draw otherwise
 * @property {string[]} [tests] what catches it, where the simulator cannot: tests, or folders
 */

/** @type {Mutant[]} */
export const mutants = [
  {
    name: 'vote-not-saved',
    file: 'src/raft/outbox.ts',
    replace: '    votedFor: raft.votedFor,\n    snapshot',
    by: '    votedFor: null,\n    snapshot',
    bug: 'the vote is not written: after a crash a second one is given in the same term (§3.8)',
  },
  {
    name: 'vote-before-save',
    file: 'src/raft/election.ts',
    replace: '  sendAfterSave(raft, requestVoteResponse(request, raft.currentTerm, voteGranted',
    by: '  raft.outbox.send.push(requestVoteResponse(request, raft.currentTerm, voteGranted',
    bug: 'a vote leaves before it is durable (sofa-jraft 1243)',
  },
  {
    name: 'vote-request-before-save',
    file: 'src/raft/campaign.ts',
    replace: '  sendAfterSave(\n    raft,\n    requestVoteRequest(',
    by: '  raft.outbox.send.push(\n    requestVoteRequest(',
    bug: 'a candidate asks for votes before its own term and vote are durable (sofa-jraft 1245)',
  },
  {
    name: 'own-vote-before-save',
    file: 'src/raft/election.ts',
    replace: "raft.role.kind !== 'candidate' || raft.durableTerm !== raft.currentTerm",
    by: "raft.role.kind !== 'candidate'",
    bug: 'a candidate counts its own vote while it is not durable',
  },
  {
    name: 'vote-cleared-in-same-term',
    file: 'src/raft/role.ts',
    replace: "  raft.role = { kind: 'follower', leaderId,",
    by: "  raft.votedFor = null\n  raft.role = { kind: 'follower', leaderId,",
    bug: 'stepping down within a term forgets the vote (CCF 5891, Zeebe 5356)',
  },
  {
    name: 'vote-for-anybody',
    file: 'src/raft/election.ts',
    replace: 'const voteIsFree = raft.votedFor === null || raft.votedFor === request.from',
    by: 'const voteIsFree = true',
    bug: 'votedFor is not looked at: two leaders in one term',
  },
  {
    name: 'duplicate-grants-counted',
    file: 'src/raft/election.ts',
    replace: '  raft.role.votesGranted.add(voter)\n',
    by:
      '  const all = raft.configuration.voters\n' +
      '  const isNew = (id: ServerId) => !raft.role.votesGranted.has(id)\n' +
      '  if (!isNew(voter)) voter = all.find(isNew) ?? voter\n' +
      '  raft.role.votesGranted.add(voter)\n',
    bug: 'a repeated grant is counted again: a leader without a majority (xraft 27)',
  },
  {
    name: 'grants-of-another-term-counted',
    file: 'src/raft/receive.ts',
    replace: '      if (!isStale) handleRequestVoteResponse(raft, message)',
    by: '      handleRequestVoteResponse(raft, { ...message, term: raft.currentTerm })',
    bug: 'a grant of an earlier election is counted in this one (akka-raft 45)',
  },
  {
    name: 'vote-by-index-only',
    file: 'src/raft/log.ts',
    replace: '    if (lastTerm !== this.lastTerm) return lastTerm > this.lastTerm\n',
    by: '',
    bug: 'the longer log wins whatever its last term: a committed entry is lost (§3.6.1)',
  },
  {
    name: 'vote-without-log-check',
    file: 'src/raft/election.ts',
    replace: 'voteIsFree && logIsUpToDate',
    by: 'voteIsFree',
    bug: 'the election restriction is missing (§3.6.1)',
  },
  {
    name: 'commit-by-counting-old-terms',
    file: 'src/raft/commitment.ts',
    replace: '  if (raft.log.termAt(index) !== raft.currentTerm) return\n',
    by: '',
    bug: 'an entry of an earlier term is committed by counting (§3.6.2, Figure 3.7)',
  },
  {
    name: 'truncation-on-duplicate',
    file: 'src/raft/following.ts',
    replace: 'raft.log.termAt(entry.index) !== entry.term)\n',
    by: 'entry.index > raft.commitIndex)\n',
    bug: 'a late, shorter request cuts off what a later one stored (hashicorp/raft 113)',
  },
  {
    name: 'no-truncation',
    file: 'src/raft/following.ts',
    replace: '  if (conflict !== null) truncateLog(raft, conflict)\n',
    by: '  if (conflict !== null) return true\n',
    bug: 'a conflicting suffix stays and is acknowledged',
  },
  {
    name: 'acknowledges-own-last-index',
    file: 'src/raft/following.ts',
    replace: 'appendEntriesAccepted(request, currentTerm, verifiedIndex, diskIsFull)',
    by: 'appendEntriesAccepted(request, currentTerm, raft.log.lastIndex, diskIsFull)',
    bug: 'the answer covers a tail that this request has not verified (CCF 6001)',
  },
  {
    name: 'commit-not-clamped',
    file: 'src/raft/commitment.ts',
    replace: '  const index = Math.min(leaderCommit, verifiedIndex)',
    by: '  const index = Math.min(leaderCommit, raft.log.lastIndex)',
    bug: 'a follower commits its own unverified tail (copycat 110, ScyllaDB 9965)',
  },
  {
    name: 'heartbeat-without-consistency-check',
    file: 'src/raft/following.ts',
    replace: '  if (!isCovered && !raft.log.matches(prevLogIndex, prevLogTerm)) {',
    by:
      '  const isEmpty = request.entries.length === 0\n' +
      '  if (!isCovered && !isEmpty && !raft.log.matches(prevLogIndex, prevLogTerm)) {',
    bug: 'an empty AppendEntries succeeds without the consistency check',
  },
  {
    name: 'consistency-check-ignores-term',
    file: 'src/raft/log.ts',
    replace: '    return this.knowsTerm(index) && this.termAt(index) === term',
    by: '    return this.knowsTerm(index)',
    bug: 'prevLogTerm is not compared: Log Matching breaks (§3.5)',
  },
  {
    name: 'match-index-moves-back',
    file: 'src/raft/peer.ts',
    replace: '    if (index > this.matchIndex) {',
    by: '    if (index !== this.matchIndex) {',
    bug: 'a late success lowers matchIndex (raft.tla 18)',
  },
  {
    name: 'match-from-next-index',
    file: 'src/raft/replication.ts',
    replace: '    const matchIndex = request?.cover ?? response.matchIndex\n',
    by: '    const matchIndex = Math.max(response.matchIndex, peer.nextIndex - 1)\n',
    bug: 'a success is credited for everything sent, not for what it answers',
  },
  {
    name: 'acknowledged-before-sync',
    file: 'src/raft/following.ts',
    replace: '  sendAfterSave(raft, appendEntriesAccepted(',
    by: '  raft.outbox.send.push(appendEntriesAccepted(',
    bug: 'a follower acknowledges before its disk has the entries (NATS 7564)',
  },
  {
    name: 'leader-counts-itself-before-sync',
    file: 'src/raft/commitment.ts',
    replace: '    id === ownId ? durableIndex :',
    by: '    id === ownId ? raft.log.lastIndex :',
    bug: 'the leader counts its own entry while it is not durable (etcd 14370)',
  },
  {
    name: 'stale-disk-completion',
    file: 'src/raft/own-disk.ts',
    replace:
      '  if (saved.epoch === log.epoch) {\n' +
      '    const isDropped = saved.lastIndex < log.baseIndex\n' +
      '    const isThere = isDropped || log.matches(saved.lastIndex, saved.lastTerm)\n' +
      "    assert(isThere, 'what is durable is in the log')\n",
    by: '  if (saved.lastIndex <= log.lastIndex) {\n',
    bug: 'a completed write of a truncated tail marks its replacement durable (etcd 1690)',
  },
  {
    name: 'sends-before-storage-is-done',
    file: 'src/server/saver.ts',
    replace: '    this.#waiting.push(save)\n',
    by: '    this.#waiting.push(save)\n    this.#durable([{ ...save }])\n    return\n',
    bug: 'the driver reports a save durable when it is only queued',
  },
  {
    name: 'waits-for-last-save-only',
    file: 'src/raft/outbox.ts',
    replace: 'outbox.thenSend.length > 0 && outbox.lastSavedId < outbox.lastSaveId',
    by: 'outbox.thenSend.length > outbox.lastSaveId',
    bug: 'an answer with nothing new to save overtakes the saves before it',
  },
  {
    name: 'majority-of-even-cluster',
    file: 'src/raft/quorum.ts',
    replace: '  return Math.floor(voters / 2) + 1',
    by: '  return Math.ceil(voters / 2)',
    bug: 'half of an even cluster counts as its majority (hashicorp/raft 163a55f)',
    wishes: { servers: 4 },
  },
  {
    name: 'term-not-adopted',
    file: 'src/raft/receive.ts',
    replace: "message.kind !== 'preVoteRequest') {",
    by: "message.kind !== 'preVoteRequest' && message.kind !== 'requestVoteRequest') {",
    bug: 'a voter does not adopt the term in which it votes (§3.3)',
  },
  {
    name: 'stale-leader-followed',
    file: 'src/raft/following.ts',
    replace: '  if (request.term < raft.currentTerm) {',
    by: '  if (request.term < raft.currentTerm - 1) {',
    bug: 'a deposed leader is still obeyed (§3.3)',
  },
  {
    name: 'election-timer-not-reset-on-grant',
    file: 'src/raft/election.ts',
    replace: '    raft.votedFor = request.from\n    resetElectionTimer(raft)\n',
    by: '    raft.votedFor = request.from\n',
    bug: 'a voter stands against the candidate that it has just voted for (R10; liveness)',
  },
  {
    name: 'identical-timeouts',
    file: 'src/raft/role.ts',
    replace: 'raft.random.between(electionTimeoutMinMs, electionTimeoutMaxMs)',
    by: '(electionTimeoutMinMs + electionTimeoutMaxMs) / 2',
    bug: 'election timeouts are not random: votes split for ever (hashicorp/raft 50; liveness)',
  },
  {
    name: 'leader-keeps-office-without-quorum',
    file: 'src/raft/quorum-contact.ts',
    replace: '  return Math.min(quorumIsLostAt, diskDeadline(raft, leader))',
    by: '  return Math.max(quorumIsLostAt, Number.POSITIVE_INFINITY)',
    bug: 'a leader that hears from no majority never steps down (R14; liveness)',
  },
  {
    name: 'entries-applied-twice',
    file: 'src/raft/commitment.ts',
    replace: '  raft.lastApplied = last\n',
    by: '  raft.lastApplied = last - (last % 7 === 0 ? 1 : 0)\n',
    bug: 'an entry is given out for application again',
  },
  {
    name: 'legacy-answers-credited-in-full',
    file: 'src/raft/legacy-replication.ts',
    replace: 'peer.matched(peer.credit.succeeded(), peer.nextRequestId)',
    by: 'peer.matched(raft.log.lastIndex, peer.nextRequestId)',
    bug: 'a bare Success is credited for the whole log (every public course solution)',
    wishes: { foreign: 1 },
  },
  {
    name: 'legacy-credit-off-by-one',
    file: 'src/raft/legacy-credit.ts',
    replace: '    while (this.#successes > this.#countBelow && this.#covers.length > 0) {',
    by: '    while (this.#successes >= this.#countBelow && this.#covers.length > 0) {',
    bug: 'a bare Success is credited for one datagram too many (C8)',
    wishes: { foreign: 1 },
  },
  {
    name: 'write-without-sync',
    file: 'src/storage/segmented-log.ts',
    replace: '    segment.file.writeDurably(bytes, segment.position, (cause) => {',
    by: '    segment.file.write(bytes, segment.position, (cause) => {',
    bug: 'a save is acknowledged when it is written and not when it is synced (Yugabyte 23453)',
  },
  {
    name: 'truncation-not-written',
    file: 'src/storage/save-encoder.ts',
    replace: '      this.body.truncate(truncateFrom)\n',
    by: '',
    bug: 'a truncation is not on the disk: after a crash the cut entries are back',
  },
  {
    name: 'hard-state-not-written',
    file: 'src/storage/save-encoder.ts',
    replace: '      this.body.hardState(currentTerm, votedFor)\n',
    by: '',
    bug: 'term and vote stay in memory (paper, Figure 2: persistent state)',
  },
  ...mutantsOfMembership,
  ...mutantsOfLeadership,
  ...mutantsOfDisks,
  ...mutantsOfSessions,
  ...mutantsOfReads,
  ...mutantsOfSnapshots,
]
