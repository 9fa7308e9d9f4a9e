/**
 * Whether what a scenario expects is so. Recorded output shows what happened; an expectation says
 * what of it matters, and is not re-recorded.
 */
import { unreachable } from '../../base/assert.ts'
import type { LogIndex, RaftState, ServerId, Term } from '../../raft/index.ts'
import { leaderIdOf } from '../../raft/index.ts'
import type { ScenarioCluster } from './cluster.ts'
import {
  type Expectation,
  type ExpectedField,
  type ExpectedRole,
  isOfSort,
  isOn,
  type Selector,
} from './command.ts'
import { Problem } from './scenario-error.ts'
import type { ScenarioServer } from './scenario-server.ts'
import { formatTerms } from './terms.ts'

/** Throws an `EXPECTATION` where it is not so. */
export function expectThat(cluster: ScenarioCluster, expectation: Expectation): void {
  const wrong = whatIsWrong(cluster, expectation)
  if (wrong !== null) throw new Problem('EXPECTATION', wrong)
}

function whatIsWrong(cluster: ScenarioCluster, expectation: Expectation): string | null {
  switch (expectation.kind) {
    case 'leader':
      return leader(cluster, expectation.id)
    case 'role':
      return firstWrong(expectation.at, (id) => role(cluster.server(id), expectation.role))
    case 'field':
      return firstWrong(expectation.at ?? running(cluster), (id) => {
        const found = fieldOf(cluster.server(id), expectation.field) ?? 'none'
        return differs(`${expectation.field} of ${id}`, found, expectation.value)
      })
    case 'log':
      return firstWrong(expectation.at ?? running(cluster), (id) => {
        const found = formatLog(logOf(cluster.server(id), expectation.isSaved))
        return differs(`the log of ${id}`, found, formatLog(expectation))
      })
    case 'logsEqual':
      return logsEqual(cluster, expectation.at ?? running(cluster))
    case 'peer': {
      const { at, of, field, value } = expectation
      const found = peerOf(cluster.server(at), of)?.[field] ?? 'none'
      return differs(`${field} of ${of} at ${at}`, found, value)
    }
    case 'count':
      return counted(cluster, expectation)
    case 'electable':
      return differs(
        'who can win an election',
        electable(cluster).join(' ') || 'none',
        expectation.ids.join(' ') || 'none',
      )
    case 'breach':
      return `${expectation.invariant} is not broken`
    case 'voters':
      return firstWrong(expectation.at ?? running(cluster), (id) => {
        const { voters, votersOld } = cluster.server(id).running.state.configuration
        const wanted = votersText(expectation.voters, expectation.votersOld)
        return differs(`the voters of ${id}`, votersText(voters, votersOld), wanted)
      })
    case 'learners':
      return firstWrong(expectation.at ?? running(cluster), (id) => {
        const { learners } = cluster.server(id).running.state.configuration
        return differs(`the learners of ${id}`, group(learners), group(expectation.learners))
      })
    case 'quiet':
      return cluster.network.datagrams.length === 0 ? null : 'messages are on their way'
    case 'invariants':
      return null // They are checked after every event; see observer.ts.
    default:
      return unreachable(expectation)
  }
}

function votersText(voters: readonly ServerId[], votersOld: readonly ServerId[] | null): string {
  return votersOld === null ? group(voters) : `${group(voters)} | ${group(votersOld)}`
}

function group(ids: readonly ServerId[]): string {
  return [...ids].sort().join(' ') || 'none'
}

function running(cluster: ScenarioCluster): ServerId[] {
  return cluster.ids.filter((id) => !cluster.server(id).isDown)
}

function firstWrong(
  ids: readonly ServerId[],
  wrong: (id: ServerId) => string | null,
): string | null {
  for (const id of ids) {
    const what = wrong(id)
    if (what !== null) return what
  }
  return null
}

function differs(what: string, found: number | string, value: number | string): string | null {
  return found === value ? null : `${what} is ${found}, not ${value}`
}

