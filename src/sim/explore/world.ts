/**
 * A state of the whole cluster, and what can happen in it. The network is the set of all messages
 * that were ever sent, and any of them may arrive at any time: a message that never does is lost,
 * one that arrives twice is repeated, and every order is possible. What happened before matters
 * only through what the invariants must remember.
 */
import type { Entry, Message, ServerId, Term } from '../../raft/index.ts'
import { describeMessage, majorityOf } from '../../raft/index.ts'
import type { LocalAction, LocalState } from './local.ts'
import { LocalStates } from './local.ts'
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

/** A guarantee of Raft that does not hold, by its name. */
export interface Breach {
  readonly invariant: string
  readonly detail: string
}

export class Worlds {
  readonly #scope: Scope
  readonly #locals: LocalStates
  readonly #messages: Message[] = []
  readonly #messageIds = new Map<string, number>()
  readonly voters: readonly ServerId[]

  constructor(scope: Scope) {
    this.#scope = scope
    this.voters = Array.from({ length: scope.servers }, (_, i) => String(i + 1))
    this.#locals = new LocalStates(this.voters)
  }

  get localStates(): number {
    return this.#locals.size
  }

  get distinctMessages(): number {
    return this.#messages.length
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

  /** Everything that can happen next. */
  actions(world: World): Action[] {
    const actions: Action[] = []
    for (const [at, server] of world.servers.entries()) {
      const mayCampaign = at < this.#scope.candidates && server.role !== 'leader'
      if (mayCampaign && server.currentTerm < this.#scope.terms) {
        actions.push({ at, what: { kind: 'timeout' } })
      }
      if (server.role === 'leader' && world.commandsLeft > 0) {
        const command = String.fromCharCode(120 + this.#scope.commands - world.commandsLeft)
        actions.push({ at, what: { kind: 'propose', command } })
      }
      if (server.role === 'leader' && world.heartbeatsLeft > 0) {
        actions.push({ at, what: { kind: 'heartbeat' } })
      }
      if (world.crashesLeft > 0 && server.currentTerm > 0) {
        actions.push({ at, what: { kind: 'crash' } })
      }
      for (const messageId of world.messages) {
        const message = this.#messages[messageId] as Message
        if (message.to !== server.server) continue
        actions.push({ at, what: { kind: 'receive', messageId, message } })
      }
    }
    return actions
  }

  /** The world after `action`; the same object where nothing changes. */
  next(world: World, { at, what }: Action): World {
    const before = world.servers[at] as LocalState
    const { next, sent } = this.#locals.transition(before, what)
    const messages = this.#withMessages(world.messages, sent)
    if (next === before && messages === world.messages) return world
    const servers = world.servers.with(at, next)
    return {
      servers,
      messages: this.#living(messages, servers),
      commandsLeft: world.commandsLeft - (what.kind === 'propose' ? 1 : 0),
      crashesLeft: world.crashesLeft - (what.kind === 'crash' ? 1 : 0),
      heartbeatsLeft: world.heartbeatsLeft - (what.kind === 'heartbeat' ? 1 : 0),
      leaders: withLeader(world.leaders, next),
      committed: withCommitted(world.committed, next),
    }
  }

  /** The message with this number, as text. */
  messageText(messageId: number): string {
    const message = this.#messages[messageId] as Message
    return `${message.from}→${message.to} ${describeMessage(message)}`
  }

  message(messageId: number): Message {
    return this.#messages[messageId] as Message
  }

  #withMessages(known: readonly number[], sent: readonly Message[]): readonly number[] {
    let messages: number[] | null = null
    for (const message of sent) {
      const id = this.#messageId(message)
      if ((messages ?? known).includes(id)) continue
      messages ??= [...known]
      messages.push(id)
    }
    return messages === null ? known : messages.sort((a, b) => a - b)
  }

  /**
   * Messages that can change nothing any more are dropped from the world. Terms never go back, and
   * no server is candidate or leader of a term again once it has ceased to be, so that what is
   * dead stays dead: an answer that nobody waits for, and a request of an old term whose refusal
   * could tell its sender of no later term than it knows (within the scope there is none).
   */
  #living(messages: readonly number[], servers: readonly LocalState[]): readonly number[] {
    const living = messages.filter((id) => {
      const message = this.#messages[id] as Message
      const to = servers[this.voters.indexOf(message.to)] as LocalState
      const role = awaitedBy[message.kind]
      if (role !== null) {
        if (message.term !== to.currentTerm) return message.term > to.currentTerm
        return to.role === role
      }
      if (message.term >= to.currentTerm) return true
      const from = servers[this.voters.indexOf(message.from)] as LocalState
      return from.currentTerm < this.#scope.terms
    })
    return living.length === messages.length ? messages : living
  }

  #messageId(message: Message): number {
    const key = `${message.from}${message.to}${message.requestId} ${describeMessage(message)}`
    let id = this.#messageIds.get(key)
    if (id === undefined) {
      id = this.#messages.length
      this.#messages.push(message)
      this.#messageIds.set(key, id)
    }
    return id
  }
}

/** The role in which a server still has a use for a message of its own term; null: in any. */
const awaitedBy = {
  requestVoteRequest: null,
  appendEntriesRequest: null,
  requestVoteResponse: 'candidate',
  appendEntriesResponse: 'leader',
} as const

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
