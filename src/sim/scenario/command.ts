/**
 * What the lines of a scenario can ask for, once they are read. docs/scenarios.md is the manual;
 * parse-command.ts makes these from text, and perform.ts does them.
 */
import type {
  LogIndex,
  Message,
  Milliseconds,
  ReadConsistency,
  ServerId,
  Term,
} from '../../raft/index.ts'

/** Which links: null is any server. */
export interface Links {
  readonly from: ServerId | null
  readonly to: ServerId | null
  /** Also from `to` to `from`. */
  readonly bothWays: boolean
}

/** Which messages on those links. */
export type MessageSort = Message['kind'] | 'request' | 'response' | 'message'

/** Which of the messages that are on their way. */
export interface Selector {
  readonly links: Links
  readonly sort: MessageSort
  /** The k-th of those, oldest first and from 1; `last` is the youngest; null is every one. */
  readonly place: number | 'last' | null
  /** The message of this name, whatever else is said. */
  readonly name: string | null
}

/** What a server's disk does with what it is given from now on. */
export type DiskMode = 'saves' | 'holds' | 'fails'

/** What there is to look at. */
export type Sight = 'state' | 'log' | 'disk' | 'peers' | 'timers' | 'messages'

/** A guarantee that was broken, and what was seen. */
export interface Breach {
  readonly invariant: string
  readonly detail: string
}

/** What must be true. `at` null: of every server that is running. */
export type Expectation =
  | { readonly kind: 'leader'; readonly id: ServerId | null }
  | { readonly kind: 'role'; readonly role: ExpectedRole; readonly at: readonly ServerId[] }
  | {
      readonly kind: 'field'
      readonly field: ExpectedField
      readonly value: number | string
      readonly at: readonly ServerId[] | null
    }
  | {
      readonly kind: 'log'
      readonly isSaved: boolean
      readonly terms: readonly Term[]
      /** What comes before these is dropped, and in a snapshot. */
      readonly after: LogIndex
      readonly at: readonly ServerId[] | null
    }
  | { readonly kind: 'logsEqual'; readonly at: readonly ServerId[] | null }
  | {
      readonly kind: 'peer'
      readonly field: 'matchIndex' | 'nextIndex'
      readonly value: LogIndex
      readonly of: ServerId
      readonly at: ServerId
    }
  | {
      readonly kind: 'count'
      readonly bound: 'at most' | 'at least' | 'exactly'
      readonly number: number
      /** Null: rounds. Otherwise the messages that were delivered in this block. */
      readonly of: Selector | null
    }
  /** Who could win an election now, if all that are running heard it. */
  | { readonly kind: 'electable'; readonly ids: readonly ServerId[] }
  /** A guarantee is broken, in a protocol that does not keep it. */
  | { readonly kind: 'breach'; readonly invariant: string }
  /** The voters of a configuration, and in a joint one the old ones. */
  | {
      readonly kind: 'voters'
      readonly voters: readonly ServerId[]
      readonly votersOld: readonly ServerId[] | null
      readonly at: readonly ServerId[] | null
    }
  | {
      readonly kind: 'learners'
      readonly learners: readonly ServerId[]
      readonly at: readonly ServerId[] | null
    }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'invariants' }

export type ExpectedRole = 'follower' | 'candidate' | 'down' | 'suspended'
export type ExpectedField =
  | 'term'
  | 'vote'
  | 'savedTerm'
  | 'savedVote'
  | 'commitIndex'
  | 'leaderId'
  | 'snapshot'
  | 'savedSnapshot'

/** Another configuration: as a difference to the present one, or whole. */
export type WantedChange =
  | { readonly kind: 'add' | 'promote' | 'remove'; readonly servers: readonly ServerId[] }
  | {
      readonly kind: 'whole'
      readonly voters: readonly ServerId[]
      readonly learners: readonly ServerId[]
    }

/** Before the servers start. */
export type SetupCommand =
  | { readonly kind: 'servers'; readonly ids: readonly ServerId[] }
  | { readonly kind: 'log'; readonly ids: readonly ServerId[]; readonly terms: readonly Term[] }
  | { readonly kind: 'term'; readonly ids: readonly ServerId[]; readonly term: Term }
  | { readonly kind: 'vote'; readonly ids: readonly ServerId[]; readonly candidateId: ServerId }
  | { readonly kind: 'foreign'; readonly ids: readonly ServerId[] }
  | { readonly kind: 'joining'; readonly ids: readonly ServerId[] }
  | { readonly kind: 'options'; readonly options: ReadonlyMap<string, number | boolean> }
  | { readonly kind: 'seed'; readonly seed: string }

