/**
 * What the outside must now do, in this order: make `save` durable, and only then the rest of the
 * batch, batch after batch. To accept an entry is a promise, and so is a word about one's last
 * entry; where the text says "accepted" we take it to mean on disk. Since a leader's appendEntry
 * leaves after its own save, whatever it hears of an entry it hears when its own disk has it, and
 * so its own acceptance needs no counting of its own.
 *
 * There is no term and no vote among what is saved: that is the text (A2, A6), and the first of the
 * lessons in docs/alpo.md.
 */
import type { ProposalId } from './input.ts'
import type { Message } from './message.ts'
import type { Entry, LogId, ServerId, Term } from './types.ts'

export interface Effects {
  readonly save: Save | null
  readonly send: readonly Message[]
  /** Newly committed entries, in the order of their ids; on the leader alone. */
  readonly apply: readonly Entry[]
  readonly answers: readonly ProposalAnswer[]
  readonly notices: readonly Notice[]
}

/** How the log on disk changes. */
export interface Save {
  /** Entries from here on are gone, before `entries` are added; null where none are. */
  readonly truncateFrom: LogId | null
  readonly entries: readonly Entry[]
}

/** `accepted`: the command stands in the leader's log, which promises nothing yet. */
export type ProposalAnswer =
  | {
      readonly kind: 'accepted'
      readonly proposalId: ProposalId
      readonly id: LogId
      readonly term: Term
    }
  | { readonly kind: 'notLeader'; readonly proposalId: ProposalId }

/** Said once, as it happens. */
export type Notice =
  | {
      readonly kind: 'roleChanged'
      readonly role: 'passive' | 'candidate' | 'leader'
      readonly term: Term
      readonly why: string
    }
  /** Two leaders in one term, which the text takes to be impossible; see replication.ts. */
  | { readonly kind: 'secondLeader'; readonly from: ServerId; readonly term: Term }
