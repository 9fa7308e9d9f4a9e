/**
 * How long a cluster is without a leader (§9.3): a leader is crashed at a random moment between two
 * heartbeats, and the time runs until every other server has heard its successor. As there, it is
 * made hard: the last heartbeat reaches all at about the same time, and two of the other servers
 * lack an entry, so that only the others can be elected.
 */
import { assert, broken } from '../../base/assert.ts'
import { utf8Encode } from '../../base/bytes.ts'
import type { Random } from '../../base/random.ts'
import type { Milliseconds } from '../../raft/index.ts'
import { oneWay } from '../topology.ts'
import { Lab, type LabHooks, type LabOptions } from './lab.ts'
import type { LabServer } from './lab-server.ts'

export interface Downtime {
  /** From the crash; `capMs` where there was no new leader by then. */
  readonly ms: Milliseconds
  readonly isOver: boolean
  /** Elections that nobody won. */
  readonly electionsLost: number
  readonly messages: number
}

export interface DowntimeOptions {
  readonly lab: LabOptions
  readonly heartbeatIntervalMs: Milliseconds
  /** Those of the others whose logs are left shorter. */
  readonly short: (others: readonly LabServer[], random: Random) => readonly LabServer[]
  readonly capMs: Milliseconds
  /** Who goes down with the leader. */
  readonly alsoCrash: (others: readonly LabServer[]) => readonly LabServer[]
  readonly hooks?: LabHooks
}

/** The longest wait for a cluster to find its first leader, in election timeouts. */
const settleTimeouts = 1000

/** A cluster that hardly ever has a leader for long enough to crash it is given up then. */
const attemptsMax = 1000

/** Clusters that lose their leader before it can be crashed are passed over. */
export function measureDowntime(seed: string, options: DowntimeOptions): Downtime {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const downtime = tryDowntime(`${seed}/${attempt}`, options)
    if (downtime !== null) return downtime
  }
  return broken(`in none of ${attemptsMax} clusters a leader stayed long enough to be crashed`)
}

function tryDowntime(seed: string, options: DowntimeOptions): Downtime | null {
  const { heartbeatIntervalMs, capMs, alsoCrash } = options
  const terms = new Set<number>()
  const lab: Lab = new Lab(seed, options.lab, {
    ...options.hooks,
    noticed: (server, notice) => {
      if (notice.kind === 'roleChanged' && notice.role === 'candidate') terms.add(notice.term)
      options.hooks?.noticed?.(server, notice)
    },
  })
  lab.start(2 * heartbeatIntervalMs)
  const leader = settle(lab, settleTimeouts * heartbeatIntervalMs)
  if (leader === null) return null
  const others = lab.servers.filter((server) => server !== leader)
  const short = options.short(others, lab.random)
  if (!shorten(lab, leader, short, heartbeatIntervalMs)) return null

  lab.run(lab.now + lab.random.between(0, heartbeatIntervalMs))
  if (leader.role !== 'leader') return null
  const crashedAt = lab.now
  const messagesBefore = lab.messages
  for (const server of [leader, ...alsoCrash(others)]) server.crash()
  terms.clear()
  const isOver = lab.runUntil(crashedAt + capMs, () => haveSuccessor(lab, leader))
  return {
    ms: lab.now - crashedAt,
    isOver,
    electionsLost: Math.max(0, terms.size - (isOver ? 1 : 0)),
    messages: lab.messages - messagesBefore,
  }
}

/** Runs until one server leads and all others follow it with its whole log; null past `ms`. */
function settle(lab: Lab, ms: Milliseconds): LabServer | null {
  const isSettled = (): boolean => {
    const state = lab.leader?.state
    if (state?.role.kind !== 'leader') return false
    const { lastIndex } = state.log
    return (
      [...state.role.peers.values()].every(({ matchIndex }) => matchIndex === lastIndex) &&
      lab.servers.every(({ term }) => term === state.currentTerm)
    )
  }
  const isLed = lab.runUntil(lab.now + ms, isSettled)
  return isLed ? lab.leader : null
}

/**
 * The leader gets an entry that it cannot give to `short`; then its next heartbeat reaches all.
 * False where it did not stay leader until then.
 */
function shorten(
  lab: Lab,
  leader: LabServer,
  short: readonly LabServer[],
  heartbeatIntervalMs: Milliseconds,
): boolean {
  const places = short.map(({ place }) => place)
  // What the short ones answer is lost: the leader would give them what they lack.
  lab.cut(oneWay(places, [leader.place]))
  lab.cut(oneWay([leader.place], places))
  leader.propose(utf8Encode('x'))
  const { role } = leader.state ?? {}
  if (role?.kind !== 'leader') return false
  const beatAt = role.heartbeatDeadline
  assert(beatAt - lab.now <= heartbeatIntervalMs, 'the next heartbeat is due')
  lab.run(beatAt - heartbeatIntervalMs / 1000)
  lab.mend(oneWay([leader.place], places))
  lab.run(beatAt + heartbeatIntervalMs / 1000)
  return leader.role === 'leader'
}

/** All that are up follow a leader that is not the old one. */
function haveSuccessor(lab: Lab, old: LabServer): boolean {
  const next = lab.servers.find((server) => server !== old && server.role === 'leader')
  if (next === undefined) return false
  return lab.servers.every(
    ({ isUp, state }) =>
      !isUp ||
      state === next.state ||
      (state?.role.kind === 'follower' && state.role.leaderId === next.id),
  )
}
