/**
 * A state of the whole cluster, and what can happen in it. The network is the set of all messages
 * that were ever sent, and any of them may arrive at any time: a message that never does is lost,
 * one that arrives twice is repeated, and every order is possible. What happened before matters
 * only through what the invariants must remember.
 */
import type { Entry, ServerId, Term } from '../../raft/index.ts'
import { majorityOf } from '../../raft/index.ts'
import type { LocalAction, LocalState } from './local.ts'
import { crashAction, heartbeatAction, LocalStates, proposeAction, timeoutAction } from './local.ts'
import { Messages } from './messages.ts'
import type { Scope } from './scope.ts'

export interface World {
  readonly servers: readonly LocalState[]
  /** Ascending numbers of the messages that were sent. */
  readonly messages: readonly number[]
  readonly commandsLeft: number
  readonly crashesLeft: number
  readonly heartbeatsLeft: number
  /** Who was seen to lead which term. */
  readonly leaders: readonly Leadership[]
  /** Every entry that was ever committed anywhere, from index 1. */
  readonly committed: readonly Entry[]
}

export interface Leadership {
  readonly term: Term
  readonly server: ServerId
}

/** Something that happens to one of the servers. */
export interface Action {
  readonly at: number
  readonly what: LocalAction
}

/** Called with each action that changes a world, and with what it becomes. */
export type Visit = (at: number, what: LocalAction, next: World) => void

/** A guarantee of Raft that does not hold, by its name. */
export interface Breach {
  readonly invariant: string
  readonly detail: string
}

export class Worlds {
  readonly #scope: Scope
  readonly #locals: LocalStates
  readonly messages: Messages
  readonly voters: readonly ServerId[]
  /** Transitions looked at, those that change nothing included. */
  transitions = 0

  constructor(scope: Scope) {
    this.#scope = scope
    this.voters = Array.from({ length: scope.servers }, (_, i) => String(i + 1))
    this.messages = new Messages(this.voters)
    this.#locals = new LocalStates(this.voters, this.messages, scope.entriesMax)
  }

  get localStates(): number {
    return this.#locals.size
  }