export type Command =
  | SetupCommand
  | { readonly kind: 'leader'; readonly id: ServerId }
  // Time.
  | { readonly kind: 'timeout'; readonly id: ServerId }
  | { readonly kind: 'heartbeat'; readonly id: ServerId }
  | { readonly kind: 'quorumCheck'; readonly id: ServerId }
  | { readonly kind: 'run'; readonly duration: Milliseconds }
  | { readonly kind: 'wait'; readonly ids: readonly ServerId[]; readonly duration: Milliseconds }
  | {
      readonly kind: 'clock'
      readonly id: ServerId
      readonly time: Milliseconds
      /** From now on; otherwise since the clock's beginning. */
      readonly isRelative: boolean
    }
  | { readonly kind: 'wake'; readonly id: ServerId }
  // Clients.
  | { readonly kind: 'propose'; readonly id: ServerId; readonly commands: readonly string[] }
  | {
      readonly kind: 'read'
      readonly id: ServerId
      readonly names: readonly string[]
      readonly consistency: ReadConsistency
    }
  | {
      readonly kind: 'change'
      readonly at: ServerId
      readonly wanted: WantedChange
      readonly force: boolean
    }
  | { readonly kind: 'transfer'; readonly at: ServerId; readonly to: ServerId | null }
  // The network.
  | { readonly kind: 'deliver'; readonly which: Selector; readonly rounds: number }
  | { readonly kind: 'drop'; readonly which: Selector }
  | { readonly kind: 'repeat'; readonly which: Selector; readonly name: string | null }
  | { readonly kind: 'holdMessages'; readonly which: Selector; readonly name: string | null }
  | { readonly kind: 'holdLinks'; readonly links: Links }
  | { readonly kind: 'release'; readonly which: Selector }
  | { readonly kind: 'cut'; readonly links: Links }
  | { readonly kind: 'heal'; readonly links: Links }
  | { readonly kind: 'partition'; readonly groups: readonly (readonly ServerId[])[] }
  | { readonly kind: 'forge'; readonly message: Message }
  // Servers and disks.
  | { readonly kind: 'crash'; readonly id: ServerId; readonly keeping: number }
  | { readonly kind: 'restart'; readonly ids: readonly ServerId[] }
  | { readonly kind: 'wipe'; readonly ids: readonly ServerId[] }
  | { readonly kind: 'suspend'; readonly ids: readonly ServerId[] }
  | { readonly kind: 'resume'; readonly ids: readonly ServerId[] }
  | { readonly kind: 'disk'; readonly ids: readonly ServerId[]; readonly mode: DiskMode }
  /** `roomBytes`: what the log may still take; null: there is space for all. */
  | {
      readonly kind: 'diskSpace'
      readonly ids: readonly ServerId[]
      readonly roomBytes: number | null
    }
  | { readonly kind: 'save'; readonly id: ServerId }
  | { readonly kind: 'snapshot'; readonly ids: readonly ServerId[] }
  // Looking.
  | { readonly kind: 'show'; readonly sight: Sight; readonly ids: readonly ServerId[] }
  | { readonly kind: 'expect'; readonly expectation: Expectation }

/** Every link. */
export const anyLink: Links = { from: null, to: null, bothWays: false }

/** Every message that is on its way. */
export const anyMessage: Selector = { links: anyLink, sort: 'message', place: null, name: null }

/** Without an end of its own: until nothing more is on its way. */
export const untilQuiet: number = Number.POSITIVE_INFINITY

/** Whether a message from `from` to `to` goes over one of these links. */
export function isOn(links: Links, from: ServerId, to: ServerId): boolean {
  const along = (links.from ?? from) === from && (links.to ?? to) === to
  return along || (links.bothWays && links.from === to && links.to === from)
}

/** Whether simply every message is meant, be there any or not. */
export function isEverything({ links, sort, place, name }: Selector): boolean {
  const isAnyLink = links.from === null && links.to === null
  return isAnyLink && sort === 'message' && place === null && name === null
}

/** Whether a message is of this sort. */
export function isOfSort(sort: MessageSort, kind: Message['kind']): boolean {
  switch (sort) {
    case 'message':
      return true
    case 'request':
      return kind.endsWith('Request')
    case 'response':
      return kind.endsWith('Response')
    default:
      return kind === sort
  }
}
