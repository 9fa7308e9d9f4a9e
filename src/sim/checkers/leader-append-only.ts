/**
 * Leader Append-Only (Figure 3.2): a leader never overwrites or deletes entries in its log; it only
 * appends new entries.
 */
import type { ServerId, Term } from '../../raft/index.ts'
import { InvariantError } from './invariant-error.ts'
import type { LogChange } from './seen.ts'

/**
 * `leader`: the leadership that the server was in before and after the event, if it is the same.
 */
export function checkLeaderAppendOnly(
  seen: { readonly id: ServerId; readonly currentTerm: Term },
  leader: object | null,
  change: LogChange,
): void {
  if (leader === null || change.removed.length === 0) return
  throw new InvariantError(
    'leader append-only',
    `${seen.id} leads term ${seen.currentTerm} and cut its log from ${change.from} on ` +
      `(${change.removed.length} entries)`,
  )
}
