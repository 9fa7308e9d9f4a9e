/**
 * Whether a message's term can be true. A damaged message could carry a server's term to the
 * largest number there is, and that would end the cluster: nobody could ever stand for election
 * again.
 */
import type { Message, RaftState } from '../raft/index.ts'

/** How far ahead of this server's term a message's may be: elections take years to get near it. */
export const termLeapMax: number = 2 ** 32

export function isBelievable(message: Message, state: Pick<RaftState, 'currentTerm'>): boolean {
  return message.term - state.currentTerm <= termLeapMax
}
