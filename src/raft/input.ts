/**
 * Everything that can happen to a server. There is no other way in.
 */
import type { Message } from './message.ts'
import type { LogIndex, Term } from './types.ts'

/** A number that names a client's proposal until it is answered; chosen by the driver. */
export type ProposalId = number

/** A number that names a save; each is larger than the one before. */
export type SaveId = number

/** Time has passed: look at the deadlines. */
export interface Tick {
  readonly kind: 'tick'
}

/** A message has arrived from another server of the configuration. */
export interface Receive {
  readonly kind: 'receive'
  readonly message: Message
}

/** A client asks for a command to be replicated. Answered by an {@link Answer} in this batch. */
export interface Propose {
  readonly kind: 'propose'
  readonly proposalId: ProposalId
  readonly command: Uint8Array
}

/**
 * Our own disk acknowledges, as a follower would: the save and all before it are durable (§10.2.1).
 * It says what it made durable, so that an acknowledgement of a tail that was truncated since is
 * not taken for one of what replaced it.
 */
export interface Saved {
  readonly kind: 'saved'
  readonly saveId: SaveId
  readonly currentTerm: Term
  /** The log's last entry as of this save. */
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  /** How often the log had been truncated as of this save. */
  readonly epoch: number
}

/**
 * The server goes on after a time in which it neither heard nor said anything (the course's
 * `suspend`): it is a follower with a fresh election timer, so that it does not depose a leader.
 */
export interface Resume {
  readonly kind: 'resume'
}

export type Input = Tick | Receive | Propose | Saved | Resume

/** The input that reports `save` durable. */
export function saved(save: Omit<Saved, 'kind'>): Saved {
  const { saveId, currentTerm, lastIndex, lastTerm, epoch } = save
  return { kind: 'saved', saveId, currentTerm, lastIndex, lastTerm, epoch }
}
