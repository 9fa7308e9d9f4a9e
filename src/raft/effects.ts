/**
 * What the outside must now do. One batch may come from many inputs; nothing in it is awaited by
 * the core. The nesting carries the only ordering rule there is: what stands in `save.thenSend`
 * leaves the server only after that save, and every save before it, is durable.
 */
import type { Configuration } from './configuration.ts'
import type { ChangeId, ProposalId, ReadId, SaveId, TransferId } from './input.ts'
import type { Message } from './message.ts'
import type { Snapshot } from './snapshot.ts'
import type { Entry, LogIndex, ServerId, Term } from './types.ts'

export interface Effects {
  /** May leave at once: promises nothing unsaved. A leader's AppendEntries are here (§10.2.1). */
  readonly send: readonly Message[]
  /** Next to be made durable, after every save given before; null when there is nothing. */
  readonly save: Save | null
  /**
   * The state machine becomes what this snapshot holds, which stands aside: before `apply`, and
   * before the save that puts it in the log's place is durable.
   */
  readonly restore: Snapshot | null
  /** Newly committed entries, in log order, each exactly once in a server's life (§3.5). */
  readonly apply: readonly Entry[]
  /** One for each proposal of the batch; for each read and each transfer that is settled now. */
  readonly answers: readonly Answer[]
  /** Pieces of snapshots to be read or stored; each but the last kind is answered by an input. */
  readonly chunks: readonly ChunkEffect[]
  /** The disk need no longer keep entries through here: a durable snapshot covers them. */
  readonly discardPrefix: LogIndex | null
  /** What an operator or a test should hear of. */
  readonly notices: readonly Notice[]
}

/** What the driver is to do with pieces of snapshots. */
export type ChunkEffect =
  /** Read what begins at `offset`, up to `bytesMax`: answered by `chunkRead`. */
  | {
      readonly kind: 'readChunk'
      readonly peer: ServerId
      readonly snapshot: Snapshot
      readonly offset: number
      readonly bytesMax: number
    }
  /**
   * Store aside, behind what is there; at offset 0 begin anew. Answered by `chunkStored`, also
   * where the checksum of all through its end is another.
   */
  | {
      readonly kind: 'storeChunk'
      readonly snapshot: Snapshot
      readonly offset: number
      readonly data: Uint8Array
      readonly checksum: number
    }
  /** What stands aside is not needed. */
  | { readonly kind: 'discardChunks' }

/** Figure 3.1's persistent state, as far as it changed since the last save. */
export interface Save {
  readonly saveId: SaveId
  readonly currentTerm: Term
  readonly votedFor: ServerId | null
  /**
   * The snapshot that stands aside becomes durable and takes the place of the whole log, before
   * anything else of this save; null where none does.
   */
  readonly snapshot: Snapshot | null
  /** Entries from here on are gone, before `entries` are appended; null where none are. */
  readonly truncateFrom: LogIndex | null
  readonly entries: readonly Entry[]
  /** The log's last entry once this save is durable, and its epoch: see {@link Saved}. */
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  readonly epoch: number
  /**
   * Vote requests, votes, acknowledgements: each speaks for state that must survive a crash (§3.8).
   */
  readonly thenSend: readonly Message[]
}

/**
 * Why a proposal was not taken into the log. It has had, and will have, no effect. `transferring`:
 * the leader is handing over; it will be taken by the successor, or here once that has failed.
 * `diskFull`: the leader's disk is full and it knows nobody to hand over to, or the disks of so
 * many that no majority could store it.
 */
export type Refusal = 'notLeader' | 'tooLarge' | 'overloaded' | 'transferring' | 'diskFull'

/**
 * Why a read cannot be answered here: this server does not lead and knows nobody to ask; too many
 * wait; or the leadership that it waited for was lost meanwhile.
 */
export type ReadRefusal = 'notLeader' | 'overloaded' | 'leaderLost'

/** What the outside asked for, answered once each. */
export type Answer = ProposalAnswer | ReadAnswer | ChangeAnswer | TransferAnswer

/**
 * Why leadership was not handed over: this server does not lead; nobody to whom it could go, or the
 * one that was named does not vote, or its disk is full; another transfer is under way; an election
 * timeout has passed, and then the successor may still take over; somebody else was elected.
 */
export type TransferRefusal =
  | 'notLeader'
  | 'notVoter'
  | 'diskFull'
  | 'transferring'
  | 'timedOut'
  | 'otherLeader'

/** What became of a transfer of leadership. */
export type TransferAnswer =
  | {
      readonly kind: 'transferred'
      readonly transferId: TransferId
      /** Who leads now, and in which term. */
      readonly leaderId: ServerId
      readonly term: Term
    }
  | {
      readonly kind: 'transferRefused'
      readonly transferId: TransferId
      readonly refusal: TransferRefusal
      readonly leaderId: ServerId | null
    }

