/** The line that a failed operation gives to people: what was tried, and what each server said. */
import type { ClientResponseMessage } from '../wire/index.ts'
import type { Operation, OperationKind } from './operation.ts'
import type { ServerLink } from './server-link.ts'

/** Servers that a line tells of. */
const serversMax = 8

export const operationNames: { readonly [K in OperationKind]: string } = {
  command: 'the command',
  query: 'the query',
  status: 'the status request',
  admin: 'the request',
  register: 'opening a session',
  keepAlive: 'keeping the session alive',
  closeSession: 'closing the session',
}

/** `problem`, then how often it was sent and whether it may have happened, then the servers. */
export function failureText(
  problem: string,
  operation: Operation,
  servers: readonly ServerLink[],
): string {
  if (operation.onlyServer !== null) return addressedText(problem, operation.onlyServer)
  const told = servers
    .filter(({ lastWord }) => lastWord !== null)
    .slice(0, serversMax)
    .map(({ address, lastWord }) => `${address}: ${lastWord}`)
  return [`${problem} (${sendings(operation)})`, ...told].join('; ')
}

/** Of an operation for one server alone: the others have nothing to do with it. */
function addressedText(problem: string, { lastWord }: ServerLink): string {
  return lastWord === null ? problem : `${problem}: ${lastWord}`
}

function sendings({ attempts, kind, outcome }: Operation): string {
  const sent =
    attempts === 0 ? 'never sent' : attempts === 1 ? 'sent once' : `sent ${attempts} times`
  if (kind !== 'command' && kind !== 'admin') return sent
  return `${sent}, ${outcome === 'unknown' ? 'may have taken effect' : 'had no effect'}`
}

/** What a server said when it refused. */
export function refusalText(message: ClientResponseMessage): string {
  const { status, message: why } = message
  const explanation = why === '' ? '' : `, ${why}`
  if (status !== 'notLeader') return `${refusals[status]}${explanation}`
  const hint = 'leaderHint' in message ? message.leaderHint : null
  if (hint === null) return `not the leader, and knows none${explanation}`
  const where = hint.address === '' || hint.address === hint.id ? '' : ` at ${hint.address}`
  return `not the leader, which is ${hint.id}${where}${explanation}`
}

const refusals = {
  ok: 'done',
  sessionExpired: 'does not know the session',
  overloaded: 'overloaded',
  tooLarge: 'too large',
  unknown: 'cannot tell',
  unavailable: 'unavailable',
  badRequest: 'refused',
  diskFull: 'no room on disk',
} as const
