/** Whether what a play expects is so, on ALPO. */
import type { AlpoState, Message, ServerId } from '../../../alpo/index.ts'
import { electable } from '../../alpo/electable.ts'
import type { Expectation, ExpectedField, MessageSort } from '../command.ts'
import { isOn } from '../command.ts'
import { impossible } from '../scenario-error.ts'
import { formatTerms } from '../terms.ts'
import type { AlpoPlayServer } from './server.ts'
import type { AlpoStage } from './stage.ts'

/** Null where it is so. */
export function whatIsWrong(stage: AlpoStage, expectation: Expectation): string | null {
  const { kind } = expectation
  switch (kind) {
    case 'leader':
      return differs('the leader', leaderOf(stage), expectation.id ?? 'none')
    case 'role': {
      const { role } = expectation
      return firstWrong(expectation.at, (id) => differs(id, roleOf(stage.server(id)), role))
    }
    case 'field': {
      const { field, value } = expectation
      return firstWrong(expectation.at ?? stage.running, (id) =>
        differs(`${field} of ${id}`, fieldOf(stage.server(id), field), value),
      )
    }
    case 'log': {
      const expected = formatTerms(expectation.terms)
      return firstWrong(expectation.at ?? stage.running, (id) =>
        differs(`the log of ${id}`, termsOf(stage.server(id), expectation.isSaved), expected),
      )
    }
    case 'logsEqual':
      return logsEqual(stage, expectation.at ?? stage.running)
    case 'electable': {
      const found = electable(stage.states).join(' ') || 'none'
      return differs('who can win an election', found, expectation.ids.join(' ') || 'none')
    }
    case 'breach':
      return stage.expectBreach(expectation.invariant)
    case 'count':
      return counted(stage, expectation)
    case 'quiet':
      return stage.network.datagrams.length === 0 ? null : 'messages are on their way'
    case 'invariants':
      return null // They are checked after every event; at the end, what broke was expected.
    default:
      throw impossible(`ALPO has nothing of the kind: ${kind}`)
  }
}

function differs(what: string, found: number | string, value: number | string): string | null {
  return found === value ? null : `${what} is ${found}, not ${value}`
}

function firstWrong(
  ids: readonly ServerId[],
  wrong: (id: ServerId) => string | null,
): string | null {
  return ids.map(wrong).find((what) => what !== null) ?? null
}

/** The leader of the latest term that is led. */
function leaderOf({ states }: AlpoStage): ServerId | 'none' {
  const leaders = states.filter(({ role }) => role.kind === 'leader')
  const latest = Math.max(...leaders.map(({ currentTerm }) => currentTerm))
  return leaders.find(({ currentTerm }) => currentTerm === latest)?.serverId ?? 'none'
}

/** ALPO's passive server is Raft's follower. */
function roleOf({ state }: AlpoPlayServer): string {
  if (state === null) return 'down'
  return state.role.kind === 'passive' ? 'follower' : state.role.kind
}

function fieldOf(server: AlpoPlayServer, field: ExpectedField): number | string {
  const { state } = server.running
  switch (field) {
    case 'term':
      return state.currentTerm
    case 'vote':
      return state.vote?.serverId ?? 'none'
    case 'commitIndex':
      return state.fullyReplicated
    default:
      throw impossible(`ALPO has no ${field}`)
  }
}

function termsOf(server: AlpoPlayServer, isSaved: boolean): string {
  const entries = isSaved ? server.saved : server.running.state.log.from(1)
  return formatTerms(entries.map(({ term }) => term))
}

function logsEqual(stage: AlpoStage, ids: readonly ServerId[]): string | null {
  const [first, ...others] = ids
  if (first === undefined) return 'no server is running'
  const expected = termsOf(stage.server(first), false)
  return firstWrong(others, (id) =>
    differs(`the log of ${id}`, termsOf(stage.server(id), false), expected),
  )
}

function counted(
  { delivery, network }: AlpoStage,
  { bound, number, of }: Extract<Expectation, { kind: 'count' }>,
): string | null {
  const meant = delivery.delivered.filter(
    ({ from, to, message }) =>
      of !== null && isOn(of.links, from, to) && network.isOfSort(of.sort, message.kind),
  )
  const found = of === null ? delivery.rounds : meant.length
  const holds =
    bound === 'exactly' ? found === number : bound === 'at most' ? found <= number : found >= number
  return holds ? null : `${found} were delivered in this block, not ${bound} ${number}`
}

/** Raft's four kinds name their forerunners, so that one play can be read for both. */
export function isOfSort(sort: MessageSort, kind: Message['kind']): boolean {
  const isOfRequest = isRequestKind(kind)
  switch (sort) {
    case 'message':
      return true
    case 'request':
      return isOfRequest
    case 'response':
      return !isOfRequest
    case 'requestVoteRequest':
      return kind === 'requestVote'
    case 'requestVoteResponse':
      return kind === 'requestVoteAnswer'
    case 'appendEntriesRequest':
      return kind === 'appendEntry' || kind === 'heartbeat'
    case 'appendEntriesResponse':
      return kind === 'appendEntryAnswer' || kind === 'heartbeatAnswer'
    default:
      return false
  }
}

function isRequestKind(kind: Message['kind']): boolean {
  return kind === 'appendEntry' || kind === 'heartbeat' || kind === 'requestVote'
}

export function describeState({
  role,
  currentTerm,
  vote,
  log,
  fullyReplicated,
}: AlpoState): string {
  const votes = role.kind === 'candidate' ? ` with ${role.votes.size} votes` : ''
  const terms = formatTerms(log.from(1).map(({ term }) => term))
  return (
    `${role.kind}${votes}, term ${currentTerm}, vote ${vote?.serverId ?? 'none'}, ` +
    `log ${terms}, fullyReplicated ${fullyReplicated}`
  )
}
