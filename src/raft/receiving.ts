/**
 * InstallSnapshot, receiver's side (§5.1, Figure 5.3). Chunks are stored aside by the driver, in
 * order; when the last one is, the log gives way to the snapshot, in memory at once and on disk by
 * the next save, behind which the answer waits. What we know to be committed is never taken back.
 */
import { assert } from '../base/assert.ts'
import { adopt } from './adopting.ts'
import { learnCommitIndex } from './commitment.ts'
import { followLeader } from './following.ts'
import type { ChunkStored } from './input.ts'
import {
  appendEntriesObsolete,
  type InstallSnapshotRequest,
  installSnapshotResponse,
} from './message.ts'
import { notice, sendAfterSave } from './outbox.ts'
import { configurationOf, isSameSnapshot, type Snapshot } from './snapshot.ts'
import type { RaftState } from './state.ts'

/** A snapshot that is being received. */
export interface Receiving {
  readonly snapshot: Snapshot
  /** Stored aside so far. */
  bytesStored: number
  /** The request whose chunk the driver is storing; null where there is none. */
  storing: InstallSnapshotRequest | null
}

/** The term rule has run already, once, in `receive`. */
export function handleInstallSnapshotRequest(
  raft: RaftState,
  request: InstallSnapshotRequest,
): void {
  assert(request.term <= raft.currentTerm, 'the term rule has run')
  if (request.term < raft.currentTerm) {
    // The sender is told the term that deposes it, in the words that say which term it spoke in:
    // should it lead this one by then, the id must not be taken for one of this term.
    sendAfterSave(raft, appendEntriesObsolete(request, raft.currentTerm))
    return
  }
  if (!followLeader(raft, request.from)) return
  if (answerWithoutIt(raft, request)) return
  // What was received before is still on its way into the log's place on disk.
  if (raft.durableIndex < raft.log.baseIndex) return
  // One chunk at a time: this one is sent again, should it be needed.
  if (raft.receiving !== null && raft.receiving.storing !== null) return
  const { snapshot, offset, data } = request
  if (raft.receiving === null || !isSameSnapshot(raft.receiving.snapshot, snapshot)) {
    raft.receiving = { snapshot, bytesStored: 0, storing: null }
  }
  const { receiving } = raft
  if (offset !== receiving.bytesStored) {
    const { bytesStored } = receiving
    sendAfterSave(raft, installSnapshotResponse(request, raft.currentTerm, bytesStored, 0))
    return
  }
  receiving.storing = request
  const { checksum } = request
  raft.outbox.chunks.push({ kind: 'storeChunk', snapshot, offset, data, checksum })
}

/**
 * What the snapshot covers we have, as committed or as entries that agree with it. Then nothing is
 * installed, and whatever follows in the log is kept (§5.1): an install that comes late must not
 * take back what was committed since.
 */
function answerWithoutIt(raft: RaftState, request: InstallSnapshotRequest): boolean {
  const { lastIndex, lastTerm } = request.snapshot
  if (!holds(raft, request.snapshot)) return false
  if (raft.log.knowsTerm(lastIndex) && !raft.log.matches(lastIndex, lastTerm)) {
    const what = `offers a snapshot with entry ${lastIndex} of term ${lastTerm}, not as committed`
    notice(raft, { kind: 'contradiction', from: request.from, what })
    return true
  }
  if (raft.receiving?.storing === null) stopReceiving(raft)
  learnCommitIndex(raft, lastIndex, lastIndex)
  const { size } = request.snapshot
  sendAfterSave(raft, installSnapshotResponse(request, raft.currentTerm, size, lastIndex))
  return true
}

function holds({ commitIndex, log }: RaftState, { lastIndex, lastTerm }: Snapshot): boolean {
  return lastIndex <= commitIndex || log.matches(lastIndex, lastTerm)
}

/** The driver has stored a chunk, or could not use it: then `bytesStored` is what it was. */
export function chunkStored(raft: RaftState, stored: ChunkStored): void {
  const { receiving } = raft
  if (receiving === null || receiving.storing === null) return
  if (!isSameSnapshot(receiving.snapshot, stored.snapshot)) return
  const request = receiving.storing
  const { snapshot } = receiving
  receiving.storing = null
  receiving.bytesStored = stored.bytesStored
  if (holds(raft, snapshot) || raft.role.kind !== 'follower') {
    // Entries have overtaken it, or nobody leads us: who does will send what is needed.
    stopReceiving(raft)
  } else if (stored.bytesStored === snapshot.size && stored.isWhole) {
    replaceLog(raft, snapshot)
  }
  // Answered where the sender still leads us, and also if it was the last of an empty snapshot.
  if (raft.role.kind !== 'follower' || request.term !== raft.currentTerm) return
  const matchIndex = holds(raft, snapshot) ? snapshot.lastIndex : 0
  if (matchIndex > 0) learnCommitIndex(raft, matchIndex, matchIndex)
  const { bytesStored } = stored
  sendAfterSave(raft, installSnapshotResponse(request, raft.currentTerm, bytesStored, matchIndex))
}

/** Nothing more is expected: what was stored aside may go. */
function stopReceiving(raft: RaftState): void {
  raft.receiving = null
  raft.outbox.chunks.push({ kind: 'discardChunks' })
}

/**
 * The snapshot in place of the whole log: nothing in it agrees with the snapshot's last entry, so
 * that everything after that is in conflict too (hashicorp/raft 697 kept such a tail). The state
 * machine is restored before anything else is applied; the disk does the same with the next save.
 */
function replaceLog(raft: RaftState, snapshot: Snapshot): void {
  assert(snapshot.lastIndex > raft.commitIndex, 'what is committed is not replaced')
  const { lastIndex, lastTerm } = snapshot
  raft.durableIndex = Math.min(raft.durableIndex, raft.commitIndex)
  raft.log.replaceBy(lastIndex, lastTerm)
  raft.snapshot = snapshot
  raft.trimTo = 0
  raft.commitIndex = lastIndex
  raft.lastApplied = lastIndex
  raft.receiving = null
  raft.configurations.installed(lastIndex, configurationOf(snapshot))
  adopt(raft)
  raft.outbox.replaced(snapshot)
}
