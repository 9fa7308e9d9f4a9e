/**
 * What can be seen to be wrong with a client's request before anybody is asked. Numbers that make
 * no sense are `badRequest`, and lengths beyond a limit `tooLarge`; both have had no effect.
 */
import { unreachable } from '../base/assert.ts'
import type { ClientRequest, ClientRequestMessage } from '../wire/index.ts'
import { type Failure, failure } from './caller.ts'

export function requestProblem(
  request: ClientRequestMessage,
  commandBytesMax: number,
  queryBytesMax: number,
): Failure | null {
  switch (request.kind) {
    case 'clientRequest': {
      const { command } = request
      return numberProblem(request) ?? lengthProblem('command', command, commandBytesMax)
    }
    case 'clientQueryRequest':
      return lengthProblem('query', request.query, queryBytesMax)
    case 'keepAliveRequest':
    case 'closeSessionRequest':
      return isCount(request.clientId)
        ? null
        : failure('badRequest', 'clientId is that of a session, from 1 up')
    case 'registerClientRequest':
    case 'statusRequest':
    case 'adminRequest':
      return null
    default:
      return unreachable(request)
  }
}

function numberProblem(request: ClientRequest): Failure | null {
  const { clientId, sequenceNum, lowestUnanswered } = request
  if (clientId === 0) return null
  if (!isCount(clientId)) return failure('badRequest', 'clientId is 0 or that of a session')
  if (!isCount(sequenceNum)) return failure('badRequest', 'sequenceNum counts from 1')
  if (!isCount(lowestUnanswered) || lowestUnanswered > sequenceNum) {
    return failure('badRequest', 'lowestUnanswered is from 1 up to sequenceNum')
  }
  return null
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1
}

function lengthProblem(what: string, { length }: Uint8Array, bytesMax: number): Failure | null {
  if (length <= bytesMax) return null
  return failure('tooLarge', `the ${what} has ${length} bytes; at most ${bytesMax} are taken`)
}
