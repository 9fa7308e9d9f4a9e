/**
 * Whom a leader replicates to: every other server of the configuration, and for a while those that
 * have just left it, so that they hear of it and stay quiet. Follows the configuration as it
 * changes; what is said to each peer is in replication.ts.
 */
import { CatchUp } from './catch-up.ts'
import { incarnationOf, isMember, isVoter, serversOf } from './configuration.ts'
import { Peer } from './peer.ts'
import type { Leader } from './role.ts'
import type { RaftState } from './state.ts'
import type { LogIndex, Milliseconds, ServerId } from './types.ts'

/**
 * For so many of the longest election timeouts a server that left is told so. Then it is given up:
 * it may be gone for good, and if it comes back it is kept from doing harm by the rules for votes.
 */
const departureTimeouts = 10

/** Everybody of the present configuration, and whoever left with it, as a leader begins. */
export function beginPeers(raft: RaftState, leader: Leader): void {
  const nextIndex = raft.log.lastIndex + 1
  syncPeers(raft, leader, nextIndex)
  // The last leader may not have got round to telling them.
  const { previous } = raft.configurations
  for (const server of previous === null ? [] : serversOf(previous)) {
    if (server === raft.id || leader.peers.has(server)) continue
    depart(raft, addPeer(raft, leader, server, nextIndex))
  }
}

/**
 * Another configuration: new servers are sent the log, from a guess on, and those that left are
 * told so.
 */
export function syncPeers(raft: RaftState, leader: Leader, nextIndex: LogIndex): void {
  const { configuration } = raft
  for (const peer of leader.peers.values()) {
    if (!isMember(configuration, peer.id)) depart(raft, peer)
  }
  for (const server of serversOf(configuration)) {
    if (server === raft.id) continue
    const incarnation = incarnationOf(configuration, server)
    const known = leader.peers.get(server)
    // One that left and is taken in again may have lost everything in between, and one that is
    // known by another data directory from now on has: what it acknowledged before counts no more.
    if (known !== undefined && (known.departsAt !== null || known.incarnation !== incarnation)) {
      dropPeer(leader, known)
    }
    const peer = leader.peers.get(server) ?? addPeer(raft, leader, server, nextIndex)
    peer.incarnation = incarnation
    if (isVoter(configuration, server)) peer.catchUp = null
    else peer.catchUp ??= new CatchUp(raft.log.lastIndex, raft.now)
  }
}

/** Those that left are sent nothing more once they know it, or have had their time. */
export function forgetDeparted(raft: RaftState, leader: Leader): void {
  const index: LogIndex = raft.configurations.newestIndex
  for (const peer of leader.peers.values()) {
    if (peer.departsAt === null) continue
    if (peer.knownCommit >= index || raft.now >= peer.departsAt) dropPeer(leader, peer)
  }
}

function addPeer(raft: RaftState, leader: Leader, server: ServerId, nextIndex: LogIndex): Peer {
  const peer = new Peer(server, nextIndex, raft.now, leader.freshRequestId)
  leader.peers.set(server, peer)
  return peer
}

function depart({ now, options }: RaftState, peer: Peer): void {
  const departureMs: Milliseconds = departureTimeouts * options.electionTimeoutMaxMs
  peer.departsAt ??= now + departureMs
  peer.catchUp = null
}

/** Its late answers must not be taken for answers to a peer of the same name. */
function dropPeer(leader: Leader, peer: Peer): void {
  leader.freshRequestId = Math.max(leader.freshRequestId, peer.nextRequestId)
  leader.peers.delete(peer.id)
}
