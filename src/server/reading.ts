/**
 * ClientQuery (§6.4): the core finds out how far the log must be applied for the answer to be
 * linearizable, the query waits until it is, and then the state machine answers. Nothing of it goes
 * through the log.
 */
import { assert } from '../base/assert.ts'
import type { LogIndex, ProposalId, ReadAnswer } from '../raft/index.ts'
import type { SessionMachine } from '../state-machine/index.ts'
import type { ClientQueryRequest } from '../wire/index.ts'
import { type Caller, callerOf, type Failure, fail, failure, type Reply } from './caller.ts'
import { queryResponse } from './outcome-response.ts'
import type { Refusals } from './refusals.ts'
import type { Server } from './server.ts'
import type { ServiceOptions } from './service-options.ts'

interface Reader {
  readonly caller: Caller
  readonly query: Uint8Array
}

export interface ReadingParts {
  readonly server: Pick<Server, 'read' | 'state'>
  readonly machine: Pick<SessionMachine, 'query'>
  /** Numbers for reads, none of them twice. */
  readonly nextId: () => ProposalId
  readonly refusals: Refusals
  readonly options: ServiceOptions
}

export class Reading {
  readonly #parts: ReadingParts
  /** Those that the core has not answered yet. */
  readonly #asked = new Map<ProposalId, Reader>()
  /** Those that wait for their index to be applied, the lowest last. */
  readonly #readable: { readonly index: LogIndex; readonly reader: Reader }[] = []
  #lastApplied: LogIndex = 0

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  /** Queries that are not answered yet. */
  get count(): number {
    return this.#asked.size + this.#readable.length
  }

  ask(request: ClientQueryRequest, reply: Reply): void {
    const { options, server, nextId, refusals } = this.#parts
    const { consistency, query } = request
    const caller = callerOf(request, reply)
    const reader: Reader = { caller, query }
    if (consistency === 'stale') {
      this.#read(reader)
    } else if (!options.followerReads && server.state.role.kind !== 'leader') {
      fail([caller], refusals.notLeader())
    } else if (this.count >= options.queriesMax) {
      fail([caller], failure('overloaded', 'too many queries wait'))
    } else {
      const readId = nextId()
      this.#asked.set(readId, reader)
      server.read(readId, consistency)
    }
  }

  /** Of the core; false where somebody else has asked. */
  answered(answer: ReadAnswer): boolean {
    const reader = this.#asked.get(answer.readId)
    if (reader === undefined) return false
    this.#asked.delete(answer.readId)
    if (answer.kind === 'unreadable') {
      fail([reader.caller], this.#parts.refusals.of(answer.refusal))
    } else if (answer.index <= this.#lastApplied) {
      this.#read(reader)
    } else {
      this.#waitFor(answer.index, reader)
    }
    return true
  }

  /** The machine has applied everything up to here. */
  applied(lastApplied: LogIndex): void {
    assert(lastApplied >= this.#lastApplied, 'nothing that was applied is taken back')
    this.#lastApplied = lastApplied
    for (let last = this.#readable.at(-1); last !== undefined; last = this.#readable.at(-1)) {
      if (last.index > lastApplied) break
      this.#readable.pop()
      this.#read(last.reader)
    }
  }

  /**
   * Those who wait for their index may wait for ever: the rest of the log may be beyond reach. The
   * core itself refuses those that it has not answered.
   */
  leaderChanged(): void {
    const callers = this.#readable.splice(0).map(({ reader }) => reader.caller)
    fail(callers.reverse(), this.#parts.refusals.notLeader('the leader has changed'))
  }

  /** Everybody who waits gets this answer; null: none. */
  end(why: Failure | null): void {
    const callers = this.#readable.splice(0).map(({ reader }) => reader.caller)
    for (const { caller } of this.#asked.values()) callers.push(caller)
    this.#asked.clear()
    if (why !== null) fail(callers, why)
  }

  #waitFor(index: LogIndex, reader: Reader): void {
    // Indexes ascend but for the odd one, so that its place is near the front.
    let place = 0
    while ((this.#readable[place]?.index ?? 0) > index) place += 1
    this.#readable.splice(place, 0, { index, reader })
  }

  #read({ caller, query }: Reader): void {
    const { machine, options } = this.#parts
    caller.reply(queryResponse(caller, query, machine, this.#lastApplied, options.responseBytesMax))
  }
}
