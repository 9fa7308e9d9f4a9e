/** Everything that can happen to a server. There is no other way in. */
import type { Message } from './message.ts'

/** A number that names a client's proposal until it is answered; chosen by the driver. */
export type ProposalId = number

/** Time has passed: look at the deadlines. */
export interface Tick {
  readonly kind: 'tick'
}

/** A request or an answer has arrived from another server of the cluster map. */
export interface Receive {
  readonly kind: 'receive'
  readonly message: Message
}

/** A client asks for a command to be replicated. */
export interface Propose {
  readonly kind: 'propose'
  readonly proposalId: ProposalId
  readonly command: Uint8Array
}

export type Input = Tick | Receive | Propose
