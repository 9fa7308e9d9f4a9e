/**
 * InstallSnapshot, leader's side (§5.1): a follower that needs entries which the leader has dropped
 * is sent the snapshot instead, in chunks, each asked of the driver when the one before has been
 * acknowledged. Heartbeats go on meanwhile, and tell when the follower has caught up by itself.
 */
import { assert } from '../base/assert.ts'
import type { ChunkRead } from './input.ts'
import { type InstallSnapshotResponse, installSnapshotRequest } from './message.ts'
import { notice, sendNow } from './outbox.ts'
import type { Peer } from './peer.ts'
import { isSameSnapshot, type Snapshot } from './snapshot.ts'
import type { RaftState } from './state.ts'
import type { Milliseconds, RequestId } from './types.ts'

/** A snapshot on its way to one follower. */
export interface Install {
  readonly snapshot: Snapshot
  /** Where the next chunk begins: what the follower has, as far as it has told. */
  offset: number
  /** The next chunk is not asked for yet, or is being read, or is sent and not answered. */
  stage: 'idle' | 'reading' | 'sent'
  requestId: RequestId
  /** When the chunk that is being read was asked for. */
  askedAt: Milliseconds
  sentAt: Milliseconds
  /** When the follower last took something of it. */
  progressAt: Milliseconds
}

/** Without progress for so many of the longest election timeouts, the log is not held for it. */
const patienceTimeouts = 20

/** What the peer needs next is no longer in the log. */
export function needsSnapshot(raft: RaftState, peer: Peer): boolean {
  return peer.nextIndex <= raft.log.baseIndex
}

/** Asks for the next chunk, unless one is being read or is on its way. */
export function install(raft: RaftState, peer: Peer): void {
  // It speaks Listing 1 alone, and would not understand a chunk.
  if (peer.echoes === false) return
  if (peer.install === null) {
    assert(raft.snapshot !== null, 'what was dropped from the log is in a snapshot')
    peer.install = {
      snapshot: raft.snapshot,
      offset: 0,
      stage: 'idle',
      requestId: 0,
      askedAt: raft.now,
      sentAt: raft.now,
      progressAt: raft.now,
    }
  }
  const { stage, snapshot, offset } = peer.install
  if (stage !== 'idle') return
  peer.install.stage = 'reading'
  peer.install.askedAt = raft.now
  const bytesMax = raft.options.snapshotChunkBytesMax
  raft.outbox.chunks.push({ kind: 'readChunk', peer: peer.id, snapshot, offset, bytesMax })
}

/** A heartbeat interval has passed: a chunk that nobody has answered is sent again. */
export function retryInstall(raft: RaftState, peer: Peer): void {
  const { install } = peer
  if (install === null) return
  const { electionTimeoutMinMs, electionTimeoutMaxMs } = raft.options
  if (raft.now >= install.progressAt + patienceTimeouts * electionTimeoutMaxMs) {
    // Begun anew when it answers, perhaps with a later snapshot; until then nothing is held for it.
    peer.install = null
  } else if (install.stage === 'sent' && raft.now >= install.sentAt + electionTimeoutMinMs) {
    install.stage = 'idle'
  }
}

/** The driver has read a chunk, or no longer has that snapshot. */
export function chunkRead(raft: RaftState, read: ChunkRead): void {
  const { role } = raft
  const peer = role.kind === 'leader' ? role.peers.get(read.peer) : undefined
  const install = peer?.install ?? null
  if (peer === undefined || install === null || install.stage !== 'reading') return
  if (!isSameSnapshot(install.snapshot, read.snapshot) || install.offset !== read.offset) return
  if (read.data === null) {
    peer.install = null
    return
  }
  const { snapshot, offset } = install
  assert(offset + read.data.length <= snapshot.size, 'a chunk ends inside its snapshot')
  install.stage = 'sent'
  install.requestId = peer.nextRequestId++
  install.sentAt = raft.now
  peer.unanswered += 1
  sendNow(
    raft,
    installSnapshotRequest(
      raft.id,
      peer.id,
      raft.currentTerm,
      snapshot,
      offset,
      read.data,
      read.checksum,
      install.requestId,
    ),
  )
}

/** InstallSnapshot, leader's side. The term rule has run and stale answers were dropped. */
export function handleInstallSnapshotResponse(
  raft: RaftState,
  response: InstallSnapshotResponse,
): void {
  assert(response.term === raft.currentTerm, 'stale answers were dropped')
  const { role } = raft
  if (role.kind !== 'leader') return
  const peer = role.peers.get(response.from)
  assert(peer !== undefined, 'answers of others were dropped')
  const { requestId, matchIndex, bytesStored } = response
  if (requestId < peer.firstRequestId) return
  const what = impossible(raft, peer, response)
  if (what !== null) {
    notice(raft, { kind: 'contradiction', from: peer.id, what })
    return
  }
  peer.unanswered = 0
  peer.echoes = true
  peer.answeredThrough = Math.max(peer.answeredThrough, requestId)
  const { install } = peer
  const isAwaited = install?.stage === 'sent' && install.requestId === requestId
  if (isAwaited) peer.contactAt = Math.max(peer.contactAt, install.sentAt)
  if (matchIndex > 0) {
    peer.matched(matchIndex, requestId)
    peer.skipTo(matchIndex + 1)
    if (!needsSnapshot(raft, peer)) peer.install = null
  } else if (isAwaited) {
    const hasRoom = bytesStored > install.offset || !peer.diskIsFull
    if (bytesStored > install.offset) install.progressAt = raft.now
    install.offset = bytesStored
    if (hasRoom) install.stage = 'idle'
    else waitForRoom(raft, install)
  }
}

/** Its disk had no room for it: tried again when a chunk without an answer would be. */
function waitForRoom({ now }: RaftState, install: Install): void {
  install.requestId = 0
  install.sentAt = now
}

/** What no server could truthfully have answered to anything that we sent. */
function impossible(
  raft: RaftState,
  peer: Peer,
  { requestId, matchIndex, bytesStored }: InstallSnapshotResponse,
): string | null {
  if (requestId >= peer.nextRequestId) return 'answers a chunk that was never sent'
  if (matchIndex > raft.log.lastIndex) return 'acknowledges entries that do not exist'
  const { install } = peer
  const isAwaited = install?.stage === 'sent' && install.requestId === requestId
  const isTooMuch = isAwaited && bytesStored > install.snapshot.size
  return isTooMuch ? 'has stored more of a snapshot than there is' : null
}
