/**
 * Figure 6.1 for the course's server: clients' requests come in datagrams, one each, and are
 * answered in datagrams at the address that they came from. UDP loses and repeats: a client that
 * hears nothing sends the same request again, and a repeat of what is under way changes nothing.
 */
import type { Clock } from '../ports/index.ts'
import type { Answer, Entry, Notice, ProposalId, RaftState } from '../raft/index.ts'
import {
  ClientService,
  callerOf,
  type Failure,
  failed,
  failure,
  type Server,
  serviceOptions,
} from '../server/index.ts'
import type { Outcome, SessionMachine } from '../state-machine/index.ts'
import {
  type ClientMessage,
  type ClientRequestMessage,
  type ClientResponseMessage,
  encodeClientMessage,
  isText,
} from '../wire/index.ts'
import type { CourseCounters } from './counters.ts'
import { answerQuery } from './course-query.ts'

/** The most that a response takes in a datagram beside its bytes: tags, lengths, numbers. */
const responseOverheadMax = 32

export interface ClientDeskParts {
  readonly server: Pick<Server, 'propose' | 'read' | 'state'>
  readonly machine: Pick<SessionMachine, 'timeMs' | 'rules'>
  readonly clock: Pick<Clock, 'now'>
  /** Numbers for proposals and reads, none of them twice. */
  readonly nextId: () => ProposalId
  /** How this server is, as JSON. */
  readonly status: () => string
  /** Sends to a client. */
  readonly send: (client: string, bytes: Uint8Array) => void
  /** Answers are no longer. */
  readonly datagramBytesMax: number
  readonly counters: CourseCounters
}

export class ClientDesk {
  readonly #parts: ClientDeskParts
  readonly #service: ClientService
  /** Requests that are not answered yet, by client and number. As many as the service takes. */
  readonly #underWay = new Set<string>()
  /** A session's entry is committed: see {@link #sessionsProblem}. */
  #hasSessions = false

  constructor(parts: ClientDeskParts) {
    const { server, machine, clock, nextId, status, datagramBytesMax } = parts
    this.#parts = parts
    this.#service = new ClientService({
      server,
      machine: {
        query: (query) => answerQuery(query, server.state),
        get timeMs() {
          return machine.timeMs
        },
        get rules() {
          return machine.rules
        },
      },
      clock,
      nextId,
      // The course's servers are named after their addresses.
      addressOf: (id) => id,
      status,
      admin: null,
      options: serviceOptions({
        responseBytesMax: datagramBytesMax - responseOverheadMax,
        // To the letter of Figure 6.1; and a foreign leader could not be asked.
        followerReads: false,
      }),
    })
  }

  get requestsWaiting(): number {
    return this.#service.requestsWaiting
  }

  get queriesWaiting(): number {
    return this.#service.queriesWaiting
  }

  /** A message has come from `client`; null where it came from one of the servers. */
  receive(message: ClientMessage, client: string | null): void {
    const { counters } = this.#parts
    if ('status' in message || client === null) {
      counters.clientMessagesUnexpected += 1
      return
    }
    const key = `${client} ${message.kind} ${message.requestId}`
    if (this.#underWay.has(key)) {
      counters.clientRequestsRepeated += 1
      return
    }
    counters.clientRequests += 1
    this.#underWay.add(key)
    const reply = (response: ClientResponseMessage): void => {
      this.#underWay.delete(key)
      this.#answer(response, message, client)
    }
    const problem = this.#problemWith(message)
    if (problem === null) this.#service.handle(message, reply)
    else reply(failed(callerOf(message, reply), problem))
  }

  /** As of the service. */
  answered(answer: Answer): boolean {
    return this.#service.answer(answer)
  }

  applied(entry: Entry, outcome: Outcome): void {
    if (entry.kind === 'session') this.#hasSessions = true
    this.#service.applied(entry, outcome)
  }

  notice(notice: Notice): void {
    this.#service.notice(notice)
  }

  /** The server is suspended: nobody is answered. */
  forget(): void {
    this.#service.forget()
    this.#underWay.clear()
  }

  /** The server is closed. Nobody is told: a client that hears nothing asks elsewhere. */
  close(): void {
    this.forget()
    this.#service.close()
  }

  #answer(response: ClientResponseMessage, request: ClientRequestMessage, client: string): void {
    const { counters, datagramBytesMax, send } = this.#parts
    counters.clientResponses += 1
    let bytes = encodeClientMessage(response)
    if (bytes.length > datagramBytesMax) {
      // A status of many servers, or a long explanation; responses have been looked at before.
      const status = response.status === 'ok' ? 'tooLarge' : response.status
      const why = `the answer has ${bytes.length} bytes, and a datagram ${datagramBytesMax} at most`
      bytes = encodeClientMessage(
        failed(
          callerOf(request, () => {}),
          failure(status, why),
        ),
      )
    }
    send(client, bytes)
  }

  #problemWith(request: ClientRequestMessage): Failure | null {
    const { state } = this.#parts.server
    // Whoever does not lead says who does, before anything else.
    if (state.role.kind !== 'leader') return null
    switch (request.kind) {
      case 'registerClientRequest':
      case 'keepAliveRequest':
      case 'closeSessionRequest':
        return this.#sessionsProblem(state)
      case 'clientRequest':
        if (request.clientId !== 0) return this.#sessionsProblem(state)
        return isText(request.command)
          ? null
          : failure('badRequest', 'a command without a session is text, and not empty')
      default:
        return null
    }
  }

  /**
   * An implementation of Listing 1 takes a session's entry for a no-op, and would pass it on as
   * one. So sessions begin only when every other server has shown that it is one of ours, by
   * echoing request ids; once one has begun, this was so, and servers may fail as ever.
   */
  #sessionsProblem({ role }: RaftState): Failure | null {
    if (this.#hasSessions || role.kind !== 'leader') return null
    const others = [...role.peers.values()].filter(({ echoes }) => echoes !== true)
    if (others.length === 0) return null
    const names = others.map(({ id }) => id).join(', ')
    return failure('unavailable', `not known to understand sessions yet: ${names}`)
  }
}
