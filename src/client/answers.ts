/**
 * What follows from what a server says. Every refusal but `unknown` promises that this sending has
 * had no effect and will have none; that, counted over all sendings, is how a client knows whether
 * an operation may have happened.
 */
import { unreachable } from '../base/assert.ts'
import { noBytes } from '../base/bytes.ts'
import type { ClientResponseMessage, LeaderHint, Status } from '../wire/index.ts'
import { operationNames, refusalText } from './account.ts'
import type { Addressed } from './addressed.ts'
import type { KontikiErrorCode, Outcome } from './kontiki-error.ts'
import type { LeaderSearch } from './leader-search.ts'
import type { Operation, OperationKind, RequestResult } from './operation.ts'
import type { Requests } from './requests.ts'
import type { ServerLink } from './server-link.ts'
import type { Servers } from './servers.ts'
import type { SessionKeeper } from './session-keeper.ts'
import type { Trace } from './trace.ts'

export interface AnswersParts {
  readonly requests: Requests
  readonly servers: Servers
  readonly search: LeaderSearch
  readonly sessions: SessionKeeper
  readonly addressed: Addressed
  readonly trace: Trace | null
  /** To be sent again, as soon as there is somebody to send it to. */
  readonly again: (operation: Operation) => void
  readonly delay: (operation: Operation) => void
  /** The session has no room for its response; `index` of the refusal says that the log does. */
  readonly waitForRoom: (operation: Operation) => void
  readonly succeed: (operation: Operation, result: RequestResult) => void
  /** `outcome`: where it is known better than from the sendings. */
  readonly fail: (
    operation: Operation,
    code: KontikiErrorCode,
    problem: string,
    outcome?: Outcome,
  ) => void
}

const responseKinds: { readonly [K in OperationKind]: ClientResponseMessage['kind'] } = {
  command: 'clientResponse',
  query: 'clientQueryResponse',
  status: 'statusResponse',
  admin: 'adminResponse',
  register: 'registerClientResponse',
  keepAlive: 'keepAliveResponse',
  closeSession: 'closeSessionResponse',
}

export class Answers {
  readonly #parts: AnswersParts

  constructor(parts: AnswersParts) {
    this.#parts = parts
  }

  heard(link: ServerLink, message: ClientResponseMessage): void {
    const operation = this.#parts.requests.find(message.requestId)
    if (operation === null) {
      this.#parts.trace?.({ kind: 'late', server: link.address })
      return
    }
    if (message.kind !== responseKinds[operation.kind]) {
      link.giveUp(`it answered ${operationNames[operation.kind]} with a ${message.kind}`)
    } else if (message.status === 'ok') this.#done(operation, link, message)
    else this.#refused(operation, link, message)
  }

  /** By whichever sending: what it says holds. */
  #done(operation: Operation, link: ServerLink, message: ClientResponseMessage): void {
    if (!operation.isAddressed) this.#parts.search.answered(link)
    if (operation.session !== null) operation.session.touchedAt = link.heardAt
    this.#parts.succeed(operation, resultOf(message))
  }

  #refused(operation: Operation, link: ServerLink, message: ClientResponseMessage): void {
    const { requests, sessions, trace } = this.#parts
    const { status, requestId } = message
    const isCurrent = requestId === operation.requestId && requests.isInFlight(operation)
    if (status !== 'unknown') requests.hadNoEffect(operation, requestId)
    const hint = 'leaderHint' in message ? message.leaderHint : null
    trace?.({
      kind: 'refused',
      operation: operation.number,
      server: link.address,
      status,
      hint: hint?.id ?? null,
    })
    if (status === 'sessionExpired' && operation.session !== null) {
      sessions.isOver(operation.session)
    }
    if (!isCurrent) return
    link.lastWord = refusalText(message)
    requests.leave(operation)
    if (operation.isAddressed) this.#addressedRefused(operation, link, message)
    else this.#leaderRefused(operation, link, message, hint)
  }

  #addressedRefused(operation: Operation, link: ServerLink, message: ClientResponseMessage): void {
    const { status } = message
    const isFinal = status === 'tooLarge' || status === 'badRequest' || status === 'diskFull'
    if (isFinal) this.#failed(operation, message)
    else if (status === 'overloaded' && operation.onlyServer === null) this.#parts.delay(operation)
    else this.#parts.addressed.couldNot(operation, link)
  }

  #leaderRefused(
    operation: Operation,
    link: ServerLink,
    message: ClientResponseMessage,
    hint: LeaderHint | null,
  ): void {
    const { search, again, delay, waitForRoom } = this.#parts
    const { status } = message
    switch (status) {
      case 'notLeader':
      case 'unavailable':
        search.refused(link, this.#resolve(link, hint))
        again(operation)
        break
      case 'unknown':
        this.#unknown(operation, link, message, hint)
        break
      case 'overloaded':
        if (message.kind === 'clientResponse' && message.index > 0) waitForRoom(operation)
        else delay(operation)
        break
      case 'sessionExpired':
        // Which session it goes on in, if in any, is decided where it is sent from.
        again(operation)
        break
      case 'tooLarge':
      case 'badRequest':
      // A leader that could hand over to a server with room is doing so, and is `unavailable`.
      case 'diskFull':
        this.#failed(operation, message)
        break
      case 'ok':
        break
      default:
        unreachable(status)
    }
  }

  #unknown(
    operation: Operation,
    link: ServerLink,
    message: ClientResponseMessage,
    hint: LeaderHint | null,
  ): void {
    const { search, again, fail } = this.#parts
    if (message.kind === 'clientResponse' && message.index > 0) {
      // Executed at that index, and its response cannot be had: sent again, it says the same.
      fail(operation, 'ANSWER_LOST', `the command was executed: ${message.message}`, 'unknown')
      return
    }
    search.refused(link, this.#resolve(link, hint))
    if (operation.isRepeatable) again(operation)
    else {
      const problem = `leadership was lost while ${operationNames[operation.kind]} was under way`
      fail(operation, 'ANSWER_LOST', problem)
    }
  }

  #failed(operation: Operation, message: ClientResponseMessage): void {
    const code = failureCodes[message.status] ?? 'REFUSED'
    const why = message.message === '' ? 'the server gave no reason' : message.message
    const problem = `${operationNames[operation.kind]} was refused: ${why}`
    // Refused by the state machine in its session's name: so is every other sending of it.
    const isFinal = message.kind === 'clientResponse' && message.index > 0 && operation.needsSession
    if (isFinal) this.#parts.fail(operation, code, problem, 'notApplied')
    else this.#parts.fail(operation, code, problem)
  }

  #resolve(link: ServerLink, hint: LeaderHint | null): ServerLink | null {
    // The hint is as fresh as the message that it came with.
    return this.#parts.servers.resolve(hint, link.heardAt)
  }
}

const failureCodes: { readonly [K in Status]?: KontikiErrorCode } = {
  tooLarge: 'TOO_LARGE',
  diskFull: 'DISK_FULL',
}

function resultOf(message: ClientResponseMessage): RequestResult {
  switch (message.kind) {
    case 'clientResponse':
    case 'clientQueryResponse':
      return { error: null, response: message.response, index: message.index, json: '' }
    case 'registerClientResponse':
      return { error: null, response: noBytes, index: message.clientId, json: '' }
    case 'statusResponse':
    case 'adminResponse':
      return { error: null, response: noBytes, index: 0, json: message.json }
    case 'keepAliveResponse':
    case 'closeSessionResponse':
      return { error: null, response: noBytes, index: 0, json: '' }
    default:
      return unreachable(message)
  }
}
