/**
 * What became of an applied entry. It follows from the log alone: every server has the same outcome
 * at the same index, which the digest holds them to.
 */
import { unreachable } from '../base/assert.ts'
import type { ByteWriter } from '../base/byte-writer.ts'
import type { LogIndex } from '../raft/index.ts'
import type { ClientId } from './session-command.ts'

export type Outcome =
  /** An entry that is Raft's own. */
  | { readonly kind: 'nothing' }
  | Response
  | { readonly kind: 'registered'; readonly clientId: ClientId }
  | { readonly kind: 'keptAlive' }
  /** The session is gone; it may have been gone before. */
  | { readonly kind: 'closed' }
  /**
   * The command was not executed by this entry; whether by an earlier one, nobody knows any more.
   * `unknown`: there is no such session; `discarded`: the client has said that it got the response.
   */
  | { readonly kind: 'sessionExpired'; readonly why: 'unknown' | 'discarded' }
  /** Not executed: the session has as many responses as it may. Sent again later it may be. */
  | { readonly kind: 'overloaded'; readonly message: string }
  /** Not executed: the numbers of the request are none that a client of ours sends. */
  | { readonly kind: 'badRequest'; readonly message: string }

/** What a machine made of a command; a repeat of the request gets the same again. */
export type Response =
  /** `index`: of the entry that executed the command, which may be earlier than the one applied. */
  | { readonly kind: 'applied'; readonly response: Uint8Array; readonly index: LogIndex }
  /** The machine refused the command and changed nothing. */
  | { readonly kind: 'refused'; readonly message: string; readonly index: LogIndex }

const codes: { readonly [K in Outcome['kind']]: number } = {
  nothing: 0,
  applied: 1,
  refused: 2,
  registered: 3,
  keptAlive: 4,
  closed: 5,
  sessionExpired: 6,
  overloaded: 7,
  badRequest: 8,
}

/** What the digest sees of an outcome: all of it. */
export function writeOutcome(writer: ByteWriter, outcome: Outcome): void {
  writer.byte(codes[outcome.kind])
  switch (outcome.kind) {
    case 'nothing':
    case 'keptAlive':
    case 'closed':
      break
    case 'applied':
      writer.number(outcome.index).bytes(outcome.response)
      break
    case 'refused':
      writer.number(outcome.index).text(outcome.message)
      break
    case 'registered':
      writer.number(outcome.clientId)
      break
    case 'sessionExpired':
      writer.text(outcome.why)
      break
    case 'overloaded':
    case 'badRequest':
      writer.text(outcome.message)
      break
    default:
      unreachable(outcome)
  }
}
