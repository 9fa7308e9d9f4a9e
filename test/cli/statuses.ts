/** Answers of servers that never were, for what the command line makes of them. */
import { KontikiError, type ServerReport, type ServerStatus } from '../../src/library/index.ts'

export const addresses: Readonly<Record<string, string>> = { a: 'h:1', b: 'h:2', c: 'h:3' }

/** A follower of `a` in term 5, in a cluster of three, with nothing wrong. */
export function status(id: string, given: Partial<ServerStatus> = {}): ServerStatus {
  return {
    ...{ id, role: 'follower', term: 5, votedFor: null, leaderId: 'a', leaderAddress: 'h:1' },
    ...{ commitIndex: 10, lastApplied: 10, lastLogIndex: 10, lastLogTerm: 5, durableIndex: 10 },
    ...{ voters: ['a', 'b', 'c'], votersOld: null, learners: [], part: 'voter', addresses },
    ...{ peers: null, sessions: 1, clusterTimeMs: 0, uptimeMs: 90_061_000, requestsWaiting: 0 },
    ...{ queriesWaiting: 0, savesPending: 0, digest: '', machine: {}, leaderContactMs: 10 },
    ...{ electionTimeoutMs: [400, 800], recent: [], cluster: null, disk: 'well' },
    ...given,
  } as ServerStatus
}

/** A leader of the others, which answer it. */
export function leads(id: string, given: Partial<ServerStatus> = {}): ServerStatus {
  const peers = ['a', 'b', 'c']
    .filter((peer) => peer !== id)
    .map((peer) => {
      return {
        ...{ id: peer, matchIndex: 10, nextIndex: 11, lag: 0 },
        ...{ contactMs: 20, install: null, diskIsFull: false },
      }
    })
  return status(id, { role: 'leader', leaderId: id, leaderContactMs: null, peers, ...given })
}

export function says(of: ServerStatus, address: string = addresses[of.id] ?? 'h:9'): ServerReport {
  return { id: null, address, status: of, error: null }
}

export function silent(id: string, code: 'TIMEOUT' | 'UNREACHABLE'): ServerReport {
  const error = new KontikiError(code, 'notApplied', `because of ${id}`)
  return { id, address: addresses[id] ?? 'h:9', status: null, error }
}