/** The leader is the one who leads the latest term that is led. */
function leader(cluster: ScenarioCluster, id: ServerId | null): string | null {
  const leaders = running(cluster)
    .map((server) => cluster.server(server).state as RaftState)
    .filter((state) => state.role.kind === 'leader')
  const latest = Math.max(...leaders.map((state) => state.currentTerm))
  const found = leaders.find((state) => state.currentTerm === latest)?.id ?? 'none'
  return differs('the leader', found, id ?? 'none')
}

/** Those whose logs are new enough for a majority of all servers (§3.6.1). */
function electable(cluster: ScenarioCluster): ServerId[] {
  const up = running(cluster).map((id) => cluster.server(id).state as RaftState)
  const isElectable = ({ log }: RaftState): boolean => {
    const voters = up.filter((voter) => voter.log.isNoNewerThan(log.lastTerm, log.lastIndex))
    return 2 * voters.length > cluster.ids.length
  }
  return up.filter(isElectable).map(({ id }) => id)
}

function role(server: ScenarioServer, expected: ExpectedRole): string | null {
  const is = server.isDown
    ? 'down'
    : server.isSuspended
      ? 'suspended'
      : (server.state as RaftState).role.kind
  return differs(server.id, is, expected)
}

function fieldOf(server: ScenarioServer, field: ExpectedField): number | string | null {
  const saved = server.durable()
  switch (field) {
    case 'savedTerm':
      return saved.currentTerm
    case 'savedVote':
      return saved.votedFor
    case 'term':
      return server.running.state.currentTerm
    case 'vote':
      return server.running.state.votedFor
    case 'commitIndex':
      return server.running.state.commitIndex
    case 'snapshot':
      return server.running.state.snapshot?.lastIndex ?? null
    case 'savedSnapshot':
      return saved.snapshot?.lastIndex ?? null
    case 'leaderId':
      return leaderIdOf(server.running.state)
    default:
      return unreachable(field)
  }
}

/** The terms of what a log holds, and where that begins. */
interface LogOutline {
  readonly terms: readonly Term[]
  readonly after: LogIndex
}

function logOf(server: ScenarioServer, isSaved: boolean): LogOutline {
  if (isSaved) {
    const { entries, snapshot } = server.durable()
    return { terms: entries.map((entry) => entry.term), after: snapshot?.lastIndex ?? 0 }
  }
  const { log } = server.running.state
  const entries = log.slice(log.firstIndex, log.lastIndex + 1)
  return { terms: entries.map((entry) => entry.term), after: log.baseIndex }
}

/** `1,1,2`, `1,2 after 4`. */
function formatLog({ terms, after }: LogOutline): string {
  return after === 0 ? formatTerms(terms) : `${formatTerms(terms)} after ${after}`
}

/**
 * Of equal terms all along; that entries of one index and term are one entry is Log Matching. What
 * one of them has dropped is committed, and compared no more.
 */
function logsEqual(cluster: ScenarioCluster, ids: readonly ServerId[]): string | null {
  const [first, ...others] = ids
  if (first === undefined) return 'no server is running'
  const logs = new Map(ids.map((id) => [id, logOf(cluster.server(id), false)]))
  const after = Math.max(...[...logs.values()].map((log) => log.after))
  const restOf = (id: ServerId): string => {
    const log = logs.get(id) as LogOutline
    const lastIndex = log.after + log.terms.length
    if (lastIndex < after) return `${lastIndex} entries`
    return formatLog({ terms: log.terms.slice(after - log.after), after })
  }
  return firstWrong(others, (id) => differs(`the log of ${id}`, restOf(id), restOf(first)))
}

function peerOf(server: ScenarioServer, of: ServerId) {
  const { role } = server.running.state
  return role.kind === 'leader' ? role.peers.get(of) : undefined
}

function counted(
  cluster: ScenarioCluster,
  { bound, number, of }: Extract<Expectation, { kind: 'count' }>,
): string | null {
  const found = of === null ? cluster.delivery.rounds : messagesOf(cluster, of)
  const holds =
    bound === 'exactly' ? found === number : bound === 'at most' ? found <= number : found >= number
  return holds ? null : `${found} were delivered in this block, not ${bound} ${number}`
}

function messagesOf(cluster: ScenarioCluster, { links, sort }: Selector): number {
  return cluster.delivery.delivered.filter(
    ({ from, to, message }) => isOn(links, from, to) && isOfSort(sort, message.kind),
  ).length
}