  initial(): World {
    const { commands, crashes, heartbeats } = this.#scope
    return {
      servers: this.voters.map((voter) => this.#locals.initial(voter)),
      messages: [],
      commandsLeft: commands,
      crashesLeft: crashes,
      heartbeatsLeft: heartbeats,
      leaders: [],
      committed: [],
    }
  }

  /** Visits everything that can happen next to the server at `at`. */
  successors(world: World, at: number, visit: Visit): void {
    const server = world.servers[at] as LocalState
    const isLeader = server.role === 'leader'
    if (!isLeader && at < this.#scope.candidates && server.currentTerm < this.#scope.terms) {
      this.#take(world, at, timeoutAction, visit)
    }
    if (isLeader && world.commandsLeft > 0) {
      const used = this.#scope.commands - world.commandsLeft
      this.#take(world, at, proposeAction - used, visit)
    }
    if (isLeader && world.heartbeatsLeft > 0) this.#take(world, at, heartbeatAction, visit)
    // A follower that crashes forgets what it applied and whom it follows, and both are told again;
    // so it is the crashes of candidates and leaders that are worth their many states.
    const mayCrash = world.crashesLeft > 0 && server.role !== 'follower'
    if (mayCrash) this.#take(world, at, crashAction, visit)
    for (const id of world.messages) {
      if (this.messages.to[id] === at) this.#take(world, at, id, visit)
    }
  }

  #take(world: World, at: number, what: LocalAction, visit: Visit): void {
    this.transitions += 1
    const before = world.servers[at] as LocalState
    const { next, sent } = this.#locals.transition(before, what)
    if (next === before && what >= 0 && this.#isKnown(world, sent)) return
    visit(at, what, this.#after(world, at, what, next, sent))
  }

  /** Whether the world holds these messages, or has no use for them any more. */
  #isKnown(world: World, sent: readonly number[]): boolean {
    for (const id of sent) {
      if (!world.messages.includes(id) && this.#isAlive(id, world.servers)) return false
    }
    return true
  }

  #after(
    world: World,
    at: number,
    what: LocalAction,
    next: LocalState,
    sent: readonly number[],
  ): World {
    const servers = world.servers.with(at, next)
    return {
      servers,
      messages: this.#add(this.#living(world, at, next, servers), sent, servers),
      commandsLeft: world.commandsLeft - (what <= proposeAction ? 1 : 0),
      crashesLeft: world.crashesLeft - (what === crashAction ? 1 : 0),
      heartbeatsLeft: world.heartbeatsLeft - (what === heartbeatAction ? 1 : 0),
      leaders: withLeader(world.leaders, next),
      committed: withCommitted(world.committed, next),
    }
  }

  /** The messages of the world that are still alive; only a new term or role can end one. */
  #living(
    world: World,
    at: number,
    next: LocalState,
    servers: readonly LocalState[],
  ): readonly number[] {
    const before = world.servers[at] as LocalState
    if (next.currentTerm === before.currentTerm && next.role === before.role) return world.messages
    return world.messages.filter((id) => this.#isAlive(id, servers))
  }

  #add(
    known: readonly number[],
    sent: readonly number[],
    servers: readonly LocalState[],
  ): readonly number[] {
    let messages: number[] | null = null
    for (const id of sent) {
      if (known.includes(id) || !this.#isAlive(id, servers)) continue
      messages ??= [...known]
      messages.push(id)
    }
    return messages === null ? known : sorted(messages)
  }

  /**
   * Messages that can change nothing any more are dropped from the world. Terms never go back, and
   * no server is candidate or leader of a term again once it has ceased to be, so that what is
   * dead stays dead: an answer that nobody waits for, and a request of an old term whose refusal
   * could tell its sender of no later term than it knows (within the scope there is none).
   */
  #isAlive(id: number, servers: readonly LocalState[]): boolean {
    const message = this.messages.get(id)
    const to = servers[this.messages.to[id] as number] as LocalState
    if (message.term > to.currentTerm) return true
    const role = awaitedBy[message.kind]
    if (role !== null) return message.term === to.currentTerm && to.role === role
    if (message.term === to.currentTerm) return true
    const from = servers[this.messages.from[id] as number] as LocalState
    return from.currentTerm < this.#scope.terms
  }
}

/** The role in which a server still has a use for a message of its own term; null: in any. */
const awaitedBy = {
  requestVoteRequest: null,
  appendEntriesRequest: null,
  requestVoteResponse: 'candidate',
  appendEntriesResponse: 'leader',
  // Of what follows nothing is said within the scope: no pre-votes, reads, transfers or snapshots.
  preVoteRequest: null,
  preVoteResponse: null,
  readIndexRequest: null,
  readIndexResponse: null,
  timeoutNowRequest: null,
  installSnapshotRequest: null,
  installSnapshotResponse: 'leader',
} as const

/** Sorts in place by insertion: the list was sorted but for the last few. */
function sorted(numbers: number[]): number[] {
  for (let i = 1; i < numbers.length; i++) {
    const value = numbers[i] as number
    let at = i
    for (; at > 0 && (numbers[at - 1] as number) > value; at--) {
      numbers[at] = numbers[at - 1] as number
    }
    numbers[at] = value
  }
  return numbers
}

function withLeader(leaders: readonly Leadership[], server: LocalState): readonly Leadership[] {
  if (server.role !== 'leader') return leaders
  const { currentTerm: term } = server
  if (leaders.some((one) => one.term === term && one.server === server.server)) return leaders
  return [...leaders, { term, server: server.server }].sort(
    (a, b) => a.term - b.term || (a.server < b.server ? -1 : 1),
  )
}

function withCommitted(committed: readonly Entry[], server: LocalState): readonly Entry[] {
  if (server.commitIndex <= committed.length) return committed
  return [...committed, ...server.log.slice(committed.length, server.commitIndex)]
}

/** Whether a majority of the servers holds the entry. */
export function heldByMajority(world: World, entry: Entry): boolean {
  const holders = world.servers.filter((server) => isSame(server.log[entry.index - 1], entry))
  return holders.length >= majorityOf(world.servers.length)
}

/** The same place, term and command. */
export function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return false
  if (a.term !== b.term || a.kind !== b.kind || a.command.length !== b.command.length) return false
  return a.command.every((byte, i) => byte === b.command[i])
}
