/** What a client tells of its doings to whoever wants to watch: for people, and for tests. */
import type { Milliseconds } from '../raft/index.ts'
import type { Status } from '../wire/index.ts'
import type { KontikiErrorCode } from './kontiki-error.ts'
import type { OperationKind } from './operation.ts'

/** Operations are told by their number among the client's, servers by their address. */
export type ClientEvent =
  | { readonly kind: 'connecting'; readonly server: string }
  | { readonly kind: 'connected'; readonly server: string }
  /** The connection could not be made, has ended, or was given up. */
  | { readonly kind: 'lost'; readonly server: string; readonly reason: string }
  | {
      readonly kind: 'sent'
      readonly operation: number
      readonly what: OperationKind
      readonly attempt: number
      readonly server: string
    }
  | {
      readonly kind: 'refused'
      readonly operation: number
      readonly server: string
      readonly status: Status
      /** The leader's name, where one was given. */
      readonly hint: string | null
    }
  /** An answer to something that has been settled, or sent again, since. */
  | { readonly kind: 'late'; readonly server: string }
  /** The server that is asked from now on. */
  | { readonly kind: 'target'; readonly server: string; readonly because: 'hint' | 'turn' }
  /** Every server has been asked; the next round begins later. */
  | { readonly kind: 'pause'; readonly ms: Milliseconds }
  | { readonly kind: 'session'; readonly clientId: number }
  | { readonly kind: 'sessionOver'; readonly clientId: number }
  | {
      readonly kind: 'settled'
      readonly operation: number
      readonly what: OperationKind
      readonly attempts: number
      readonly error: KontikiErrorCode | null
    }

export type Trace = (event: ClientEvent) => void

/** One line about an event. */
export function describeClientEvent(event: ClientEvent): string {
  switch (event.kind) {
    case 'connecting':
    case 'connected':
      return `${event.server}: ${event.kind}`
    case 'lost':
      return `${event.server}: ${event.reason}`
    case 'sent':
      return `${event.server}: ${event.what} ${event.operation} sent, attempt ${event.attempt}`
    case 'refused':
      return `${event.server}: ${event.operation} refused: ${event.status}${hinted(event.hint)}`
    case 'late':
      return `${event.server}: a late answer`
    case 'target':
      return `${event.server}: asked next, ${event.because === 'hint' ? 'as told' : 'in turn'}`
    case 'pause':
      return `every server was asked; again in ${Math.ceil(event.ms)} ms`
    case 'session':
      return `session ${event.clientId} opened`
    case 'sessionOver':
      return `session ${event.clientId} is over`
    case 'settled':
      return `${event.what} ${event.operation}: ${event.error ?? 'done'} (${event.attempts} sent)`
  }
}

function hinted(hint: string | null): string {
  return hint === null ? '' : `, the leader is ${hint}`
}
