/**
 * Watches what servers say to clients, and what becomes of clients' entries, for the coverage
 * marks. It changes nothing; of what must never be it knows one thing, that a server's answers to
 * queries do not go back.
 */
import type { ClientEvent, RequestResult } from '../../client/index.ts'
import type { Entry, LogIndex, Milliseconds, RaftState } from '../../raft/index.ts'
import type { Reply } from '../../server/index.ts'
import type { Outcome } from '../../state-machine/index.ts'
import type {
  ClientQueryRequest,
  ClientQueryResponse,
  ClientRequestMessage,
} from '../../wire/index.ts'
import type { Marks } from '../marks.ts'
import type { Complain } from './serial-oracle.ts'

/** One life of a server, as far as it is of interest here. */
export interface Serving {
  readonly state: RaftState
  readonly owner: { readonly id: string }
  /** Of the last answer to a query. */
  answeredTo: LogIndex
}

export class ServiceObserver {
  readonly #marks: Marks
  readonly #now: () => Milliseconds
  readonly #turnMs: Milliseconds
  readonly #complain: Complain
  /** The highest index that any server has applied. */
  #appliedTo: LogIndex = 0

  constructor(marks: Marks, now: () => Milliseconds, turnMs: Milliseconds, complain: Complain) {
    this.#marks = marks
    this.#now = now
    this.#turnMs = turnMs
    this.#complain = complain
  }

  /** A request has come; returns the reply to give it. */
  asked(serving: Serving, request: ClientRequestMessage, reply: Reply): Reply {
    if (request.kind === 'clientQueryRequest') return this.#query(serving, request, reply)
    const askedAt = this.#now()
    return (response) => {
      const { status } = response
      if (status === 'unknown') this.#marks.hit('request given up with its leader')
      else if (status === 'overloaded') this.#marks.hit('request refused by a busy service')
      else if (status === 'diskFull') this.#marks.hit('proposal refused for want of room on disk')
      else if (status === 'notLeader' && this.#now() > askedAt) {
        this.#marks.hit('another entry took the place of a request')
      }
      reply(response)
    }
  }

  /** An entry is applied for the first time anywhere. */
  applied({ index }: Entry, outcome: Outcome): void {
    this.#appliedTo = index
    switch (outcome.kind) {
      case 'registered':
        this.#marks.hit('session opened')
        break
      case 'applied':
      case 'refused':
        if (outcome.index < index) this.#marks.hit('retry answered from the stored response')
        break
      case 'sessionExpired':
        if (outcome.why === 'unknown') this.#marks.hit('session had expired')
        else this.#marks.hit('retry after its response was discarded')
        break
      case 'overloaded':
        this.#marks.hit('session had too much unanswered')
        break
      case 'keptAlive':
        this.#marks.hit('session kept alive')
        break
      case 'closed':
        this.#marks.hit('session closed')
        break
      default:
        break
    }
  }

  /** A client tells of itself. */
  told(event: ClientEvent): void {
    if (event.kind === 'settled' && event.what === 'command') {
      if (event.error === null && event.attempts > 1) {
        this.#marks.hit('command sent several times and carried out once')
      }
      if (event.error === 'SESSION_EXPIRED') this.#marks.hit('session lost with a command in it')
    } else if (event.kind === 'late') {
      this.#marks.hit('answer came too late')
    }
  }

  settled({ error }: RequestResult): void {
    if (error === null) return
    if (error.outcome === 'unknown') this.#marks.hit('outcome stayed unknown')
    else this.#marks.hit('command without effect')
  }

  #query(serving: Serving, request: ClientQueryRequest, reply: Reply): Reply {
    const { role, commitIndex } = serving.state
    const askedAt = this.#now()
    const isEarly = role.kind === 'leader' && commitIndex < role.firstIndexOfTerm
    return (response) => {
      if (response.kind === 'clientQueryResponse') {
        if (response.status === 'ok') {
          this.#answered(serving, request, response, askedAt)
          if (isEarly && request.consistency !== 'stale') {
            this.#marks.hit('read waited for the no-op')
          }
        } else if (this.#now() > askedAt + this.#turnMs) {
          this.#marks.hit('waiting read given up')
        }
      }
      reply(response)
    }
  }

  #answered(
    serving: Serving,
    { consistency }: ClientQueryRequest,
    { index }: ClientQueryResponse,
    askedAt: Milliseconds,
  ): void {
    const { role, options, configuration } = serving.state
    if (index < serving.answeredTo) {
      this.#complain(`${serving.owner.id} answers as of ${index}, after ${serving.answeredTo}`)
    }
    serving.answeredTo = index
    if (consistency === 'stale') {
      this.#marks.hit(index < this.#appliedTo ? 'stale read was stale' : 'stale read was fresh')
    } else if (role.kind !== 'leader') {
      this.#marks.hit('read answered by a follower')
    } else if (consistency === 'lease' && options.leaseClockDriftMax !== null) {
      const isAtOnce = this.#now() <= askedAt + 2 * this.#turnMs
      if (isAtOnce && configuration.voters.length > 1) this.#marks.hit('read answered by a lease')
    } else {
      this.#marks.hit('read answered by the leader')
    }
  }
}
