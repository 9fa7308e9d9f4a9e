/**
 * What a client is told of what the state machine has made of its request. A machine's own bytes
 * go out as they are, unless they are too long for a message; the wire cuts its explanations.
 */
import { broken, unreachable } from '../base/assert.ts'
import type { LogIndex } from '../raft/index.ts'
import type { Outcome, SessionMachine } from '../state-machine/index.ts'
import {
  type ClientResponseMessage,
  clientQueryResponse,
  clientResponse,
  closeSessionResponse,
  keepAliveResponse,
  registerClientResponse,
} from '../wire/index.ts'
import { type Caller, type Failure, failed, failure } from './caller.ts'

/** To the request whose entry at `index` had this outcome. */
export function outcomeResponse(
  caller: Caller,
  outcome: Outcome,
  index: LogIndex,
  responseBytesMax: number,
): ClientResponseMessage {
  const problem = failureOf(outcome, index, responseBytesMax)
  if (problem !== null) return failed(caller, problem)
  const { kind, requestId } = caller
  if (outcome.kind === 'applied' && kind === 'clientRequest') {
    return clientResponse(requestId, 'ok', outcome.response, outcome.index)
  }
  if (outcome.kind === 'registered' && kind === 'registerClientRequest') {
    return registerClientResponse(requestId, 'ok', outcome.clientId)
  }
  if (outcome.kind === 'keptAlive' && kind === 'keepAliveRequest') {
    return keepAliveResponse(requestId, 'ok')
  }
  if (outcome.kind === 'closed' && kind === 'closeSessionRequest') {
    return closeSessionResponse(requestId, 'ok')
  }
  return broken(`a ${kind} does not come out as ${outcome.kind}`)
}

function failureOf(outcome: Outcome, index: LogIndex, responseBytesMax: number): Failure | null {
  switch (outcome.kind) {
    case 'nothing':
      return broken('what a client asked for is not an entry of the core')
    case 'applied':
      return outcome.response.length <= responseBytesMax
        ? null
        : // It was executed, so nothing that promises the contrary may be said.
          failure(
            'unknown',
            `executed; ${tooLong(outcome.response, responseBytesMax)}`,
            null,
            index,
          )
    case 'refused':
      return failure('badRequest', outcome.message, null, outcome.index)
    case 'sessionExpired':
      return failure(
        'sessionExpired',
        outcome.why === 'unknown'
          ? 'there is no such session'
          : 'the response was given up by the client',
        null,
        index,
      )
    case 'overloaded':
    case 'badRequest':
      return failure(outcome.kind, outcome.message, null, index)
    case 'registered':
    case 'keptAlive':
    case 'closed':
      return null
    default:
      return unreachable(outcome)
  }
}

/** To a query that may be answered now, with the machine as it is after `lastApplied`. */
export function queryResponse(
  caller: Caller,
  query: Uint8Array,
  machine: Pick<SessionMachine, 'query'>,
  lastApplied: LogIndex,
  responseBytesMax: number,
): ClientResponseMessage {
  let response: Uint8Array
  try {
    response = machine.query(query)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return failed(caller, failure('badRequest', message))
  }
  if (response.length > responseBytesMax) {
    return failed(caller, failure('tooLarge', tooLong(response, responseBytesMax)))
  }
  return clientQueryResponse(caller.requestId, 'ok', response, lastApplied)
}

function tooLong({ length }: Uint8Array, bytesMax: number): string {
  return `the response has ${length} bytes, and ${bytesMax} are passed on at most`
}
