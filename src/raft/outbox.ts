/**
 * Where the effects of steps collect until they are taken. It also keeps the books on what the
 * disk has been told, since what is new since then is the next save.
 */
import { assert } from '../base/assert.ts'
import type { Answer, ChunkEffect, Effects, Notice, Save } from './effects.ts'
import type { SaveId } from './input.ts'
import type { Message } from './message.ts'
import type { Snapshot } from './snapshot.ts'
import type { RaftState } from './state.ts'
import type { LogIndex, Milliseconds, ServerId, Term } from './types.ts'

export class Outbox {
  send: Message[] = []
  thenSend: Message[] = []
  answers: Answer[] = []
  notices: Notice[] = []
  chunks: ChunkEffect[] = []
  discardPrefix: LogIndex | null = null
  /** The state machine is to become what this one holds. */
  restore: Snapshot | null = null

  // What the saves given out so far hold together.
  savedTerm: Term
  savedVote: ServerId | null
  savedIndex: LogIndex
  /** The lowest index cut off since the last save was given out; null where none was. */
  truncatedFrom: LogIndex | null = null
  /** What has taken the place of the log since the last save was given out. */
  replacedBy: Snapshot | null = null
  lastSaveId: SaveId = 0
  lastSavedId: SaveId = 0
  /** When the disk was given something while it was idle, or has last acknowledged something. */
  diskHeardAt: Milliseconds = 0

  constructor(savedTerm: Term, savedVote: ServerId | null, savedIndex: LogIndex) {
    this.savedTerm = savedTerm
    this.savedVote = savedVote
    this.savedIndex = savedIndex
  }

  /** Entries from `from` on were cut off; the disk hears of it with the next save. */
  truncated(from: LogIndex): void {
    if (from > this.savedIndex) return
    this.truncatedFrom = from
    this.savedIndex = from - 1
  }

  /** A snapshot has taken the place of the log. */
  replaced(snapshot: Snapshot): void {
    this.replacedBy = snapshot
    this.restore = snapshot
    this.truncatedFrom = null
    this.savedIndex = snapshot.lastIndex
  }
}

/** Leaves at once: for what promises nothing that a crash could make untrue. */
export function sendNow(raft: RaftState, message: Message): void {
  raft.outbox.send.push(message)
}

/** Leaves once everything that this server has decided so far is durable (§3.8). */
export function sendAfterSave(raft: RaftState, message: Message): void {
  raft.outbox.thenSend.push(message)
}

export function notice(raft: RaftState, notice: Notice): void {
  raft.outbox.notices.push(notice)
}

/** Empties the outbox into one batch; `apply` is the caller's, since it moves lastApplied. */
export function takeOutbox(raft: RaftState, apply: Effects['apply']): Effects {
  const { outbox } = raft
  const save = nextSave(raft)
  // With nothing to save and nothing on its way to the disk, "after the save" is now.
  const send = save === null ? outbox.send.concat(outbox.thenSend) : outbox.send
  const { answers, notices, chunks, restore, discardPrefix } = outbox
  const effects = { send, save, restore, apply, answers, chunks, discardPrefix, notices }
  outbox.send = []
  outbox.thenSend = []
  outbox.answers = []
  outbox.notices = []
  outbox.chunks = []
  outbox.restore = null
  outbox.discardPrefix = null
  return effects
}

/**
 * What is new for the disk. A message that must wait makes a save even where nothing is new but
 * earlier saves are not durable yet: it then queues behind them.
 */
function nextSave(raft: RaftState): Save | null {
  const { outbox, log } = raft
  const isNew =
    raft.currentTerm !== outbox.savedTerm ||
    raft.votedFor !== outbox.savedVote ||
    log.lastIndex !== outbox.savedIndex ||
    outbox.truncatedFrom !== null ||
    outbox.replacedBy !== null
  const mustWait = outbox.thenSend.length > 0 && outbox.lastSavedId < outbox.lastSaveId
  if (!isNew && !mustWait) return null
  assert(log.lastIndex >= outbox.savedIndex, 'a shorter log was truncated')
  if (outbox.lastSavedId === outbox.lastSaveId) outbox.diskHeardAt = raft.now
  outbox.lastSaveId += 1
  const save: Save = {
    saveId: outbox.lastSaveId,
    currentTerm: raft.currentTerm,
    votedFor: raft.votedFor,
    snapshot: outbox.replacedBy,
    truncateFrom: outbox.truncatedFrom,
    entries: log.slice(outbox.savedIndex + 1, log.lastIndex + 1),
    lastIndex: log.lastIndex,
    lastTerm: log.lastTerm,
    epoch: log.epoch,
    thenSend: outbox.thenSend,
  }
  outbox.savedTerm = raft.currentTerm
  outbox.savedVote = raft.votedFor
  outbox.savedIndex = log.lastIndex
  outbox.truncatedFrom = null
  outbox.replacedBy = null
  return save
}
