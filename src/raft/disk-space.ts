/**
 * A disk that is full (R9 says what must be durable, and nothing of where the room comes from). The
 * driver says so while there is still some room in what the log has on the disk; that is kept for
 * terms, votes and the few entries that end what was begun. Nothing new is begun: proposals are
 * refused, a leader hands over to whoever has room, and a follower stores no more than fits.
 */
import type { DiskSpace } from './input.ts'
import { notice } from './outbox.ts'
import type { Peer } from './peer.ts'
import { hasQuorum } from './quorum.ts'
import type { Leader } from './role.ts'
import type { RaftState } from './state.ts'
import type { Entry, ServerId } from './types.ts'

/** What a save takes on the disk beside its entries, at most: it fills whole sectors. */
const saveBytes = 1024

/** The disk is full, or still is and has this much room, or has space again. */
export function handleDiskSpace(raft: RaftState, { isFull, roomBytes }: DiskSpace): void {
  raft.diskRoomBytes = isFull ? roomBytes : Number.POSITIVE_INFINITY
  if (raft.diskIsFull === isFull) return
  raft.diskIsFull = isFull
  // As if it had been drawn so: see resetElectionTimer.
  if (isFull) raft.electionDeadline += raft.options.electionTimeoutMaxMs
  notice(raft, { kind: 'diskSpace', isFull })
}

/**
 * Whether what is proposed could be stored, by the leader and by a majority: where it could not,
 * nobody would know for how long it waits.
 */
export function hasRoomToPropose(raft: RaftState, { peers }: Leader): boolean {
  if (raft.diskIsFull) return false
  let isAnyFull = false
  for (const peer of peers.values()) if (peer.diskIsFull) isAnyFull = true
  if (!isAnyFull) return true
  const withRoom = new Set<ServerId>([raft.id])
  for (const peer of peers.values()) if (!peer.diskIsFull) withRoom.add(peer.id)
  return hasQuorum(raft.configuration, withRoom)
}

/** Takes the room these need on a disk that is full; false where that is too little. */
export function takeRoom(raft: RaftState, entries: readonly Entry[]): boolean {
  if (!raft.diskIsFull) return true
  let bytes = saveBytes
  for (const entry of entries) bytes += raft.options.sizeOfEntry(entry)
  if (bytes > raft.diskRoomBytes) return false
  raft.diskRoomBytes -= bytes
  return true
}

/** It has said in this term that it has room, and is there. */
export function isKnownToHaveRoom(raft: RaftState, peer: Peer): boolean {
  if (peer.diskIsFull || peer.echoes !== true) return false
  return raft.now < peer.provenContactAt + raft.options.electionTimeoutMaxMs
}
