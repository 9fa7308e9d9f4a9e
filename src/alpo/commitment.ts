/**
 * When an entry is committed: "once a majority has accepted it" (A7). Of whichever term it is: the
 * text knows no other condition, and this is what Raft's §3.6.2 adds one to.
 */
import type { Leader } from './role.ts'
import { type AlpoState, majorityOf } from './state.ts'

/** The leader counts; it is one of those who have accepted all of its entries (see effects.ts). */
export function commitByMajority(alpo: AlpoState, leader: Leader): void {
  const { log, outbox } = alpo
  const ids = [log.lastId, ...leader.accepted.values()].sort((a, b) => b - a)
  const id = ids[majorityOf(alpo) - 1] ?? 0
  for (let next = alpo.fullyReplicated + 1; next <= id; next++) {
    outbox.apply.push(log.entryAt(next))
    alpo.fullyReplicated = next
  }
}
