/**
 * What `print` and `log` answer (C16, C17): lines of text, made from a server's state.
 */
import type { Leader, RaftState, ServerId } from '../raft/index.ts'
import { entryLine } from '../state-machine/index.ts'

/** A server as it is shown. */
export interface ShownServer {
  readonly id: ServerId
  readonly state: RaftState
  readonly isFailed: boolean
  readonly leaderId: ServerId | null
}

/** C17's fields in their order, then an empty line. */
export function printLines(server: ShownServer): readonly string[] {
  const { id, state, isFailed, leaderId } = server
  const { role } = state
  const leader = role.kind === 'leader' && !isFailed ? role : null
  return [
    `server: ${id}`,
    `state: ${isFailed ? 'failed' : role.kind}`,
    `currentTerm: ${state.currentTerm}`,
    `votedFor: ${state.votedFor ?? 'none'}`,
    `leaderId: ${leaderId ?? 'none'}`,
    `commitIndex: ${state.commitIndex}`,
    `lastApplied: ${state.lastApplied}`,
    `nextIndex: ${perPeer(leader, 'nextIndex')}`,
    `matchIndex: ${perPeer(leader, 'matchIndex')}`,
    '',
  ]
}

function perPeer(leader: Leader | null, index: 'nextIndex' | 'matchIndex'): string {
  if (leader === null) return '-'
  return [...leader.peers.values()].map((peer) => `${peer.id}=${peer[index]}`).join(' ')
}

/** Every entry, `term,index,command`; nothing follows the second comma of a no-op. */
export function* logLines({ state }: Pick<ShownServer, 'state'>): Generator<string> {
  for (let index = 1; index <= state.log.lastIndex; index++) {
    yield entryLine(state.log.entryAt(index))
  }
}
