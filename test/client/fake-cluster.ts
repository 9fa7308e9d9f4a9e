/**
 * Servers that agree without effort: one state for all of them, with sessions as §6.3 has them, and
 * a leader that a test appoints. A command is executed at once where the leader hears it.
 */
import { noBytes, utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import {
  type ClientRequestMessage,
  clientQueryResponse,
  clientResponse,
  closeSessionResponse,
  keepAliveResponse,
  type LeaderHint,
  registerClientResponse,
  type Status,
  statusResponse,
} from '../../src/wire/index.ts'
import type { FakeServer, Respond, World } from './world.ts'

interface Session {
  lowestUnanswered: number
  readonly responses: Map<number, Uint8Array>
}

export class FakeCluster {
  readonly servers: FakeServer[]
  leader: FakeServer | null
  /** In the order of their execution. */
  readonly executed: string[] = []
  readonly sessions = new Map<number, Session>()
  #index = 0
  /** Of the leader, before it looks at a request; null: it does look. */
  refuse: (message: ClientRequestMessage) => Status | null = () => null
  /** Whether an answer leaves. */
  answers: (message: ClientRequestMessage) => boolean = () => true
  /** Called before something is executed. */
  before: (message: ClientRequestMessage, server: FakeServer) => void = () => {}

  constructor(world: World, addresses: readonly string[]) {
    this.servers = addresses.map((address) => world.server(address))
    this.leader = this.servers[0] ?? null
    for (const server of this.servers) {
      server.handle = (message, respond) => this.#handle(server, message, respond)
    }
  }

  times(command: string): number {
    return this.executed.filter((executed) => executed === command).length
  }

  expireSessions(): void {
    this.sessions.clear()
  }

  hint(): LeaderHint | null {
    const { leader } = this
    return leader === null ? null : { id: `id-${leader.address}`, address: leader.address }
  }

  #handle(server: FakeServer, message: ClientRequestMessage, respond: Respond): void {
    this.before(message, server)
    if (message.kind === 'statusRequest') {
      respond(statusResponse(message.requestId, 'ok', `{"address":"${server.address}"}`))
      return
    }
    const isStale = message.kind === 'clientQueryRequest' && message.consistency === 'stale'
    if (server !== this.leader && !isStale) {
      respond(refusal(message, 'notLeader', this.hint()))
      return
    }
    const status = this.refuse(message)
    if (status !== null) {
      respond(refusal(message, status, this.hint()))
      return
    }
    const response = this.#execute(message)
    if (this.answers(message)) respond(response)
  }

  #execute(message: ClientRequestMessage): Parameters<Respond>[0] {
    const { requestId } = message
    switch (message.kind) {
      case 'registerClientRequest': {
        const clientId = ++this.#index
        this.sessions.set(clientId, { lowestUnanswered: 1, responses: new Map() })
        return registerClientResponse(requestId, 'ok', clientId)
      }
      case 'keepAliveRequest': {
        const isKnown = this.sessions.has(message.clientId)
        return keepAliveResponse(requestId, isKnown ? 'ok' : 'sessionExpired')
      }
      case 'closeSessionRequest':
        this.sessions.delete(message.clientId)
        return closeSessionResponse(requestId, 'ok')
      case 'clientQueryRequest': {
        const answer = utf8Encode(`${utf8Decode(message.query)}:${this.executed.length}`)
        return clientQueryResponse(requestId, 'ok', answer, this.#index)
      }
      case 'clientRequest':
        return this.#command(message)
      default:
        throw new Error(`a client of this test sends no ${message.kind}`)
    }
  }

  #command(message: ClientRequestMessage & { kind: 'clientRequest' }): Parameters<Respond>[0] {
    const { requestId, clientId, sequenceNum, lowestUnanswered, command } = message
    if (clientId === 0) {
      return clientResponse(requestId, 'ok', this.#run(command), this.#index)
    }
    const session = this.sessions.get(clientId)
    if (session === undefined || sequenceNum < session.lowestUnanswered) {
      return refusal(message, 'sessionExpired', null)
    }
    session.lowestUnanswered = Math.max(session.lowestUnanswered, lowestUnanswered)
    for (const number of session.responses.keys()) {
      if (number < session.lowestUnanswered) session.responses.delete(number)
    }
    const stored = session.responses.get(sequenceNum) ?? this.#run(command)
    session.responses.set(sequenceNum, stored)
    return clientResponse(requestId, 'ok', stored, this.#index)
  }

  #run(command: Uint8Array): Uint8Array {
    const text = utf8Decode(command) ?? ''
    this.executed.push(text)
    this.#index += 1
    return utf8Encode(`did ${text}`)
  }
}

export function refusal(
  message: ClientRequestMessage,
  status: Status,
  hint: LeaderHint | null,
): Parameters<Respond>[0] {
  const { requestId } = message
  switch (message.kind) {
    case 'registerClientRequest':
      return registerClientResponse(requestId, status, 0, hint)
    case 'clientRequest':
      return clientResponse(requestId, status, noBytes, 0, hint)
    case 'clientQueryRequest':
      return clientQueryResponse(requestId, status, noBytes, 0, hint)
    case 'keepAliveRequest':
      return keepAliveResponse(requestId, status, hint)
    case 'closeSessionRequest':
      return closeSessionResponse(requestId, status, hint)
    default:
      return statusResponse(requestId, status, '', '')
  }
}
