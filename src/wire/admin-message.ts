/**
 * What operators ask and are told, as JSON inside AdminRequest and AdminResponse. Each question is
 * one step that a single server answers for itself; what takes several steps (a new server learns
 * first, and votes then) is put together by whoever asks, from what `members` says.
 */
import type { LogIndex, Milliseconds, ServerId, Term } from '../raft/index.ts'

/** Asked of the leader, but for `snapshot`, which is for the very server that is asked. */
export type AdminQuestion =
  | { readonly kind: 'members' }
  | ChangeQuestion
  | { readonly kind: 'transfer'; readonly to: ServerId | null }
  | { readonly kind: 'snapshot' }

/** Another configuration is wanted: all of it. */
export interface ChangeQuestion {
  readonly kind: 'change'
  /**
   * Where the configuration stands in the log that the asker has seen. Where another has come
   * since, nothing is changed; so a question that is asked twice changes nothing twice.
   */
  readonly basedOn: LogIndex
  readonly voters: readonly ServerId[]
  readonly learners: readonly ServerId[]
  readonly addresses: Readonly<Record<ServerId, string>>
  /** Also where too few of the new voters answer. */
  readonly force: boolean
}

export type AdminAnswer =
  | MembersAnswer
  | { readonly kind: 'changed'; readonly index: LogIndex; readonly term: Term }
  | SnapshotAnswer
  | { readonly kind: 'transferred'; readonly leaderId: ServerId; readonly term: Term }
  | AdminRefusal

/** A snapshot is being taken, unless one of all that is applied is there already. */
export interface SnapshotAnswer {
  readonly kind: 'snapshot'
  readonly id: ServerId
  /** What the durable snapshot covers; 0 where there is none. */
  readonly snapshotIndex: LogIndex
  readonly snapshotBytes: number
  readonly lastApplied: LogIndex
}

/** Nothing was done. `code` is for programs; `isTransient`: asked again later it may be. */
export interface AdminRefusal {
  readonly kind: 'refused'
  readonly code: string
  readonly message: string
  readonly isTransient: boolean
}

/** Who takes part, and how each is doing, as the leader sees it. */
export interface MembersAnswer {
  readonly kind: 'members'
  readonly leaderId: ServerId
  readonly term: Term
  /** Where the newest configuration stands in the log; 0: it is the first one. */
  readonly index: LogIndex
  /** It is committed, is not joint, and the leader has committed an entry of its own term. */
  readonly isSettled: boolean
  readonly lastLogIndex: LogIndex
  readonly commitIndex: LogIndex
  readonly electionTimeoutMaxMs: Milliseconds
  readonly members: readonly Member[]
}

/**
 * `voter` and `learner`; and while a change is under way: `joining` votes in the new group alone,
 * `leaving` in the old one alone.
 */
export type MemberPart = 'voter' | 'learner' | 'joining' | 'leaving'

export interface Member {
  readonly id: ServerId
  /** '' where it is not known. */
  readonly address: string
  readonly part: MemberPart
  /** The last entry that it certainly holds. */
  readonly matchIndex: LogIndex
  /** How long ago it last answered; null: never, in this leader's term. 0 for the leader. */
  readonly silentMs: Milliseconds | null
  /** Of a learner. */
  readonly catchUp: {
    /** The number of the round that is under way (§4.2.1). */
    readonly round: number
    readonly isCaughtUp: boolean
    /** A snapshot is on its way to it: so many bytes of so many. */
    readonly snapshot: { readonly sentBytes: number; readonly totalBytes: number } | null
  } | null
}

/** The question, or in one line why it is none. */
export function parseAdminQuestion(json: string): AdminQuestion | string {
  let given: unknown
  try {
    given = JSON.parse(json)
  } catch {
    return 'the request is no JSON'
  }
  if (!isObject(given)) return 'the request is no object'
  const { kind } = given
  switch (kind) {
    case 'members':
    case 'snapshot':
      return { kind }
    case 'transfer':
      return parseTransfer(given)
    case 'change':
      return parseChange(given)
    default:
      return `there is no request of the kind ${JSON.stringify(kind)?.slice(0, 40)}`
  }
}

function parseTransfer({ to }: Fields): AdminQuestion | string {
  return to === null || isId(to) ? { kind: 'transfer', to } : '"to" is a server or null'
}

function parseChange(given: Fields): AdminQuestion | string {
  const { basedOn, voters, learners, addresses, force } = given
  if (!isIndex(basedOn)) return '"basedOn" is the index of a configuration'
  if (!isIds(voters)) return '"voters" is an array of servers'
  if (!isIds(learners)) return '"learners" is an array of servers'
  if (!isObject(addresses) || !Object.values(addresses).every((at) => typeof at === 'string')) {
    return '"addresses" is an object of addresses by server'
  }
  if (typeof force !== 'boolean') return '"force" is true or false'
  const texts = addresses as Record<ServerId, string>
  return { kind: 'change', basedOn, voters, learners, addresses: texts, force }
}

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId(value: unknown): value is ServerId {
  return typeof value === 'string' && value !== ''
}

function isIds(value: unknown): value is ServerId[] {
  return Array.isArray(value) && value.every(isId)
}

function isIndex(value: unknown): value is LogIndex {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