/**
 * What became of a read. `readable`: what the state machine says is linearizable once it has
 * applied the entry at `index`, however much later that is (§6.4).
 */
export type ReadAnswer =
  | { readonly kind: 'readable'; readonly readId: ReadId; readonly index: LogIndex }
  | {
      readonly kind: 'unreadable'
      readonly readId: ReadId
      readonly refusal: ReadRefusal
      /** As in a refused proposal. */
      readonly leaderId: ServerId | null
    }

/**
 * Why a change of the configuration was not begun. It has had no effect.
 * - `notLeader`: as for a proposal.
 * - `notReady`: the leader is new, and has committed nothing yet. Ask again soon.
 * - `changeUnderWay`: another change is not completed, or the leader is handing over.
 * - `unchanged`: that is the configuration already.
 * - `noVoter`: nobody would vote.
 * - `invalid`: a server without a name, or named twice, or an address of nobody.
 * - `tooLarge`: for an entry.
 * - `unknownServer`: is to vote, and is no learner yet.
 * - `notCaughtUp`: is to vote, and does not hold enough of the log (§4.2.1).
 * - `diskFull`: as for a proposal.
 * - `wouldLoseQuorum`: without these servers, which do not answer, the new voters have no majority.
 */
export type ChangeRefusal =
  | 'notLeader'
  | 'notReady'
  | 'changeUnderWay'
  | 'unchanged'
  | 'noVoter'
  | 'invalid'
  | 'tooLarge'
  | 'unknownServer'
  | 'notCaughtUp'
  | 'diskFull'
  | 'wouldLoseQuorum'

/** What became of a change of the configuration. */
export type ChangeAnswer =
  /** It has begun: its first entry stands at (index, term), and the rest follows by itself. */
  | {
      readonly kind: 'changeAccepted'
      readonly changeId: ChangeId
      readonly index: LogIndex
      readonly term: Term
    }
  | {
      readonly kind: 'changeRefused'
      readonly changeId: ChangeId
      readonly refusal: ChangeRefusal
      /** The servers that are the reason, where it is about servers. */
      readonly servers: readonly ServerId[]
      readonly leaderId: ServerId | null
    }

/**
 * What became of a proposal. `accepted`: it stands in the leader's log at (index, term); it is
 * committed when that very entry is applied, and lost when another entry is applied at its index.
 */
export type ProposalAnswer =
  | {
      readonly kind: 'accepted'
      readonly proposalId: ProposalId
      readonly index: LogIndex
      readonly term: Term
    }
  | {
      readonly kind: 'refused'
      readonly proposalId: ProposalId
      readonly refusal: Refusal
      /** The leader of the current term, where it is known: ask there. */
      readonly leaderId: ServerId | null
    }

/**
 * Said once, as it happens. A `contradiction` is something that no correct peer can say (a second
 * leader in a term, a conflict below what is committed): it is never acted upon. Among our own
 * servers it means a bug, and the simulator fails on it; among strangers it means theirs.
 */
export type Notice =
  | {
      readonly kind: 'roleChanged'
      readonly role: 'follower' | 'preCandidate' | 'candidate' | 'leader'
      readonly term: Term
      readonly leaderId: ServerId | null
      readonly why: string
    }
  /** Somebody asked for a vote, or whether it would get one, and was told no. */
  | {
      readonly kind: 'voteRefused'
      readonly candidate: ServerId
      readonly term: Term
      readonly isPreVote: boolean
      readonly why: string
    }
  | { readonly kind: 'contradiction'; readonly from: ServerId; readonly what: string }
  /** Another configuration holds here from now on, though it may not be committed. */
  | {
      readonly kind: 'configurationAdopted'
      readonly index: LogIndex
      readonly configuration: Configuration
    }
  /** It is committed, as this server knows: it will not be taken back. */
  | {
      readonly kind: 'configurationCommitted'
      readonly index: LogIndex
      readonly configuration: Configuration
    }
  /** A learner has caught up, after so many rounds (§4.2.1): it can be given a vote. */
  | { readonly kind: 'learnerCaughtUp'; readonly learner: ServerId; readonly rounds: number }
  /** This server's disk is full: nothing new is begun; or has space again. */
  | { readonly kind: 'diskSpace'; readonly isFull: boolean }
  /** This server no longer takes part: it stays quiet, and can be shut down. */
  | { readonly kind: 'removed'; readonly index: LogIndex }
  /** This server takes part, as learner or voter, and did not before; told again after a start. */
  | { readonly kind: 'added'; readonly index: LogIndex }
  | { readonly kind: 'forgetfulPeer'; readonly peer: ServerId; readonly matchIndex: LogIndex }
