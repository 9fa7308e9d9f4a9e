/** What `show` writes down: what a server has in its head, on its disk, and on its way. */
import { unreachable } from '../../base/assert.ts'
import type { Milliseconds, Peer, RaftState, ServerId } from '../../raft/index.ts'
import type { ScenarioCluster } from './cluster.ts'
import type { Sight } from './command.ts'
import type { Carried, ManualNetwork } from './manual-network.ts'
import { type ScenarioServer, toBeDurable } from './scenario-server.ts'
import { count, describeDurable, describeEntries, type Transcript } from './transcript.ts'

export function show(cluster: ScenarioCluster, sight: Sight, ids: readonly ServerId[]): void {
  if (sight === 'messages') {
    showMessages(cluster.network, cluster.transcript)
    return
  }
  for (const id of ids) {
    const server = cluster.server(id)
    for (const line of linesOf(sight, server)) cluster.transcript.say(id, line)
  }
}

function linesOf(sight: Exclude<Sight, 'messages'>, server: ScenarioServer): string[] {
  switch (sight) {
    case 'state':
      return [stateLine(server)]
    case 'disk': {
      const pending = server.disk.pending
      const waiting = pending === 0 ? '' : `; ${count(pending, 'save')} under way`
      return [`has saved ${describeDurable(server.durable())}${waiting}`]
    }
    case 'log': {
      const { log } = server.running.state
      const entries = describeEntries(log.slice(log.firstIndex, log.lastIndex + 1)) || 'empty'
      return [log.baseIndex === 0 ? entries : `${entries}; dropped through ${log.baseIndex}`]
    }
    case 'peers':
      return peerLines(server.running.state)
    case 'timers':
      return [timerLine(server)]
    default:
      return unreachable(sight)
  }
}

function stateLine(server: ScenarioServer): string {
  const { state } = server
  if (state === null) return `down, with ${describeDurable(server.durable())} on its disk`
  const role = server.isSuspended ? `suspended ${state.role.kind}` : roleOf(state)
  return `${role}, ${describeDurable(toBeDurable(state))}, commitIndex ${state.commitIndex}`
}

function roleOf({ role }: RaftState): string {
  switch (role.kind) {
    case 'leader':
      return 'leader'
    case 'candidate':
      return `candidate with ${count(role.votesGranted.size, 'vote')}`
    case 'preCandidate':
      return `pre-candidate with ${count(role.votesGranted.size, 'vote')}`
    case 'follower':
      return role.leaderId === null ? 'follower' : `follower of ${role.leaderId}`
  }
}

function peerLines({ role }: RaftState): string[] {
  if (role.kind !== 'leader') return ['has no peers, since it does not lead']
  return [...role.peers.values()].map((peer) => {
    const { id, nextIndex, matchIndex, inflightMessages } = peer
    const place = `nextIndex ${nextIndex}, matchIndex ${matchIndex}`
    return `sees ${id}: ${place}, ${manner(peer)}, ${count(inflightMessages, 'request')} unanswered`
  })
}

function manner(peer: Peer): string {
  if (peer.forgetful) return 'forgetful'
  return peer.streaming ? 'streaming' : 'probing'
}

function timerLine(server: ScenarioServer): string {
  const state = server.running.state
  const now = server.clock.now()
  if (state.role.kind !== 'leader')
    return `stands for election in ${left(state.electionDeadline, now)}`
  return `sends heartbeats in ${left(state.role.heartbeatDeadline, now)}`
}

function left(deadline: Milliseconds, now: Milliseconds): string {
  return `${(deadline - now).toFixed(1)} ms`
}

/** All that is on its way, in the order in which it was sent. */
export function showMessages<M extends Carried>(
  network: ManualNetwork<M>,
  transcript: Transcript<M>,
): void {
  const places = new Map<string, number>()
  for (const datagram of network.datagrams) {
    const link = `${datagram.from}→${datagram.to}`
    const place = (places.get(link) ?? 0) + 1
    places.set(link, place)
    const name = datagram.name === null ? '' : `, "${datagram.name}"`
    const held = network.isHeld(datagram) ? ', held' : ''
    transcript.message(datagram.message, `#${place}${name}${held}`)
  }
}
