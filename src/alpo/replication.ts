/**
 * How the log gets from the leader to the others: appendEntry, heartbeat, and the replay of missing
 * entries from what they answer (A5).
 *
 * The text says how a server that is behind catches up, and nothing of one that has entries which
 * the leader lacks. The leader is chosen for its log's being complete enough, so we let its log
 * stand: where the two differ, the server gives its own entries up, and the replay goes on from
 * there. Without that a server that was once led by somebody else could never accept anything
 * again.
 */
import { commitByMajority } from './commitment.ts'
import type { AppendEntry, AppendEntryAnswer, Heartbeat, HeartbeatAnswer } from './message.ts'
import { appendEntry, appendEntryAnswer, heartbeat, heartbeatAnswer } from './message.ts'
import { type Leader, passivate, restartTimer } from './role.ts'
import { type AlpoState, othersOf } from './state.ts'
import type { Entry, LogId, ServerId, Term } from './types.ts'

/** Tells everybody that there is a leader, and what its last entry is. */
export function heartbeatAll(alpo: AlpoState): void {
  const { role, serverId, currentTerm, log, outbox, now, options } = alpo
  if (role.kind !== 'leader') return
  role.heartbeatDeadline = now + options.heartbeatIntervalMs
  for (const other of othersOf(alpo)) {
    outbox.send.push(heartbeat(serverId, other, currentTerm, log.lastId, log.lastTerm))
  }
}

/** The leader adds a command to its log, and sends it to those who have all that is before it. */
export function addCommand(alpo: AlpoState, leader: Leader, entry: Entry): void {
  const { log, outbox } = alpo
  outbox.changes(log, entry.id)
  log.append(entry)
  for (const other of othersOf(alpo)) {
    if (leader.accepted.get(other) === entry.id - 1) replay(alpo, other, entry.id)
  }
  commitByMajority(alpo, leader)
}

/**
 * One entry at a time; the answer brings the next. What was lost comes again with the next
 * heartbeat's answer, so that nothing needs a timer of its own.
 */
function replay({ serverId, currentTerm, log, outbox }: AlpoState, to: ServerId, id: LogId): void {
  if (!log.has(id)) return
  const entry = log.entryAt(id)
  outbox.send.push(appendEntry(serverId, to, currentTerm, entry, log.termAt(id - 1)))
}

/**
 * A request of a leader in our term. A candidate has lost the election. A leader cannot hear of
 * another, as the text sees it, and says nothing about it; since ALPO can bring it about (docs/
 * alpo.md), it is noticed and left unanswered.
 */
function followLeader(alpo: AlpoState, from: ServerId, term: Term): boolean {
  if (alpo.role.kind === 'leader') {
    alpo.outbox.notices.push({ kind: 'secondLeader', from, term })
    return false
  }
  passivate(alpo, `${from} leads`)
  restartTimer(alpo)
  return true
}

/** "If these don't match the last log entry in the recipient": the answer tells the last one. */
export function handleHeartbeat(alpo: AlpoState, request: Heartbeat): void {
  if (!followLeader(alpo, request.from, request.senderTerm)) return
  const { log, outbox } = alpo
  outbox.send.push(heartbeatAnswer(request, log.lastId, log.lastTerm))
}

/**
 * An entry is accepted where it properly follows. It does not where there is a gap before it; and
 * where what stands before it is of another term than the leader has there, that is given up.
 */
export function handleAppendEntry(alpo: AlpoState, request: AppendEntry): void {
  if (!followLeader(alpo, request.from, request.senderTerm)) return
  const accepted = accept(alpo, request)
  const { log, outbox } = alpo
  outbox.send.push(appendEntryAnswer(request, accepted, log.lastId, log.lastTerm))
}

function accept(alpo: AlpoState, { entry, prevTerm }: AppendEntry): boolean {
  const { log } = alpo
  const { id, term } = entry
  if (id > log.lastId + 1) return false
  if (log.termAt(id - 1) !== prevTerm) {
    giveUp(alpo, id - 1)
    return false
  }
  if (log.has(id) && log.termAt(id) === term) return true
  if (log.has(id)) giveUp(alpo, id)
  alpo.outbox.changes(log, id)
  log.append(entry)
  return true
}

/** Entries from `id` on are not the leader's. */
function giveUp({ log, outbox }: AlpoState, id: LogId): void {
  outbox.changes(log, id)
  log.cutFrom(id)
}

export function handleHeartbeatAnswer(alpo: AlpoState, answer: HeartbeatAnswer): void {
  const { role, currentTerm } = alpo
  if (role.kind !== 'leader' || answer.senderTerm !== currentTerm) return
  learnLast(alpo, role, answer)
}

export function handleAppendEntryAnswer(alpo: AlpoState, answer: AppendEntryAnswer): void {
  const { role, currentTerm } = alpo
  if (role.kind !== 'leader' || answer.senderTerm !== currentTerm) return
  if (!answer.accepted) learnLast(alpo, role, answer)
  // An answer that says nothing new is of an entry that was sent twice, and goes no further.
  else if (learnAccepted(alpo, role, answer.from, answer.id))
    replay(alpo, answer.from, answer.id + 1)
}

/** Another server's last entry: where its log ends, or where it may part from the leader's. */
function learnLast(
  alpo: AlpoState,
  leader: Leader,
  { from, lastLogId, lastTerm }: HeartbeatAnswer | AppendEntryAnswer,
): void {
  const { log } = alpo
  if (log.matches(lastLogId, lastTerm)) {
    learnAccepted(alpo, leader, from, lastLogId)
    replay(alpo, from, lastLogId + 1)
  } else {
    replay(alpo, from, Math.min(lastLogId, log.lastId))
  }
}

/** Whether it is news. With an entry all of smaller ids are accepted (A7). */
function learnAccepted(alpo: AlpoState, leader: Leader, from: ServerId, id: LogId): boolean {
  const before = leader.accepted.get(from)
  if (before !== undefined && before >= id) return false
  leader.accepted.set(from, id)
  commitByMajority(alpo, leader)
  return true
}
